import FanfareAudience
import FanfareTesting
import Foundation

/// A random condition, and what it means, said in the plainest way.
struct RandomCondition {
    typealias Person = SegmentPerson

    var condition: SegmentDefinition.Condition
    let holds: (Person) -> Bool

    static let zone = TimeZone(identifier: "America/New_York")!
    static let now: Int64 = 1_773_000_000

    private static let blanks = ["blank", "blank_not"]
    private static let ordered = ["is", "not", "greater", "less"]
    private static let texts = ["is", "not", "contains", "notcontain", "starts", "ends", "greater", "less"]

    /// One maker of each type, or of each way in which one is written.
    static let makers: [@Sendable (inout SeededGenerator) -> RandomCondition] = [
        text, number, choice, day, birthday, partOfBirthday, address, zip, email, language, rating, vip, source, client,
        tag, time, lastDays, newSubscribers, groups, country, region, timeZone, near, unlocated,
    ]

    static func random(_ random: inout SeededGenerator) -> RandomCondition {
        makers.randomElement(using: &random)!(&random)
    }

    /// The type is named in every other condition, and told from field and op in the others.
    private init(
        _ type: String,
        _ field: String,
        _ op: String,
        _ value: SegmentDefinition.Operand?,
        _ random: inout SeededGenerator,
        _ holds: @escaping (Person) -> Bool
    ) {
        let named = Bool.random(using: &random) ? type : nil
        let operand = Self.blanks.contains(op) ? nil : value
        condition = SegmentDefinition.Condition(conditionType: named, field: field, op: op, value: operand)
        self.holds = holds
    }

    private static func pick<Value>(_ values: [Value], _ random: inout SeededGenerator) -> Value {
        values.randomElement(using: &random)!
    }

    // MARK: Merge fields

    private static func text(_ random: inout SeededGenerator) -> RandomCondition {
        let op = pick(texts + blanks, &random)
        let value = pick(Person.names + ["o", "É", "%", "_", "\\", "σ"], &random)
        return RandomCondition("TextMerge", "NAME", op, .text(value), &random) {
            PlainComparison.text($0.name, op, value)
        }
    }

    private static func number(_ random: inout SeededGenerator) -> RandomCondition {
        let (op, value) = (pick(ordered + blanks, &random), pick([0.0, 2.5, -3, 9, 10], &random))
        return RandomCondition("TextMerge", "SCORE", op, .number("\(value)"), &random) {
            PlainComparison.order($0.score, op, value)
        }
    }

    private static func choice(_ random: inout SeededGenerator) -> RandomCondition {
        let op = pick(["is", "not", "contains", "notcontain"] + blanks, &random)
        let value = pick(Person.sizes + ["ÖSS"], &random)
        return RandomCondition("SelectMerge", "SIZE", op, .text(value), &random) {
            PlainComparison.text($0.size, op, value)
        }
    }

    private static func day(_ random: inout SeededGenerator) -> RandomCondition {
        let (op, value) = (pick(ordered + blanks, &random), pick(Person.days, &random))
        return RandomCondition("DateMerge", "DAY", op, .text(value), &random) {
            PlainComparison.order($0.day, op, value)
        }
    }

    private static func birthday(_ random: inout SeededGenerator) -> RandomCondition {
        let (op, value) = (pick(["is", "not"] + blanks, &random), pick(Person.birthdays, &random))
        return RandomCondition("BirthdayMerge", "BDAY", op, .text(value), &random) {
            PlainComparison.order($0.birthday, op, value)
        }
    }

    private static func partOfBirthday(_ random: inout SeededGenerator) -> RandomCondition {
        let op = pick(["starts", "ends"], &random)
        let value = pick(op == "starts" ? [1, 2, 12] : [1, 25, 29], &random)
        return RandomCondition("BirthdayMerge", "BDAY", op, .text("\(value)"), &random) { person in
            let parts = person.birthday.map { $0.split(separator: "/").compactMap { Int($0) } }
            return parts?[op == "starts" ? 0 : 1] == value
        }
    }

    private static func address(_ random: inout SeededGenerator) -> RandomCondition {
        let op = pick(["contains", "notcontain"] + blanks, &random)
        let value = pick(["paris", "MÜN", "Domplatz 1, münster", "addr1", "12", "{", "St, PARIS, tx"], &random)
        return RandomCondition("AddressMerge", "HOME", op, .text(value), &random) {
            PlainComparison.text($0.homeLine, op, value)
        }
    }

    private static func zip(_ random: inout SeededGenerator) -> RandomCondition {
        let (op, value) = (pick(texts + blanks, &random), pick(["75001", "01099", "75", "99"], &random))
        return RandomCondition("TextMerge", "ZIP", op, .text(value), &random) {
            PlainComparison.text($0.zip, op, value)
        }
    }

    // MARK: Standard columns

    private static func email(_ random: inout SeededGenerator) -> RandomCondition {
        let (op, value) = (pick(texts, &random), pick(["ann", "éve", ".COM", "bob1", "@"], &random))
        return RandomCondition("EmailAddress", pick(["EMAIL", "merge0"], &random), op, .text(value), &random) {
            PlainComparison.text($0.email, op, value)
        }
    }

    private static func language(_ random: inout SeededGenerator) -> RandomCondition {
        let (op, value) = (pick(["is", "not"], &random), pick(["en", "FR", "pt_pt"], &random))
        return RandomCondition("Language", "language", op, .text(value), &random) {
            PlainComparison.text($0.language, op, value)
        }
    }

    private static func rating(_ random: inout SeededGenerator) -> RandomCondition {
        let (op, value) = (pick(ordered, &random), Int.random(in: 1...5, using: &random))
        return RandomCondition("MemberRating", "rating", op, .text("\(value)"), &random) {
            PlainComparison.order($0.rating, op, value)
        }
    }

    private static func vip(_ random: inout SeededGenerator) -> RandomCondition {
        let op = pick(["member", "notmember"], &random)
        return RandomCondition("VIP", "gmonkey", op, nil, &random) { $0.isVIP == (op == "member") }
    }

    private static func source(_ random: inout SeededGenerator) -> RandomCondition {
        let (op, value) = (pick(["source_is", "source_not"], &random), pick(["api", "Landing Page"], &random))
        return RandomCondition("SignupSource", "source", op, .text(value), &random) {
            PlainComparison.text($0.source, op == "source_is" ? "is" : "not", value)
        }
    }

    private static func client(_ random: inout SeededGenerator) -> RandomCondition {
        let (op, value) = (pick(["client_is", "client_not"], &random), pick(["gmail", "Apple Mail"], &random))
        return RandomCondition("EmailClient", "email_client", op, .text(value), &random) {
            PlainComparison.text($0.client, op == "client_is" ? "is" : "not", value)
        }
    }

    // MARK: Times

    private static func time(_ random: inout SeededGenerator) -> RandomCondition {
        let field = pick(["timestamp_opt", "info_changed"], &random)
        let op = pick(ordered + blanks, &random)
        let value = pick(["2026-03-07", "2026-03-08", "2026-03-09"], &random)
        var made = RandomCondition("Date", field, op, .text("date"), &random) {
            PlainComparison.order(PlainComparison.localDay($0.time(field), in: zone), op, value)
        }
        made.condition.extra = .text(value)
        if Bool.random(using: &random), !blanks.contains(op) {
            made.condition.value = .text(value)
            made.condition.extra = nil
        }
        return made
    }

    private static func lastDays(_ random: inout SeededGenerator) -> RandomCondition {
        let field = pick(["timestamp_opt", "info_changed"], &random)
        let (op, days) = (pick(["within", "notwithin"], &random), pick([0, 1, 7, 90], &random))
        return RandomCondition("Date", field, op, .text("\(days)"), &random) {
            isWithin(days, $0.time(field)) == (op == "within")
        }
    }

    private static func newSubscribers(_ random: inout SeededGenerator) -> RandomCondition {
        let days = pick([0, 1, 7, 90], &random)
        return RandomCondition("NewSubscribers", "timestamp_opt", "date_within", .number("\(days)"), &random) {
            isWithin(days, $0.opt)
        }
    }

    private static func isWithin(_ days: Int, _ time: Int64) -> Bool {
        let day = PlainComparison.localDay(time, in: zone)
        let first = PlainComparison.localDay(now - Int64(days) * 86_400, in: zone)
        return day >= first && day <= PlainComparison.localDay(now, in: zone)
    }

    // MARK: Tags and groups

    private static func tag(_ random: inout SeededGenerator) -> RandomCondition {
        let (op, value) = (pick(["static_is", "static_not"], &random), pick(Person.tags, &random))
        return RandomCondition("StaticSegment", "static_segment", op, .text(value.uppercased()), &random) {
            $0.tags.contains(value) == (op == "static_is")
        }
    }

    private static func groups(_ random: inout SeededGenerator) -> RandomCondition {
        let op = pick(["interestcontains", "interestcontainsall", "interestnotcontains"], &random)
        // The same one twice is the same as once.
        let names = (0..<Int.random(in: 1...3, using: &random)).map { _ in pick(Person.hobbies, &random) }
        let operand =
            names.count == 1 && Bool.random(using: &random) ? .text(names[0]) : SegmentDefinition.Operand.list(names)
        return RandomCondition("Interests", "interests-Hobbies", op, operand, &random) { person in
            switch op {
            case "interestcontains": names.contains { person.hobbies.contains($0) }
            case "interestcontainsall": names.allSatisfy { person.hobbies.contains($0) }
            default: !names.contains { person.hobbies.contains($0) }
            }
        }
    }

    // MARK: Places

    private static func country(_ random: inout SeededGenerator) -> RandomCondition {
        let (op, value) = (pick(["ipgeocountry", "ipgeonotcountry"], &random), pick(["us", "FR", "DE"], &random))
        return RandomCondition("IPGeoCountryState", "ipgeo", op, .text(value), &random) {
            ($0.country == value.uppercased()) == (op == "ipgeocountry")
        }
    }

    private static func region(_ random: inout SeededGenerator) -> RandomCondition {
        let (op, value) = (pick(["ipgeostate", "ipgeonotstate"], &random), pick(["tx", "IDF", "a8"], &random))
        return RandomCondition("IPGeoCountryState", "ipgeo", op, .text(value), &random) {
            ($0.region == value.uppercased()) == (op == "ipgeostate")
        }
    }

    private static func timeZone(_ random: inout SeededGenerator) -> RandomCondition {
        let (op, value) = (
            pick(["ipgeozone", "ipgeonotzone"], &random), pick(["Europe/Paris", "Asia/Tokyo"], &random)
        )
        return RandomCondition("IPGeoTimeZone", "ipgeo", op, .text(value), &random) {
            ($0.zone == value) == (op == "ipgeozone")
        }
    }

    private static func near(_ random: inout SeededGenerator) -> RandomCondition {
        let (op, miles) = (
            pick(["ipgeoin", "ipgeonotin"], &random), pick([0, 1, 100, 250, 700, 3700, 12_500], &random)
        )
        let (latitude, longitude) = pick(Person.places + [(89.9, 50), (0.5, -0.5)], &random)
        var made = RandomCondition("IPGeoIn", "ipgeo", op, .number("\(miles)"), &random) { person in
            let isIn = person.located.map { place in
                // Of a place itself the vectors' angle is not quite zero.
                PlainComparison.miles((latitude, longitude), (place.latitude, place.longitude)) <= Double(miles) + 1e-3
            }
            return (isIn ?? false) == (op == "ipgeoin")
        }
        made.condition.latitude = .text("\(latitude)")
        made.condition.longitude = .number("\(longitude)")
        made.condition.address = Bool.random(using: &random) ? .text("somewhere") : nil
        return made
    }

    private static func unlocated(_ random: inout SeededGenerator) -> RandomCondition {
        RandomCondition("IPGeoUnknown", "ipgeo", "ipgeounknown", nil, &random) {
            $0.country == nil && $0.region == nil && $0.located == nil
        }
    }
}

extension SegmentPerson {
    fileprivate func time(_ field: String) -> Int64 { field == "timestamp_opt" ? opt : changed }

    /// The place, unless it is Mailchimp's nowhere.
    fileprivate var located: Place? { place.flatMap { $0.latitude == 0 && $0.longitude == 0 ? nil : $0 } }
}
