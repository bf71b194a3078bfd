import Fanfare
import FanfareTesting
import Foundation
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
}
