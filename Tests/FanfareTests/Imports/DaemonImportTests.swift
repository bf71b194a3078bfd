import FanfareReceiver
import FanfareTesting
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Testing

@testable import Fanfare

@Suite("Contact files that are handed over to a daemon")
struct DaemonImportTests {
    /// Runs a test with a daemon over a data directory, which is ended in good order unless the test has done so.
    private func withDaemon(_ body: (BackupFixture, Daemon, ControlLink) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let fixture = try BackupFixture(folder)
            let egress = EgressPolicy(allowed: [try .init("127.0.0.0/8")])
            let daemon = try Daemon(try Installation.own(fixture.data), .init(egress: egress))
            try await body(fixture, daemon, ControlLink(dataDirectory: fixture.data))
            try await daemon.close()
        }
    }

    private func order(
        _ fixture: BackupFixture,
        _ text: String,
        to audience: String = "customers"
    ) throws -> ImportOrder {
        let name = "contacts-\(UUID().uuidString).csv"
        try fixture.folder.write(text, to: name)
        return ImportOrder(audience: audience, file: fixture.folder.path(name), fileName: "contacts.csv")
    }

    /// So many rows, each with an address and a name.
    private func rows(_ count: Int) -> String {
        "email,First Name\n" + (0..<count).map { "c\($0)@example.com,Name \($0)\n" }.joined()
    }

    private func begin(_ order: ImportOrder, _ link: ControlLink) async throws -> HandedImport {
        let answer = try await link.ask(ControlRequest(.importContacts, importing: order))
        return try #require(answer.importing, "\(answer.message)")
    }

    private func status(_ ticket: String, _ link: ControlLink) async throws -> HandedImport {
        let answer = try await link.ask(ControlRequest(.followImport, ticket: ticket))
        return try #require(answer.importing, "\(answer.message)")
    }

    private func end(of ticket: String, _ link: ControlLink) async throws -> HandedImport.End {
        var end: HandedImport.End?
        try await eventually("the import ends", within: .seconds(60)) {
            end = try await status(ticket, link).end
            return end != nil
        }
        return try #require(end)
    }

    private func count(_ fixture: BackupFixture, in audience: String = "customers") throws -> Int {
        try Installation.read(fixture.data).openAudience(named: audience, makesIt: false).countByStatus().values
            .reduce(0, +)
    }

    @Test("the audience is made, rows are taken, and those that are rejected stand where they were asked for")
    func imports() async throws {
        try await withDaemon { fixture, daemon, link in
            var order = try order(fixture, "email,Points\nada@example.com,12\nno address,1\nbob@example.com,3\n")
            order.columns = ["Points": ColumnSpec(tag: "SCORE", kind: .number)]
            order.rejects = fixture.folder.path("rejects.csv")
            let begun = try await begin(order, link)
            guard case .complete(let summary) = try await end(of: begun.ticket, link) else {
                Issue.record("the import has not come to its end")
                return
            }
            #expect(summary.rows == 3 && summary.created == 2 && summary.rejected == 1)
            #expect(summary.rejects.first?.place.description == "contacts.csv:3")
            let rejects = try String(contentsOfFile: fixture.folder.path("rejects.csv"), encoding: .utf8)
            #expect(rejects.contains("\"contacts.csv\",3,") && rejects.contains("no address"))
            let audience = try Installation.read(fixture.data).openAudience(named: "customers", makesIt: false)
            #expect(try audience.fields().map(\.tag) == ["SCORE"])
            #expect(try audience.fields().first?.kind == .number)
            // Whoever changes it through the daemon afterwards finds what was imported.
            let edit = ContactEdit(.address("ada@example.com"), .mustBeNew)
            let taken = try await link.ask(
                ControlRequest(.edit, contact: ContactOrder(audience: "customers", edit: edit))
            )
            #expect(taken.refusal == .invalid)
            daemon.audit.flush()
            let entries = try AuditLog.entries(in: daemon.installation.catalogue, limit: 10)
            #expect(entries.map(\.action) == ["import", "contact add"])
            #expect(entries.first?.object == "audience customers")
        }
    }

    @Test("webhooks are told when that is asked for, and else of nothing", .timeLimit(.minutes(1)))
    func tells() async throws {
        let told = NIOLockedValueBox<[String]>([])
        try await withScriptedReceiver({ request, _ in
            if request.method == .POST { told.withLockedValue { $0.append(String(buffer: request.body)) } }
            return .status(200)
        }) { receiver in
            try await withDaemon { fixture, daemon, link in
                let quiet = try await begin(try order(fixture, "email\nada@example.com\n"), link)
                guard case .complete = try await end(of: quiet.ticket, link) else {
                    Issue.record("the first import failed")
                    return
                }
                let audience = try daemon.installation.audiences.audience(named: "customers").id
                _ = try await daemon.webhooks.create(
                    url: receiver.url(),
                    events: Set(ChangeKind.allCases),
                    sources: [.admin],
                    in: audience
                )
                let silent = try await begin(try order(fixture, "email,First Name\nbob@example.com,Bob\n"), link)
                _ = try await end(of: silent.ticket, link)
                var order = try order(fixture, "email,First Name\neve@example.com,Eve\nada@example.com,Ada\n")
                order.firesWebhooks = true
                _ = try await end(of: try await begin(order, link).ticket, link)
                try await eventually("both are told of") { told.withLockedValue { $0.count } == 2 }
                let bodies = told.withLockedValue { $0 }
                #expect(bodies.contains { $0.hasPrefix("type=subscribe&") && $0.contains("eve%40") })
                #expect(bodies.contains { $0.hasPrefix("type=profile&") && $0.contains("ada%40") })
            }
        }
    }

    @Test("others write between its chunks, and it is stopped at the end of one", .timeLimit(.minutes(2)))
    func stops() async throws {
        try await withDaemon { fixture, daemon, link in
            let begun = try await begin(try order(fixture, rows(400_000)), link)
            try await eventually("it has read something", within: .seconds(60)) {
                try await status(begun.ticket, link).progress != nil
            }
            let audience = try daemon.installation.audiences.audience(named: "customers").id
            let edit = ContactEdit(.address("between@example.com"), .mustBeNew)
            _ = try await daemon.webhooks.edit(edit, in: audience, by: .api)
            #expect(try await status(begun.ticket, link).end == nil)
            let answer = try await link.ask(ControlRequest(.stopImport, ticket: begun.ticket))
            #expect(answer.refusal == nil)
            #expect(try await end(of: begun.ticket, link) == .stopped)
            let left = try count(fixture)
            #expect(left > 1 && left < 400_001, "\(left)")
            let unknown = try await link.ask(ControlRequest(.followImport, ticket: "nobodys"))
            #expect(unknown.refusal == .unknown)
        }
    }

    @Test("one waits for the other, and what is wrong with a file is said", .timeLimit(.minutes(2)))
    func turns() async throws {
        try await withDaemon { fixture, _, link in
            let first = try await begin(try order(fixture, rows(100_000)), link)
            let second = try await begin(try order(fixture, rows(10), to: "others"), link)
            let missing = try await begin(
                ImportOrder(audience: "customers", file: fixture.folder.path("no.csv"), fileName: "no.csv"),
                link
            )
            try await eventually("the second waits") {
                try await status(second.ticket, link).wait == "another import is under way"
            }
            guard case .complete(let summary) = try await end(of: second.ticket, link) else {
                Issue.record("the second import failed")
                return
            }
            #expect(summary.created == 10)
            guard case .complete(let large)? = try await status(first.ticket, link).end else {
                Issue.record("the first import was overtaken")
                return
            }
            #expect(large.created == 100_000)
            guard case .refused(let why) = try await end(of: missing.ticket, link) else {
                Issue.record("a file that is not there was read")
                return
            }
            #expect(why.contains("cannot open no.csv"), "\(why)")
            let relative = ImportOrder(audience: "customers", file: "here.csv", fileName: "here.csv")
            let answer = try await link.ask(ControlRequest(.importContacts, importing: relative))
            #expect(answer.refusal == .malformed)
        }
    }

    @Test("the daemon's end ends it within a chunk, and the next import goes on", .timeLimit(.minutes(2)))
    func daemonsEnd() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try BackupFixture(folder)
            let link = ControlLink(dataDirectory: fixture.data)
            let order = try order(fixture, rows(200_000))
            do {
                let daemon = try Daemon(try Installation.own(fixture.data))
                let begun = try await begin(order, link)
                let waiting = try await begin(try self.order(fixture, rows(5), to: "others"), link)
                try await eventually("it has read something", within: .seconds(60)) {
                    try await status(begun.ticket, link).progress != nil
                }
                let began = ContinuousClock.now
                try await daemon.close()
                #expect(ContinuousClock.now - began < .seconds(15))
                #expect(daemon.imports.status(of: begun.ticket).importing?.end == .interrupted)
                #expect(daemon.imports.status(of: waiting.ticket).importing?.end == .interrupted)
                #expect(daemon.imports.take(order).refusal == .ending)
            }
            let left = try count(fixture)
            #expect(left > 0 && left < 200_000, "\(left)")
            let daemon = try Daemon(try Installation.own(fixture.data))
            let again = try await begin(order, link)
            guard case .complete(let summary) = try await end(of: again.ticket, link) else {
                Issue.record("the second import failed")
                return
            }
            #expect(summary.created == 200_000 - left && summary.updated == left)
            #expect(try count(fixture) == 200_000)
            try await daemon.close()
        }
    }
}
