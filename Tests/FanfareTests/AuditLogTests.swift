import Fanfare
import FanfareTesting
import Foundation
import GRDB
import Logging
import Testing

@Suite("Who changed what is kept")
struct AuditLogTests {
    private static func entry(_ number: Int, actor: String = "0123456789", time: Int64 = 1) -> AuditEntry {
        AuditEntry(time: time, actor: actor, action: "PUT /x", object: "list \(number)", result: "200")
    }

    @Test("entries are there after a flush, the newest asked for, oldest first, by who made them")
    func keeps() async throws {
        try await withTemporaryFolder { folder in
            let installation = try Installation.own(folder.path("data"))
            #expect(try AuditLog.entries(in: installation.catalogue, limit: 10).isEmpty)
            let log = try AuditLog(installation.catalogue, logger: Logger(label: "test"))
            for number in 1...3 { log.note(Self.entry(number, time: Int64(number))) }
            log.note(Self.entry(4, actor: "command line", time: 4))
            log.flush()
            let all = try AuditLog.entries(in: installation.catalogue, limit: 10)
            #expect(all.map(\.object) == ["list 1", "list 2", "list 3", "list 4"])
            #expect(try AuditLog.entries(in: installation.catalogue, limit: 2).map(\.time) == [3, 4])
            #expect(try AuditLog.entries(in: installation.catalogue, actor: "command line", limit: 9).count == 1)
            #expect(try AuditLog.entries(in: installation.catalogue, since: 3, limit: 9).count == 2)
        }
    }

    @Test("what is older than it is kept for goes")
    func forgets() async throws {
        try await withTemporaryFolder { folder in
            let installation = try Installation.own(folder.path("data"))
            let log = try AuditLog(installation.catalogue, logger: Logger(label: "test"))
            log.note(Self.entry(1, time: 1000))
            log.note(Self.entry(2, time: 1000 + AuditLog.keptDays * 86_400 + 1))
            log.flush()
            #expect(try AuditLog.entries(in: installation.catalogue, limit: 10).map(\.object) == ["list 2"])
        }
    }

    @Test("an order that one command gives itself is noted, a question is not")
    func orders() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            _ = try fixture.process { try fixture.start($0).run }
            let link = ControlLink(dataDirectory: fixture.data)
            _ = try await link.ask(ControlRequest(.pause, name: "news"))
            _ = try await link.ask(ControlRequest(.status))
            _ = try await link.ask(ControlRequest(.resume, name: "nobody"))
            let entries = try AuditLog.entries(in: Installation.read(fixture.data).catalogue, limit: 10)
            #expect(entries.map(\.action) == ["pause", "resume"])
            #expect(entries.map(\.object) == ["fan-out news", "fan-out nobody"])
            #expect(entries.map(\.result) == ["done", "refused"])
        }
    }

    @Test("what an order does to a contact or to the suppression list is said, and nothing of whom")
    func actions() async throws {
        try await withTemporaryFolder { folder in
            let data = folder.path("data")
            _ = try { _ = try Installation.own(data).openAudience(named: "customers", makesIt: true) }()
            let link = ControlLink(dataDirectory: data)
            func give(_ presence: ContactEdit.Presence, _ change: (inout ContactEdit) -> Void) async throws {
                var edit = ContactEdit(.address("ada@example.com"), presence)
                change(&edit)
                _ = try await link.ask(ControlRequest(.edit, contact: ContactOrder(audience: "customers", edit: edit)))
            }
            try await give(.mustBeNew) { $0.tags = [.init("new")] }
            try await give(.mustExist) { $0.details = [.vip: "1"] }
            try await give(.mustExist) { $0.tags = [.init("a")] }
            try await give(.mustExist) { $0.tags = [.init("a", isActive: false)] }
            try await give(.mustExist) { ($0.status, $0.reason) = (.unsubscribed, "abuse") }
            try await give(.mustExist) { $0.status = .archived }
            try await give(.mustExist) { $0.status = .subscribed }
            for order in [SuppressionOrder(added: ["a@x.org"]), SuppressionOrder(removed: ["a@x.org"])] {
                _ = try await link.ask(ControlRequest(.suppress, suppression: order))
            }
            let entries = try AuditLog.entries(in: Installation.read(data).catalogue, limit: 20)
            #expect(
                entries.map(\.action) == [
                    "contact add", "contact set", "contact tag", "contact untag", "contact unsubscribe",
                    "contact archive", "contact set", "suppress add", "suppress remove",
                ]
            )
            #expect(!entries.contains { "\($0)".contains("@") })
        }
    }
}
