import FanfareAudience
import FanfarePayload
import FanfareStore
import FanfareTesting
import Foundation
import Testing

@Suite("An import of one contact takes its rows and no other")
struct OneContactTests {
    private func imported(
        _ text: String,
        as name: String = "contacts.csv",
        only address: String
    ) async throws -> (summary: ImportSummary, emails: [String], fields: [String]) {
        try await withTemporaryFolder { folder in
            let file = try folder.write(text, to: name)
            let audience = try Audience(path: folder.path("a.sqlite"), id: "a", mode: .createNew, isKept: false)
            var options = ImportOptions()
            options.onlyAddress = address
            let summary = try audience.importContacts(from: file, options: options)
            #expect(
                summary.rows
                    == summary.created + summary.updated + summary.repeated + summary.rejected + summary.notAdded
            )
            return (summary, try audience.contacts(limit: 10).map(\.email), try audience.fields().map(\.tag))
        }
    }

    @Test("all of its rows, whatever their case, also that of letters beyond ASCII")
    func rows() async throws {
        let text = "email,N\nÉva@example.com,1\nx@y.z,2\n éVA@example.com ,3\n"
        let (summary, emails, _) = try await imported(text, only: "éva@EXAMPLE.com")
        #expect(emails == ["éVA@example.com"])
        #expect((summary.rows, summary.created, summary.repeated, summary.notAdded) == (3, 1, 1, 1))
    }

    @Test("rejects are told when they may be about it")
    func rejects() async throws {
        let text = "email,N\na@b.c,1,2\nx@y.z,3,4\nq@y.z,1\n"
        let (summary, emails, _) = try await imported(text, only: "a@b.c")
        #expect(emails.isEmpty)
        #expect((summary.rejected, summary.notAdded) == (1, 2))
        #expect(summary.rejects.map(\.place.line) == [2])
    }

    @Test("fields of objects that are passed over are fields too")
    func jsonLines() async throws {
        let text = "{\"email\": \"x@y.z\", \"OTHER\": \"1\"}\n{\"email_address\": \"a@b.c\", \"MINE\": \"2\"}\n"
        let (summary, emails, fields) = try await imported(text, as: "contacts.jsonl", only: "a@b.c")
        #expect(emails == ["a@b.c"])
        #expect(fields == ["OTHER", "MINE"])
        #expect(summary.notAdded == 1)
    }

    @Test("nobody where there is no such row, and no address as long as the buffer is a danger")
    func nobody() async throws {
        let long = String(repeating: "é", count: 2000)
        let (summary, emails, _) = try await imported("email\nx@y.z\n\(long)@y.z\n", only: "a@b.c")
        #expect(emails.isEmpty && summary.notAdded == 2)
    }
}
