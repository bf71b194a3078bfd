import FanfareAudience
import FanfarePayload
import Foundation
import Testing

/// Compares selections with an evaluator that looks at one contact after the other, in the plainest way.
@Suite struct SegmentRandomTests {
    struct Person {
        var email = ""
        var name: String?
        var score: Double?
        var size: String?
        var day: String?
        var birthday: String?
        var language: String?
        var rating = 2
        var isVIP = false
        var source = "Import"
        var opt: Int64 = 0
        var tags: Set<String> = []
    }

    struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var value = state
            value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
            value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
            return value ^ value >> 31
        }
    }

    static let zone = TimeZone(identifier: "America/New_York")!
    static let names = [
        "Ada", "ada", "ÉLODIE", "élodie", "elodie", "Ὀδυσσεύς", "ὈΔΥΣΣΕΎΣ", "50%", "a_b", "a\\b", "Zoë", "10", "9",
    ]
    static let sizes = ["S", "M", "m", "Größe L"]
    static let days = ["2026-01-01", "2026-03-08", "2026-11-01", "2026-12-31"]
    static let birthdays = ["02/29", "12/25", "01/01"]
    static let tags = ["vip", "Новый", "beta"]
    static let times: [Int64] = [
        1_772_946_000 - 1, 1_772_946_000, 1_773_028_800 - 1, 1_773_028_800, 1_767_225_600, 1_775_000_000,
    ]
    static let now: Int64 = 1_773_000_000

    static func people(_ random: inout Generator) -> [Person] {
        (0..<200).map { index in
            var person = Person()
            let first = ["Ann", "bob", "ÉVE"].randomElement(using: &random)!
            person.email = "\(first)\(index)@\(["x.org", "Y.com"].randomElement(using: &random)!)"
            person.name = Bool.random(using: &random) ? names.randomElement(using: &random) : nil
            person.score = Bool.random(using: &random) ? [0, 1, 2.5, -3, 10].randomElement(using: &random) : nil
            person.size = Bool.random(using: &random) ? sizes.randomElement(using: &random) : nil
            person.day = Bool.random(using: &random) ? days.randomElement(using: &random) : nil
            person.birthday = Bool.random(using: &random) ? birthdays.randomElement(using: &random) : nil
            person.language = ["en", "fr", "pt_PT", nil].randomElement(using: &random)!
            person.rating = Int.random(in: 1...5, using: &random)
            person.isVIP = Bool.random(using: &random)
            person.source = ["Import", "API", "Landing Page"].randomElement(using: &random)!
            person.opt = times.randomElement(using: &random)!
            person.tags = Set(tags.filter { _ in Bool.random(using: &random) })
            return person
        }
    }

    static func csv(_ people: [Person]) -> String {
        let header = "email,NAME,SCORE,SIZE,DAY,BDAY,LANGUAGE,MEMBER_RATING,VIP,SOURCE,CONFIRM_TIME,TAGS\n"
        return header
            + people.map { person in
                let cells: [String] = [
                    person.email, person.name ?? "", person.score.map { "\($0)" } ?? "", person.size ?? "",
                    person.day ?? "",
                    person.birthday ?? "", person.language ?? "", "\(person.rating)", person.isVIP ? "1" : "0",
                    person.source,
                    ISO8601DateFormatter().string(from: Date(timeIntervalSince1970: TimeInterval(person.opt))),
                    "\"\(person.tags.sorted().joined(separator: ","))\"",
                ]
                return cells.joined(separator: ",")
            }.joined(separator: "\n")
    }

    // MARK: The plain evaluator

    static func fold(_ text: String) -> [Unicode.Scalar] {
        text.unicodeScalars.flatMap { scalar in
            let lower = String(scalar).uppercased().lowercased().unicodeScalars
            // Final sigma, and letters whose mapping is more than one character.
            if scalar == "ς" { return ["σ"] as [Unicode.Scalar] }
            return lower.count == 1 ? Array(lower) : [scalar]
        }
    }

    static func text(_ value: String?, _ op: String, _ operand: String) -> Bool {
        if op == "blank" { return value == nil }
        if op == "blank_not" { return value != nil }
        let wanted = fold(operand)
        guard let value else { return op == "not" || op == "notcontain" }
        let seen = fold(value)
        let contains = seen.indices.contains { seen[$0...].starts(with: wanted) }
        switch op {
        case "is": return seen == wanted
        case "not": return seen != wanted
        case "contains": return contains
        case "notcontain": return !contains
        case "starts": return seen.starts(with: wanted)
        case "ends": return seen.reversed().starts(with: wanted.reversed())
        case "greater": return bytes(wanted).lexicographicallyPrecedes(bytes(seen))
        default: return bytes(seen).lexicographicallyPrecedes(bytes(wanted))
        }
    }

    static func bytes(_ scalars: [Unicode.Scalar]) -> [UInt8] { scalars.flatMap { Array(String($0).utf8) } }

    static func order<Value: Comparable>(_ value: Value?, _ op: String, _ operand: Value) -> Bool {
        switch op {
        case "blank": value == nil
        case "blank_not": value != nil
        case "is": value == operand
        case "not": value != operand
        case "greater": value.map { $0 > operand } ?? false
        default: value.map { $0 < operand } ?? false
        }
    }

    /// The local day of a time, as text that sorts.
    static func localDay(_ time: Int64) -> String {
        let local = time + Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(time))))
        return Date(timeIntervalSince1970: TimeInterval(local)).ISO8601Format(.iso8601.year().month().day())
    }

    static func local(_ daysAgo: Int) -> String { localDay(now - Int64(daysAgo) * 86_400) }

    typealias Test = (condition: SegmentDefinition.Condition, holds: (Person) -> Bool)

    static func test(_ random: inout Generator) -> Test {
        func pick(_ values: [String]) -> String { values.randomElement(using: &random)! }
        let textOps = [
            "is", "not", "contains", "notcontain", "starts", "ends", "greater", "less", "blank", "blank_not",
        ]
        let ordered = ["is", "not", "greater", "less"]
        let blanks = ["blank", "blank_not"]
        func make(
            _ type: String,
            _ field: String,
            _ op: String,
            _ value: String,
            _ holds: @escaping (Person) -> Bool
        ) -> Test {
            let named = Bool.random(using: &random) ? type : nil
            let operand = blanks.contains(op) ? nil : SegmentDefinition.Operand.text(value)
            return (SegmentDefinition.Condition(conditionType: named, field: field, op: op, value: operand), holds)
        }
        switch Int.random(in: 0..<11, using: &random) {
        case 0:
            let (op, value) = (pick(textOps), pick(names + ["o", "É", "%", "_", "\\", "σ"]))
            return make("TextMerge", "NAME", op, value) { text($0.name, op, value) }
        case 1:
            let (op, value) = (pick(ordered + blanks), [0.0, 2.5, -3, 9, 10].randomElement(using: &random)!)
            return make("TextMerge", "SCORE", op, "\(value)") { order($0.score, op, value) }
        case 2:
            let (op, value) = (pick(["is", "not", "contains", "notcontain"] + blanks), pick(sizes + ["ÖSS"]))
            return make("SelectMerge", "SIZE", op, value) { text($0.size, op, value) }
        case 3:
            let (op, value) = (pick(ordered + blanks), pick(days))
            return make("DateMerge", "DAY", op, value) { order($0.day, op, value) }
        case 4:
            let (op, value) = (pick(["is", "not"] + blanks), pick(birthdays))
            return make("BirthdayMerge", "merge5", op, value) { order($0.birthday, op, value) }
        case 5:
            let (op, value) = (pick(Array(textOps.prefix(8))), pick(["ann", "éve", ".COM", "bob1", "@"]))
            return make("EmailAddress", pick(["EMAIL", "merge0"]), op, value) { text($0.email, op, value) }
        case 6:
            let (op, value) = (pick(["is", "not"]), pick(["en", "FR", "pt_pt"]))
            return make("Language", "language", op, value) { text($0.language, op, value) }
        case 7:
            let (op, value) = (pick(ordered), Int.random(in: 1...5, using: &random))
            return make("MemberRating", "rating", op, "\(value)") { order($0.rating, op, value) }
        case 8:
            let op = pick(["member", "notmember"])
            return make("VIP", "gmonkey", op, "x") { $0.isVIP == (op == "member") }
        case 9:
            let (op, value) = (pick(["static_is", "static_not"]), pick(tags))
            return make("StaticSegment", "static_segment", op, value) { $0.tags.contains(value) == (op == "static_is") }
        default: return dateTest(pick(ordered + blanks + ["within", "notwithin"]), &random)
        }
    }

    /// A condition on when somebody signed up: against a day, or within the last days.
    private static func dateTest(_ op: String, _ random: inout Generator) -> Test {
        var condition = SegmentDefinition.Condition(
            conditionType: Bool.random(using: &random) ? "Date" : nil,
            field: "timestamp_opt",
            op: op
        )
        guard op.hasSuffix("within") else {
            let value = ["2026-03-07", "2026-03-08", "2026-03-09"].randomElement(using: &random)!
            condition.conditionType = "Date"
            condition.value = .text("date")
            condition.extra = .text(value)
            return (condition, { order(localDay($0.opt), op, value) })
        }
        let days = [0, 1, 7, 90].randomElement(using: &random)!
        condition.value = .text("\(days)")
        let holds = { (person: Person) in
            let day = localDay(person.opt)
            return (day >= local(days) && day <= local(0)) == (op == "within")
        }
        return (condition, holds)
    }

    @Test(arguments: 1...6)
    func `SQL selects whom the plain evaluator selects`(seed: Int) throws {
        var random = Generator(state: UInt64(seed))
        let people = Self.people(&random)
        let fixture = try AudienceFixture()
        let columns = [
            "SCORE": ColumnSpec(tag: "SCORE", kind: .number), "SIZE": ColumnSpec(tag: "SIZE", kind: .dropdown),
            "DAY": ColumnSpec(tag: "DAY", kind: .date), "BDAY": ColumnSpec(tag: "BDAY", kind: .birthday),
        ]
        let summary = try fixture.importCSV(Self.csv(people), ImportOptions(columns: columns))
        try #require(summary.created == people.count, "\(summary.rejects)")
        let context = SegmentContext(timeZone: Self.zone, now: Self.now)
        for _ in 0..<80 {
            let tests = (0..<Int.random(in: 1...4, using: &random)).map { _ in Self.test(&random) }
            let match = SegmentDefinition.Match.allCases.randomElement(using: &random)!
            let definition = SegmentDefinition(match: match, conditions: tests.map(\.condition))
            let expected = people.filter { person in
                match == .all ? tests.allSatisfy { $0.holds(person) } : tests.contains { $0.holds(person) }
            }
            let selected = try fixture.addresses(RecipientSelection(.segment(definition)), context: context)
            #expect(Set(selected) == Set(expected.map(\.email)), "\(definition)")
        }
    }
}
