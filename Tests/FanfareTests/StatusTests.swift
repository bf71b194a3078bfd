import Fanfare
import FanfareTesting
import Testing

@Suite("The status says what is under way, and only that")
struct StatusTests {
    private func status(_ folder: TemporaryFolder) async throws -> String {
        let child = try ChildProcess(BuiltProgram.path("fanfare"), ["status", "--data", "data"], in: folder)
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
}
