import Fanfare
import FanfareTesting
import Glibc
import Testing

@Suite("An interruption says how to go on")
struct InterruptionTests {
    /// Runs the program until something is so, interrupts it, and gives what it said.
    private func interrupted(
        _ fixture: RunFixture,
        _ options: [String] = [],
        when isTime: () throws -> Bool
    ) async throws -> String {
        let arguments = ["run", "job.yaml", "--data", "data"] + options
        let child = try ChildProcess(BuiltProgram.path("fanfare"), arguments, in: fixture.folder)
        defer { child.signal(SIGKILL) }
        try await eventually("the time to interrupt", within: .seconds(180), isTime)
        child.signal(SIGINT)
        let result = try await child.wait(within: .seconds(60))
        #expect(result.status == 130)
        return result.errors
    }

    @Test("while a change is taken over, which must be accepted again")
    func takingOver() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            _ = try fixture.process { try fixture.start($0).run.record }
            try fixture.write(contacts: (1...300_000).map { "c\($0)" })
            let text = try await interrupted(fixture, ["--accept-changes"]) {
                try fixture.record().jobFingerprint == "changing"
            }
            #expect(!text.contains("before anything was sent"))
            #expect(text.contains("Go on with: fanfare run job.yaml"))
            #expect(text.contains("--accept-changes"))
        }
    }

    @Test("before the freeze, when nothing has been sent")
    func importing() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder, contacts: (1...300_000).map { "c\($0)" })
            try fixture.writeJob()
            let text = try await interrupted(fixture) {
                try Durability.fileExists(fixture.data + "/fanfare.sqlite") && !fixture.records().isEmpty
            }
            #expect(text.contains("before anything was sent"))
            #expect(!text.contains("--accept-changes"))
        }
    }
}
