import FanfarePayload
import Foundation
import Testing

@testable import FanfareAudience
@testable import FanfareServer

/// Which values of members are accepted of programs.
@Suite struct MemberRuleTests {
    private static let kinds: [(tag: String, kind: MergeField.Kind)] = [
        ("FNAME", .text), ("SCORE", .number), ("HOME", .address), ("SITE", .url), ("FACE", .imageurl), ("ZIP", .zip),
        ("BORN", .birthday), ("SIZE", .dropdown),
    ]

    /// `SIZE` must have a value.
    private static let fields = kinds.enumerated().map { number, field in
        ListedField(
            id: Int64(number + 1),
            field: MergeField(tag: field.tag, kind: field.kind, choices: field.kind == .dropdown ? ["S", "M"] : []),
            isRequired: field.tag == "SIZE",
            helpText: "",
            isPublic: false,
            displayOrder: Int64(number + 1)
        )
    }

    private func member(_ json: String) throws -> MemberInput {
        try JSONDecoder().decode(MemberInput.self, from: Data(json.utf8))
    }

    /// The merge fields that an answer names, in its order; none where they are accepted.
    private func refused(_ mergeFields: String, asksForRequired: Bool = false) throws -> [String] {
        var member = try member(#"{"merge_fields": \#(mergeFields)}"#)
        do {
            try member.resolveFields(Self.fields, isNew: true, asksForRequired: asksForRequired)
            return []
        } catch let problem as Problem {
            #expect(problem.title == "Invalid Resource")
            #expect(problem.detail == "Your merge fields were invalid.")
            #expect(problem.errors.allSatisfy { !$0.message.isEmpty })
            return problem.errors.map(\.field)
        }
    }

    @Test(arguments: [
        #"{"SITE": "https://example.com/a?b=c#d"}"#, #"{"SITE": "HTTP://example.com"}"#, #"{"SITE": ""}"#,
        #"{"FACE": "http://[::1]:8080/a.png"}"#, #"{"ZIP": "01234"}"#, #"{"ZIP": 75001}"#, #"{"ZIP": null}"#,
        #"{"HOME": {"addr1": "1 Main St", "city": "Troy", "state": "NY", "zip": "12180"}}"#,
        #"{"HOME": {"addr1": "1", "addr2": "", "city": "T", "state": "NY", "zip": "1", "country": "US"}}"#,
        #"{"HOME": {"addr1": "", "city": "", "state": "", "zip": ""}}"#, #"{"HOME": ""}"#, #"{"SCORE": "12.5"}"#,
        #"{"FNAME": 12, "BORN": "12/10"}"#, "{}",
    ])
    func `what a field is made for is accepted, and what clears it`(json: String) throws {
        #expect(try refused(json).isEmpty)
    }

    @Test(arguments: [
        (#"{"SITE": "example.com"}"#, "SITE"), (#"{"SITE": "ftp://example.com"}"#, "SITE"),
        (#"{"SITE": "https://"}"#, "SITE"), (#"{"SITE": "https:///path"}"#, "SITE"),
        (#"{"SITE": "https://a b.com"}"#, "SITE"), (#"{"FACE": "javascript:alert(1)"}"#, "FACE"),
        (#"{"ZIP": "1234"}"#, "ZIP"), (#"{"ZIP": "123456"}"#, "ZIP"), (#"{"ZIP": "1234a"}"#, "ZIP"),
        (#"{"HOME": "1 Main St, Troy"}"#, "HOME"), (#"{"HOME": {"addr1": "1 Main St", "city": "Troy"}}"#, "HOME"),
        (#"{"HOME": {"addr1": "1", "city": "T", "state": " ", "zip": "1"}}"#, "HOME"),
        (#"{"HOME": {"addr1": "1", "city": "T", "state": "NY", "zip": "1", "country": "France"}}"#, "HOME"),
        (#"{"FNAME": {"addr1": "1", "city": "T", "state": "NY", "zip": "1"}}"#, "FNAME"),
        (#"{"SCORE": "many"}"#, "SCORE"), (#"{"BORN": "13/40"}"#, "BORN"), (#"{"SIZE": "XL"}"#, "SIZE"),
        (#"{"NOPE": "x"}"#, "NOPE"), (#"{"FNAME": "a\u0000b"}"#, "FNAME"),
    ])
    func `what a field is not made for is refused`(json: String, tag: String) throws {
        #expect(try refused(json) == [tag])
    }

    @Test func `all fields that are invalid are named`() throws {
        let several = #"{"merge4": "x", "ZIP": "x", "SCORE": "x", "FNAME": "Ada", "NOPE": "x"}"#
        #expect(try refused(several) == ["NOPE", "SCORE", "ZIP", "SITE"])
        #expect(try refused(several, asksForRequired: true) == ["NOPE", "SCORE", "ZIP", "SITE", "SIZE"])
        #expect(try refused(#"{"FNAME": "a", "fname": "b"}"#) == ["fname"])
    }

    @Test func `only a value that is required can be left out by asking`() throws {
        #expect(try refused("{}", asksForRequired: true) == ["SIZE"])
        #expect(try refused(#"{"SIZE": ""}"#, asksForRequired: true) == ["SIZE"])
        #expect(try refused(#"{"SIZE": "M"}"#, asksForRequired: true).isEmpty)
    }

    @Test(arguments: [
        (String(repeating: "x", count: 255), 255), (String(repeating: "x", count: 256), 255),
        (String(repeating: "é", count: 200), 254), (String(repeating: "x", count: 5000), 255),
    ])
    func `a text is cut to 255 bytes of whole characters`(text: String, bytes: Int) throws {
        var member = try member(#"{"merge_fields": {"fname": "\#(text)"}}"#)
        try member.resolveFields(Self.fields, isNew: true, asksForRequired: false)
        let kept = try #require(member.mergeFields?["FNAME"]).text
        #expect(kept.utf8.count == bytes && text.hasPrefix(kept))
    }

    /// What an answer names of the values beside merge fields; nil: they are accepted.
    private func refusedDetail(_ json: String) throws -> String? {
        var edit = ContactEdit(.address("a@example.com"), .either)
        do {
            try member(json).apply(to: &edit, groups: [:])
            return nil
        } catch let problem as Problem {
            return problem.errors.first?.field
        }
    }

    @Test(arguments: [#"{"latitude": 90, "longitude": -180}"#, #"{"latitude": -90, "longitude": 180}"#, "{}"])
    func `a place is on Earth`(location: String) throws {
        #expect(try refusedDetail(#"{"location": \#(location)}"#) == nil)
    }

    @Test(arguments: [
        (#"{"latitude": 90.1}"#, "latitude"), (#"{"latitude": -91, "longitude": 0}"#, "latitude"),
        (#"{"latitude": 0, "longitude": 180.5}"#, "longitude"), (#"{"longitude": -200}"#, "longitude"),
    ])
    func `another is refused`(location: String, part: String) throws {
        #expect(try refusedDetail(#"{"location": \#(location)}"#) == "location.\(part)")
    }

    @Test(arguments: [
        ("fr", true), ("pt_BR", true), ("zh-CN", true), ("fil", true), ("", true), ("f", false), ("français", false),
        ("english", false), ("e1", false), ("_fr", false), ("pt_", false), ("a_b_c", false), ("日本", false),
    ])
    func `a language is a code`(code: String, isAccepted: Bool) throws {
        #expect(try refusedDetail(#"{"language": "\#(code)"}"#) == (isAccepted ? nil : "language"))
    }

    @Test func `a status is none of those that are not accepted there`() throws {
        #expect(try MemberInput.status("transactional", "status") == .transactional)
        #expect(try MemberInput.status("pending", "status", except: .transactional) == .pending)
        #expect {
            try MemberInput.status("transactional", "status", except: .transactional)
        } throws: { error in
            let accepted = "Value must be one of: subscribed, unsubscribed, cleaned, pending, archived."
            return (error as? Problem)?.errors.first?.message == accepted
        }
        #expect(throws: Problem.self) { try MemberInput.status("nonsubscribed", "status") }
    }

    @Test func `the first of each address is kept of a batch`() throws {
        let batch = try [
            #"{"email_address": "a@example.com", "status": "pending"}"#, #"{"email_address": "b@example.com"}"#,
            #"{"email_address": "A@Example.com", "status": "subscribed"}"#, #"{"status": "subscribed"}"#,
            #"{"status": "cleaned"}"#,
        ].map { try member($0) }
        let kept = try MarketingAPI.firstOfEach(batch)
        #expect(kept.map(\.emailAddress) == ["a@example.com", "b@example.com", nil, nil])
        #expect(kept.map(\.status) == ["pending", nil, "subscribed", "cleaned"])
    }
}
