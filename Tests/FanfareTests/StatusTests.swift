import Fanfare
import FanfareTesting
import Foundation
import GRDB
import Testing

@Suite("The status says what is under way, and only that")
struct StatusTests {
    private func status(_ folder: TemporaryFolder, _ options: [String] = []) async throws -> String {
        let arguments = ["status", "--data", "data"] + options
        let child = try ChildProcess(BuiltProgram.path("fanfare"), arguments, in: folder)
        return try await child.wait().output
    }

    @Test("a fan-out whose process is gone is interrupted, whoever owns the directory now")
    func interrupted() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            try await fixture.process { installation in
                let run = try fixture.start(installation).run
                #expect(try await status(folder).contains("news: running"))
                withExtendedLifetime(run) {}
            }
            #expect(try await status(folder).contains("news: interrupted"))
            let besideAnother = try await fixture.process { _ in try await status(folder) }
            #expect(besideAnother.contains("news: interrupted"))
        }
    }

    @Test("as JSON it is one object a line, none without fan-outs")
    func json() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            try fixture.process { _ in }
            #expect(try await status(folder).contains("No fan-outs yet"))
            #expect(try await status(folder, ["--json"]).isEmpty)
            _ = try fixture.process { try fixture.start($0).run.record }
            let lines = try await status(folder, ["--json"]).split(separator: "\n")
            #expect(lines.count == 1)
            #expect(throws: Never.self) { _ = try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) }
        }
    }

    @Test("a fan-out whose ledger is missing does not hide the others")
    func ledgerMissing() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            let record = try fixture.process { try fixture.start($0).run.record }
            try fixture.process { try Durability.deleteDatabase($0.ledger(of: record).path) }
            #expect(try await status(folder).contains("news: ledger missing"))
            _ = try fixture.process { try fixture.start($0, again: true).run.record }
            let text = try await status(folder)
            #expect(text.contains("news, run 2: interrupted"))
            #expect(text.contains("news: ended (its ledger was missing"))
        }
    }

    @Test("a fan-out whose ledger is damaged does not hide those before it, and ends the command with 1")
    func ledgerDamaged() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            _ = try fixture.process { try fixture.start($0).run.record }
            try fixture.leave { ($0.state, $0.createdAt) = (.ended, 1) }
            let second = try fixture.process { try fixture.start($0, again: true).run.record }
            let ledger = "data/fanouts/\(second.id).sqlite"
            try Durability.deleteDatabase(folder.path(ledger))
            try folder.write("no database", to: ledger)
            for options in [[], ["--json"]] {
                let arguments = ["status", "--data", "data"] + options
                let result = try await ChildProcess(BuiltProgram.path("fanfare"), arguments, in: folder).wait()
                #expect(result.status == 1)
                #expect(result.errors.contains("news: the ledger \(ledger) is damaged"), "\(result)")
                #expect(result.output.contains(options.isEmpty ? "news: ended" : #""state":"ended""#), "\(result)")
                let damaged = options.isEmpty ? "news, run 2: ledger damaged\n" : #""state":"ledger damaged""#
                #expect(result.output.contains(damaged), "\(result)")
                #expect(!result.output.contains("nobody to send to"))
            }
        }
    }

    @Test("status and list agree in every state: what was claimed and has no outcome is in flight, the rest scheduled")
    func agreesWithList() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder, contacts: ["a", "b", "c", "d", "e", "f"])
            try fixture.process { installation in
                let record = try fixture.start(installation).run.record
                try leaveUnderWay(installation.ledger(of: record))
            }
            let object = try JSONSerialization.jsonObject(with: Data(await status(folder, ["--json"]).utf8))
            let counts = try #require((object as? [String: Any])?["counts"] as? [String: Int])
            for state in DeliveryState.allCases {
                #expect(try await listed(folder, ["--state", state.name]) == counts[state.name], "\(state.name)")
            }
            #expect(counts["in_flight"] == 3 && counts["scheduled"] == 2 && counts["delivered"] == 1)
            #expect(try await listed(folder, ["--state", "in_flight", "--state", "delivered"]) == 4)
            #expect(try await listed(folder, []) == 6)
        }
    }

    /// The first delivered, the second marked for a retry, the third and fourth claimed, nothing else handed out.
    private func leaveUnderWay(_ ledger: Ledger) throws {
        try ledger.openForWriting().write { db in
            try db.execute(
                sql: """
                    INSERT INTO outcome (ordinal, state, attempts, uncounted, first_at, due_at, status, reason,
                        finished_at, duration, digest)
                    VALUES (1, 4, 1, 0, 0, 0, 200, 0, 0, 0, 0), (2, 2, 1, 0, 0, 0, 500, 0, 0, 0, 0);
                    UPDATE progress SET watermark = 6, claimed = 4, scheduled = 4, in_flight = 1, delivered = 1,
                        progress_sum = NULL;
                    """
            )
        }
    }

    /// How many deliveries `deliveries` lists.
    private func listed(_ folder: TemporaryFolder, _ options: [String]) async throws -> Int {
        let arguments = ["deliveries", "news", "--json", "--data", "data"] + options
        let child = try ChildProcess(BuiltProgram.path("fanfare"), arguments, in: folder)
        return try await child.wait().output.split(separator: "\n").count
    }
}
