import FanfareTesting
import Glibc
import Testing

@Suite struct ChildProcessTests {
    @Test func `collects status, output and errors`() async throws {
        try await withTemporaryFolder { folder in
            let child = try ChildProcess(
                "/bin/sh",
                ["-c", "echo out $WORD; echo err >&2; exit 3"],
                environment: ["WORD": "word"],
                in: folder
            )
            let result = try await child.wait()
            #expect(result.status == 3)
            #expect(result.output == "out word\n")
            #expect(result.errors == "err\n")
            #expect(!child.isRunning)
        }
    }

    @Test func `is killed when told so or when it takes too long`() async throws {
        try await withTemporaryFolder { folder in
            let first = try ChildProcess("/bin/sh", ["-c", "echo ready; exec cat /dev/zero"], in: folder)
            try await first.waitForOutput("ready")
            first.signal(SIGKILL)
            #expect(try await first.wait().status == -SIGKILL)
            let second = try ChildProcess("/usr/bin/tail", ["-f", "/dev/null"], in: folder)
            await #expect(throws: TimeLimitExceeded.self) { try await second.wait(within: .milliseconds(50)) }
            #expect(!second.isRunning)
        }
    }
}
