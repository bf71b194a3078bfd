import FanfareReceiver
import FanfareTesting
import Testing

/// Colours of the live view: for a terminal that shows them, and for whoever did not refuse them.
@Suite(.serialized) struct ColourTests {
    private func withJob(_ environment: [String: String], _ body: (Desk) async throws -> Void) async throws {
        try await withDesk(receiver: { _, _ in .status(200, after: .milliseconds(100)) }) { desk, receiver in
            try desk.writeContacts(20)
            try desk.writeJob(url: receiver.url(), delivery: "  max_in_flight: 4\n  concurrency: fixed")
            desk.environment.merge(["NO_COLOR": ""].merging(environment) { $1 }) { $1 }
            try await body(desk)
        }
    }

    @Test(
        "a terminal gets them unless NO_COLOR is set or it can show none",
        arguments: zip(
            [["TERM": "xterm"], ["TERM": "xterm", "NO_COLOR": "1"], ["TERM": "dumb"]],
            [true, false, false]
        )
    )
    func terminal(environment: [String: String], expected: Bool) async throws {
        try await withJob(environment) { desk in
            let terminal = try PseudoTerminal(columns: 80)
            defer { terminal.close() }
            let child = try desk.start(in: terminal, "run", "job.yaml")
            #expect(try await desk.finish(child).status == 0)
            try await eventually("the summary") { terminal.output.contains("requests in") }
            #expect(terminal.output.contains(#/\u{1B}\[[0-9]+m/#) == expected, "\(terminal.output)")
        }
    }

    @Test("what is no terminal gets none")
    func pipe() async throws {
        try await withJob(["TERM": "xterm"]) { desk in
            let result = try await desk.fanfare("run", "job.yaml")
            #expect(result.status == 0)
            #expect(!(result.output + result.errors).contains("\u{1B}"))
        }
    }
}
