import FanfareAudience
import FanfareStore
import GRDB
import Testing

@Suite("The e-mail client of a contact")
struct EmailClientTests {
    private static let member = #"{"email_address": "a@x.org", "email_client": "Gmail"}"# + "\n"

    @Test("is read from Mailchimp's members, and exported")
    func member() throws {
        let fixture = try AudienceFixture()
        _ = try fixture.audience.importContacts(from: fixture.write(Self.member.utf8, to: "members.jsonl"))
        #expect(try fixture.audience.contact(email: "a@x.org")?.details["EMAIL_CLIENT"] == "Gmail")
        var lines: [UInt8] = []
        try fixture.audience.exportContacts(ExportOptions(format: .jsonl)) { lines += $0 }
        #expect(String(decoding: lines, as: UTF8.self).contains(#""email_client":"Gmail""#))
    }

    @Test("has a column in an audience that was made before there was one")
    func migration() throws {
        let fixture = try AudienceFixture()
        try fixture.importCSV("email\na@x.org\n")
        try fixture.audience.database.write { db in
            try db.execute(sql: "ALTER TABLE contact DROP COLUMN email_client")
            try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = 'audience.email client'")
        }
        let again = try Audience(path: fixture.audience.path, id: "0123456789", mode: .mustExist)
        _ = try again.importContacts(from: fixture.write(Self.member.utf8, to: "members.jsonl"))
        #expect(try again.contact(email: "a@x.org")?.details["EMAIL_CLIENT"] == "Gmail")
    }
}
