import FanfareAudience
import FanfarePayload
import FanfareStore
import Foundation
import GRDB
import Testing

@Suite("Export of contacts")
struct ExportTests {
    private static let header = """
        Email Address,First Name,Address,Score,Colours,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,LATITUDE,TIMEZONE,CC,\
        LAST_CHANGED,UNSUB_TIME,UNSUB_REASON,LEID,EUID,NOTES,LANGUAGE,VIP,SOURCE,STATUS,TAGS
        """
    private static let rows = [
        #"ada@example.com,"Ada, Countess","1 Way, London",12,"red, blue",5,2018-03-15 17:51:42,192.0.2.1,47.66,"#
            + #"Europe/London,GB,2019-01-01 00:00:00,,,7,abc,"said ""hi""",en,1,API,subscribed,"""VIP"",""a """"b"""" c""""#,
        #"bob@example.com,=1+1,,-3.5,"yellow\, dark",,,,,,,,2020-02-02 02:02:02,"too many, he says",,,,,0,,"#
            + #"unsubscribed,"""VIP""""#,
        #"zoë@example.com,"line"# + "\n" + #"break",,,,,,,,,,,,,,,,,,,subscribed,"#,
    ]

    /// An audience with every kind of value that a CSV can bring.
    private func filled() throws -> AudienceFixture {
        let fixture = try AudienceFixture()
        try fixture.importCSV(([Self.header] + Self.rows).joined(separator: "\n") + "\n", Self.options)
        return fixture
    }

    private static let options = ImportOptions(
        columns: ["Score": ColumnSpec(tag: "SCORE", kind: .number), "Colours": .group],
        now: 1_600_000_000
    )

    private func text(_ fixture: AudienceFixture, _ options: ExportOptions = ExportOptions()) throws -> String {
        var bytes: [UInt8] = []
        try fixture.audience.exportContacts(options) { bytes += $0 }
        return try #require(String(validating: bytes, as: UTF8.self))
    }

    private func same(_ left: AudienceFixture, _ right: AudienceFixture) throws {
        let before = try left.audience.contacts(limit: 100)
        let after = try right.audience.contacts(limit: 100)
        #expect(before.count == after.count)
        for (one, other) in zip(before, after) {
            #expect(one.email == other.email)
            #expect(one.status == other.status)
            #expect(one.fields == other.fields)
            #expect(one.details == other.details)
            #expect(one.tags == other.tags)
            #expect(one.groups == other.groups)
        }
    }

    @Test("a CSV that is exported brings the same contacts when it is imported")
    func roundTripOfCSV() throws {
        let fixture = try filled()
        let copy = try AudienceFixture()
        try copy.importCSV(text(fixture), Self.options)
        try same(fixture, copy)
        #expect(try fixture.audience.contacts(limit: 1).first?.groups == ["Colours": ["blue", "red"]])
        #expect(try fixture.audience.contacts(limit: 1).first?.tags == ["a \"b\" c", "VIP"])
    }

    @Test("JSON Lines that are exported bring the same contacts when they are imported")
    func roundTripOfJSONLines() throws {
        let fixture = try filled()
        let copy = try AudienceFixture()
        let path = try copy.write(text(fixture, ExportOptions(format: .jsonl)).utf8, to: "copy.jsonl")
        _ = try copy.audience.importContacts(from: path, options: ImportOptions(columns: ["Colours": .group]))
        try same(fixture, copy)
    }

    @Test("the objects of JSON Lines are the members of Mailchimp's API")
    func membersOfAPI() throws {
        let line = try #require(
            try text(filled(), ExportOptions(format: .jsonl)).split(separator: "\n").first.map(String.init)
        )
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        )
        #expect(object["email_address"] as? String == "ada@example.com")
        #expect(object["tags"] as? [String] == ["a \"b\" c", "VIP"])
        #expect(object["vip"] as? Bool == true)
        #expect((object["merge_fields"] as? [String: Any])?["SCORE"] as? Int == 12)
        #expect((object["location"] as? [String: Any])?["timezone"] as? String == "Europe/London")
        #expect(object["unsubscribe_reason"] == nil)
    }

    @Test("an address given in parts stays so in JSON Lines and is one line in a CSV")
    func addresses() throws {
        let fixture = try AudienceFixture()
        let object = #"{"email":"a@b.com","ADDRESS":{"city":"Bern","addr1":"Gasse 1","zip":"","country":"CH"}}"#
        _ = try fixture.audience.importContacts(from: fixture.write((object + "\n").utf8, to: "a.jsonl"))
        #expect(try text(fixture).contains("a@b.com,\"Gasse 1, Bern, CH\","))
        #expect(
            try text(fixture, ExportOptions(format: .jsonl)).contains(#""ADDRESS":{"city":"Bern","addr1":"Gasse 1""#)
        )
    }

    @Test("only the chosen part, statuses and fields are written")
    func chosenPart() throws {
        let fixture = try filled()
        let options = ExportOptions(part: .tag("VIP"), statuses: [.unsubscribed], fields: ["SCORE"])
        let lines = try text(fixture, options).split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix("\"Email Address\",Score,Colours,"))
        #expect(lines[1].hasPrefix("bob@example.com,-3.5,"))
    }

    @Test("an unknown field is refused with the nearest one")
    func unknownField() throws {
        let fixture = try filled()
        let error = #expect(throws: AudienceError.self) {
            try fixture.audience.exportContacts(ExportOptions(fields: ["SCROE"])) { _ in }
        }
        #expect(error?.code == .unknownField)
        #expect(error?.message.contains("did you mean SCORE?") == true)
    }

    @Test("a field whose name is another column's is written under its tag")
    func ambiguousName() throws {
        let fixture = try AudienceFixture()
        try fixture.audience.addField(MergeField(tag: "STATE", name: "Status"))
        try fixture.importCSV("email,STATE\na@b.com,open\n")
        #expect(try text(fixture).hasPrefix("\"Email Address\",merge_fields.STATE,"))
        let copy = try AudienceFixture()
        try copy.importCSV(text(fixture))
        #expect(try copy.audience.contact(email: "a@b.com")?.fields == ["STATE": "open"])
    }

    @Test("more fields than one function of SQLite takes are all written")
    func manyFields() throws {
        let fixture = try AudienceFixture()
        let names = (1...300).map { "F\($0)" }
        try fixture.importCSV("email,\(names.joined(separator: ","))\na@b.com,\(names.joined(separator: ","))\n")
        let copy = try AudienceFixture()
        let path = try copy.write(text(fixture, ExportOptions(format: .jsonl)).utf8, to: "copy.jsonl")
        _ = try copy.audience.importContacts(from: path)
        try same(fixture, copy)
        #expect(try copy.audience.contact(email: "a@b.com")?.fields["F300"] == "F300")
    }
}
