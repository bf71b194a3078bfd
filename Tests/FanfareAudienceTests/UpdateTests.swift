import FanfareStore
import GRDB
import Testing

@testable import FanfareAudience

@Suite struct UpdateTests {
    /// Notes the rows that each transaction changed.
    private final class Commits: TransactionObserver {
        var sizes: [Int] = []
        private var last: Int

        init(from count: Int) { last = count }

        func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { true }
        func databaseDidChange(with event: DatabaseEvent) {}
        func databaseDidRollback(_ db: Database) {}
        func databaseDidCommit(_ db: Database) {
            sizes.append(db.totalChangesCount - last)
            last = db.totalChangesCount
        }
    }

    @Test func `memberships are ended in chunks, all of them`() throws {
        let fixture = try AudienceFixture()
        let rows = (1...45_000).map { "c\($0)@x.org,vip\n" }
        try fixture.importCSV("email,tags\n" + rows.joined())
        let commits = Commits(from: try fixture.audience.database.read { $0.totalChangesCount })
        fixture.audience.database.add(transactionObserver: commits)
        let file = try fixture.write("email,tags\nc1@x.org,vip\nc2@x.org,new\n".utf8, to: "changed.csv")
        _ = try fixture.audience.updateContacts(
            from: file,
            options: ImportOptions(),
            replacesMemberships: true,
            progress: { _ in true }
        )
        #expect(commits.sizes.reduce(0, +) >= 45_000)
        #expect(try #require(commits.sizes.max()) <= 20_000)
        let left = try fixture.strings(
            "SELECT email FROM contact JOIN segment_contact ON contact_id = contact.id ORDER BY email"
        )
        #expect(left == ["c1@x.org", "c2@x.org"])
    }

    @Test func `a file that is refused takes nobody out of a tag`() throws {
        let fixture = try AudienceFixture()
        try fixture.importCSV("email,tags\nc1@x.org,vip\n")
        let file = try fixture.write("email,tags\nnobody,new\n".utf8, to: "changed.csv")
        #expect(throws: AudienceError.self) {
            _ = try fixture.audience.updateContacts(
                from: file,
                options: ImportOptions(),
                replacesMemberships: true,
                progress: { _ in true }
            )
        }
        #expect(try fixture.strings("SELECT contact_id FROM segment_contact") == ["1"])
    }

    @Test func `an import that fails before any row is kept adds no field`() throws {
        let fixture = try AudienceFixture()
        try fixture.importCSV("email\nc1@x.org\n")
        #expect(throws: AudienceError.self) {
            try fixture.importCSV("email,Height\nc2@x.org,1\nnobody,2\n", ImportOptions(maxRejects: 0))
        }
        #expect(try fixture.audience.fields().isEmpty)
    }
}
