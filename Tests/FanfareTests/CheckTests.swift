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
            _ = try JobCheck(job, dataDirectory: fixture.data)
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

    @Test("what a killed one left is removed by the next owner, and what is in use or another's stays")
    func killed() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            try fixture.process { _ in }
            let names = [
                "data/scratch-0123456789abcdef", "data/scratch-1123456789abcdef", "data.scratch-2123456789abcdef",
                "data.scratch-of-mine",
            ]
            let paths = names.map { folder.path($0) }
            let used = try DataDirectory(path: paths[1], access: .own)
            for path in [paths[0], paths[2], paths[3]] { _ = try DataDirectory(path: path, access: .own) }
            try fixture.process { _ in }
            #expect(paths.allSatisfy(Durability.fileExists))
            for path in paths {
                let old = Date(timeIntervalSinceNow: -3600)
                try FileManager.default.setAttributes([.modificationDate: old], ofItemAtPath: path)
            }
            try fixture.process { _ in }
            #expect(paths.map(Durability.fileExists) == [false, true, false, true])
            withExtendedLifetime(used) {}
        }
    }
}

@Suite("A check warns of an address that a run would not connect to")
struct CheckedAddressTests {
    private func warnings(of host: String, allowing networks: [String] = []) async throws -> [String] {
        try await withTemporaryFolder { folder in
            var fixture = try RunFixture(folder)
            // What else deserves a second look is not asked for here.
            let signing = "signing: {secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw}"
            fixture.job = fixture.job.replacing("127.0.0.1:9", with: host).replacing("{url:", with: "{\(signing), url:")
            let policy = EgressPolicy(allowed: try networks.map { try EgressPolicy.Network($0) })
            return try JobCheck(fixture.load(), dataDirectory: fixture.data, egress: policy).warnings
        }
    }

    @Test(
        "private ones in every spelling, with the option that opens them",
        arguments: [
            ("127.0.0.1:9", "127.0.0.1"), ("0x7f.1", "127.0.0.1"), ("[fd00::1]", "fd00::1"), ("10.1.2.3", "10.1.2.3"),
        ]
    )
    func refused(host: String, address: String) async throws {
        let warnings = try await warnings(of: host)
        #expect(warnings.count == 1)
        #expect(warnings.first?.contains("--allow-network \(address)") == true)
        #expect(try await self.warnings(of: host, allowing: [address]).isEmpty)
    }

    @Test("not of a public one, and not of a name", arguments: ["93.184.216.34", "hooks.example.com"])
    func accepted(host: String) async throws {
        #expect(try await warnings(of: host).isEmpty)
    }

    @Test("the program takes the option that run takes")
    func option() async throws {
        try await withTemporaryFolder { folder in
            try RunFixture(folder).writeJob()
            let program = BuiltProgram.path("fanfare")
            let warned = try await ChildProcess(program, ["check", "job.yaml"], in: folder).wait()
            #expect(warned.status == 0)
            #expect(warned.output.contains("127.0.0.1 is no public address"))
            let options = ["check", "job.yaml", "--allow-network", "127.0.0.0/8"]
            #expect(try await !ChildProcess(program, options, in: folder).wait().output.contains("public"))
        }
    }
}
