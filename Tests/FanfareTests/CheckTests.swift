import Fanfare
import FanfareTesting
import Foundation
import Glibc
import Testing

@Suite("A check leaves nothing behind")
struct CheckTests {
    private func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    @Test("it makes no data directory, and works within the one there is")
    func leavesNothing() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            let job = try fixture.load()
            let before = try names(in: folder.path)
            #expect(try JobCheck(job, dataDirectory: fixture.data).recipients == 3)
            #expect(try names(in: folder.path) == before)
            try fixture.process { _ in }
            let inside = try names(in: fixture.data)
            #expect(try JobCheck(job, dataDirectory: fixture.data).warnings.isEmpty)
            #expect(try names(in: fixture.data) == inside)
        }
    }

    @Test("nor when it is interrupted or the job is not valid")
    func interrupted() async throws {
        try await withTemporaryFolder { folder in
            var fixture = try RunFixture(folder)
            var job = try fixture.load()
            let before = try names(in: folder.path)
            #expect(throws: CancellationError.self) { _ = try JobCheck(job, dataDirectory: fixture.data) { true } }
            #expect(try names(in: folder.path) == before)
            fixture.job = fixture.job.replacing("EMAIL", with: "NOBODY")
            job = try fixture.load()
            #expect(throws: JobError.self) { _ = try JobCheck(job, dataDirectory: fixture.data) }
            #expect(try names(in: folder.path) == before)
        }
    }

    @Test(
        "Ctrl-C and SIGTERM end the program's check, and its copy of the contacts is gone",
        arguments: [SIGINT, SIGTERM]
    )
    func signals(signal: Int32) async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder, contacts: (1...300_000).map { "c\($0 % 200_000)" })
            try fixture.writeJob()
            let arguments = ["check", "job.yaml", "--data", "data"]
            let child = try ChildProcess(BuiltProgram.path("fanfare"), arguments, in: folder)
            defer { child.signal(SIGKILL) }
            try await eventually("a scratch folder", within: .seconds(20)) {
                try names(in: folder.path).contains { $0.hasPrefix("data.scratch-") }
            }
            child.signal(signal)
            #expect(try await child.wait(within: .seconds(60)).status == 130)
            #expect(try !names(in: folder.path).contains { $0.contains("scratch") })
        }
    }

    @Test("what a killed one left is removed by the next owner, and what is in use stays")
    func killed() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            try fixture.process { _ in }
            let paths = ["data/scratch-1", "data/scratch-2", "data.scratch-3"].map { folder.path($0) }
            let used = try DataDirectory(path: paths[1], access: .own)
            for path in [paths[0], paths[2]] { _ = try DataDirectory(path: path, access: .own) }
            try fixture.process { _ in }
            #expect(paths.allSatisfy(Durability.fileExists))
            for path in paths {
                let old = Date(timeIntervalSinceNow: -3600)
                try FileManager.default.setAttributes([.modificationDate: old], ofItemAtPath: path)
            }
            try fixture.process { _ in }
            #expect(paths.map(Durability.fileExists) == [false, true, false])
            withExtendedLifetime(used) {}
        }
    }
}
