import FanfareAudience
import FanfareStore
import Foundation
import GRDB
import Testing

@Suite("An import and others write one audience in turn")
struct ImportBesideEditsTests {
    /// Rows of an import's transaction.
    private static let chunk = 20_000

    private static func rows(_ numbers: Range<Int>) -> String {
        "Email Address,TAGS\n" + numbers.map { "c\($0)@example.com,vip\n" }.joined()
    }

    @Test(
        "contacts that others add, address or take out of a tag between two chunks stay theirs",
        arguments: [true, false]
    )
    func takesTurns(startsEmpty: Bool) throws {
        let fixture = try AudienceFixture()
        if !startsEmpty { try fixture.importCSV("Email Address\nfirst@example.com\n") }
        let path = try fixture.write(Self.rows(0..<(2 * Self.chunk + 100)).utf8, to: "many.csv")
        // Over another connection, as a process of its own would.
        let other = try Audience(path: fixture.audience.path, id: fixture.audience.id, mode: .mustExist)
        var chunks = 0
        var failure: (any Error)?
        let summary = try fixture.audience.importContacts(from: path) { _ in
            chunks += 1
            if chunks > 2 { return true }
            do {
                let writer = chunks == 1 ? fixture.audience : other
                _ = try writer.edit(
                    ContactEdit(.address("new\(chunks)@example.com"), .mustBeNew, status: .subscribed),
                    by: .api
                )
                // A contact of the first chunk takes an address that the file has later on.
                var edit = ContactEdit(.address("c\(chunks)@example.com"), .mustExist)
                edit.newAddress = "C\(2 * Self.chunk + chunks)@example.com"
                _ = try writer.edit(edit, by: .api)
            } catch {
                failure = error
            }
            return true
        }
        #expect(failure == nil && chunks >= 3)
        #expect(summary.rejected == 0)
        let total = try fixture.audience.database.read { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM contact") ?? 0
        }
        let distinct = try fixture.audience.database.read { db in
            try Int.fetchOne(db, sql: "SELECT count(DISTINCT email_key) FROM contact") ?? 0
        }
        #expect(total == distinct)
        // Two of the file's addresses became one contact each with one of the first rows.
        #expect(total == 2 * Self.chunk + 100 - 2 + 2 + (startsEmpty ? 0 : 1))
        let check = try fixture.audience.database.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") }
        #expect(check == "ok")
        let counted = try fixture.audience.count(of: .subscribed)
        #expect(counted == Int64(total))
    }

    @Test("contacts that others add while an import reads its header keep their ids")
    func beginsBesideOthers() async throws {
        let fixture = try AudienceFixture()
        let audience = fixture.audience
        let others = Task.detached {
            var added = 0
            while !Task.isCancelled {
                let address = "other\(added)@example.com"
                _ = try audience.edit(ContactEdit(.address(address), .mustBeNew, status: .subscribed), by: .api)
                added += 1
            }
            return added
        }
        for number in 0..<20 {
            let path = try fixture.write("Email Address,F\(number)\nc\(number)@example.com,1\n".utf8, to: "c.csv")
            let summary = try audience.importContacts(from: path)
            #expect(summary.created == 1)
        }
        others.cancel()
        let added = try await others.value
        #expect(added > 20)
        #expect(try audience.count(of: .subscribed) == Int64(20 + added))
    }
}
