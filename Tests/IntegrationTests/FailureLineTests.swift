import FanfareReceiver
import FanfareTesting
import Foundation
import Testing

/// What goes wrong while a terminal shows progress.
@Suite struct FailureLineTests {
    @Test("an error does not stand behind the progress of the import on one line")
    func ownLine() async throws {
        try await withDesk { desk in
            try desk.writeContacts(20_000)
            try desk.writeJob(url: "https://example.com/", webhook: #"  data: {to: "*|NOBODY|*"}"#)
            var environment = desk.environment
            environment["TERM"] = "xterm"
            environment["PROGRAM"] = BuiltProgram.path("fanfare")
            let child = try ChildProcess(
                "/usr/bin/script",
                ["--quiet", "--return", "--command", "\"$PROGRAM\" run job.yaml", "/dev/null"],
                environment: environment,
                in: desk.folder
            )
            let result = try await child.wait(within: .seconds(60))
            #expect(result.status == 2)
            let progress = try #require(result.output.firstRange(of: "Importing contacts"))
            let error = try #require(result.output.firstRange(of: "job.yaml:"))
            #expect(progress.lowerBound < error.lowerBound)
            #expect(result.output[..<error.lowerBound].hasSuffix("\r\u{1B}[2K"), "\(result.output.debugDescription)")
        }
    }
}
