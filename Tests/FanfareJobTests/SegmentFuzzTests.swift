import FanfareAudience
import FanfareJob
import FanfarePayload
import FanfareStore
import FanfareTesting
import Foundation
import Testing

/// Whatever is written as a segment, it is one of an audience or is refused with reasons: nothing crashes, and nothing
/// reaches the database that it cannot answer.
@Suite("Segments that nobody would write")
struct SegmentFuzzTests {
    private let folder: FixtureFolder
    private let audience: Audience

    init() throws {
        folder = try FixtureFolder()
        audience = try Audience(path: folder.path + "/a.sqlite", id: "0123456789", mode: .createNew)
        let csv = """
            email,FNAME,SCORE,DAY,BDAY,HOME,SIZE,Hobbies,LATITUDE,LONGITUDE,CC,TAGS
            ada@x.org,Ada,1,2026-01-01,12/25,Paris,S,"Jazz,Rock",48.8,2.3,FR,vip
            b@x.org,,,,,,,,,,,
            """
        try Data(csv.utf8).write(to: URL(fileURLWithPath: folder.path + "/c.csv"))
        let columns = [
            "SCORE": ColumnSpec(tag: "SCORE", kind: .number), "DAY": ColumnSpec(tag: "DAY", kind: .date),
            "BDAY": ColumnSpec(tag: "BDAY", kind: .birthday), "HOME": ColumnSpec(tag: "HOME", kind: .address),
            "SIZE": ColumnSpec(tag: "SIZE", kind: .dropdown), "Hobbies": .group,
        ]
        _ = try audience.importContacts(from: folder.path + "/c.csv", options: ImportOptions(columns: columns))
    }

    /// Segments that are accepted, to be mutated.
    private static let examples = [
        "{match: all, conditions: [{field: FNAME, op: contains, value: a}, {field: SCORE, op: greater, value: 2.5}]}",
        #"{"conditions": [{"condition_type": "Date", "field": "timestamp_opt", "op": "is", "value": "date", "#
            + #""extra": "2026-01-01"}, {"match": "any", "conditions": [{"field": "gmonkey", "op": "member"}]}]}"#,
        "{conditions: [{field: ipgeo, op: ipgeoin, value: 25, lat: 48.8566, lng: \"2.3522\", addr: Paris}]}",
        "match: any\nconditions:\n- field: interests-Hobbies\n  op: interestcontainsall\n  value: [Jazz, Rock]\n",
        "{conditions: [{field: HOME, op: notcontain, value: é}, {field: BDAY, op: starts, value: 12}]}",
        "{conditions: [{field: static_segment, op: static_is, value: vip}, {field: DAY, op: less, value: 2026-02-01}]}",
    ]

    /// Pieces that mean something to YAML, to a segment or to SQL.
    private static let pieces = [
        "{", "}", "[", "]", ":", ": ", ", ", "- ", "\"", "'", "\\", "\n", "  ", "\u{0}", "é", "🎉", "*a", "&a ",
        "!!int ",
        "match: any", "conditions: [", "condition_type: ", "TextMerge", "Date", "Interests", "IPGeoIn", "Aim",
        "field: ", "FNAME", "SCORE", "DAY", "BDAY", "HOME", "SIZE", "merge0", "merge99999999999999999999", "rating",
        "timestamp_opt", "info_changed", "ipgeo", "interests-", "interests-Hobbies", "static_segment", "gmonkey",
        "op: ", "is", "not", "contains", "starts", "ends", "blank", "within", "date_within", "ipgeounknown", "value: ",
        "extra: ", "lat: ", "lng: ", "addr: ", "%", "_", "''", "'; DROP TABLE contact; --", "9223372036854775808",
        "-9223372036854775808", "1e308", "1e999", "-0", "0x1F", ".5", "1.", "-", "+", "date", "campaign", "0000-00-00",
        "9999-12-31", "02/30", "null", "true", "~", "[]", "{}", String(repeating: "[", count: 300),
        String(repeating: "a", count: 400),
    ]

    /// - Returns: Whether the audience took it.
    private func attempt(_ text: String) throws -> Bool {
        let part: RecipientSelection.Part
        do throws(JobError) {
            let limits = text.utf8.count.isMultiple(of: 3) ? SegmentLimits.mailchimp : .own
            part = try SegmentText.parse(text, from: "f", limits: limits)
        } catch {
            try #require(!error.problems.isEmpty && error.problems.allSatisfy { !$0.message.isEmpty })
            return false
        }
        do throws(AudienceError) {
            _ = try audience.count(RecipientSelection(part))
        } catch {
            let isExpected = error.code == .invalidSegment || error.code == .unknownSegment
            try #require(isExpected, "\(error)\n\(text)")
            return false
        }
        guard case .segment(let definition) = part else { return true }
        let explanation = try audience.explain(definition, email: "ada@x.org")
        let count = try audience.count(RecipientSelection(part))
        try #require(explanation?.isMember == true ? count >= 1 : count <= 1, "\(text)")
        return true
    }

    @Test(arguments: 0..<6)
    func `mutated segments are taken or refused`(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed &* 0x2545_F491_4F6C_DD1D &+ 7)
        var taken = 0
        for _ in 0..<600 {
            var bytes = Array(try #require(Self.examples.randomElement(using: &generator)).utf8)
            for _ in 0..<Int.random(in: 1...4, using: &generator) { mutate(&bytes, &generator) }
            if try attempt(String(decoding: bytes, as: UTF8.self)) { taken += 1 }
        }
        #expect(taken > 0)
    }

    @Test(arguments: 0..<4)
    func `heaps of pieces and bytes are taken or refused`(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed &+ 1)
        for _ in 0..<400 {
            var text = ""
            for _ in 0..<Int.random(in: 0...12, using: &generator) {
                text += try #require(Self.pieces.randomElement(using: &generator))
            }
            _ = try attempt(text)
            let bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            _ = try attempt(String(decoding: bytes, as: UTF8.self))
        }
    }

    /// Well-formed documents, whose words are put together at random.
    @Test(arguments: 0..<4)
    func `conditions of random words are taken or refused`(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed &+ 11)
        var taken = 0
        for _ in 0..<600 {
            let text = "{conditions: [\(term(&generator, depth: 3))]}"
            if try attempt(text) { taken += 1 }
        }
        #expect(taken > 0)
    }

    private func term(_ generator: inout SeededGenerator, depth: Int) -> String {
        if depth > 1, Int.random(in: 0..<4, using: &generator) == 0 {
            let inner = (0..<Int.random(in: 0...3, using: &generator)).map { _ in term(&generator, depth: depth - 1) }
            return "{match: any, conditions: [\(inner.joined(separator: ", "))]}"
        }
        func word(_ words: [String]) -> String { words.randomElement(using: &generator) ?? "" }
        let fields = [
            "FNAME", "SCORE", "DAY", "BDAY", "HOME", "SIZE", "EMAIL", "merge1", "rating", "timestamp_opt", "ipgeo",
            "info_changed", "interests-Hobbies", "static_segment", "gmonkey", "email_client", "source", "language",
        ]
        let ops = [
            "is", "not", "greater", "less", "contains", "notcontain", "starts", "ends", "blank", "blank_not", "within",
            "notwithin", "date_within", "ipgeoin", "ipgeonotin", "ipgeounknown", "ipgeocountry", "ipgeostate",
            "ipgeozone", "interestcontains", "interestcontainsall", "static_is", "member", "client_is", "source_not",
        ]
        let values = [
            "1", "'1'", "-1", "1e400", "'é'", "'%'", "2026-02-28", "date", "12/25", "FR", "[Jazz]",
            "[Jazz, Jazz, Rock]",
            "vip", "Europe/Paris", "''", "' '", "3660", "'\\0'",
        ]
        let keys = ["value", "extra", "lat", "lng", "addr"].filter { $0 == "value" || Bool.random(using: &generator) }
        let operands = keys.map { "\($0): \(word(values))" }.joined(separator: ", ")
        return "{field: \(word(fields)), op: \(word(ops)), \(operands)}"
    }

    private func mutate(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        let index = Int.random(in: 0...bytes.count, using: &generator)
        let end = min(bytes.count, index + Int.random(in: 0...12, using: &generator))
        let piece = Self.pieces.randomElement(using: &generator) ?? ""
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: bytes.removeSubrange(index..<end)
        case 1: bytes.insert(contentsOf: piece.utf8, at: index)
        case 2: bytes.replaceSubrange(index..<end, with: piece.utf8)
        case 3: bytes.insert(contentsOf: bytes[index..<end], at: Int.random(in: 0...bytes.count, using: &generator))
        default: if index < bytes.count { bytes[index] = UInt8.random(in: 0...255, using: &generator) }
        }
    }
}
