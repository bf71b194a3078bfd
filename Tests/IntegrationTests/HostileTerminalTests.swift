import FanfareReceiver
import FanfareTesting
import Foundation
import Testing

/// Whatever becomes of the terminal or of what stands in its place, a run that has begun is not harmed.
@Suite(.serialized) struct HostileTerminalTests {
    private static let slow: ScriptedReceiver.Behaviour = { _, _ in .status(200, after: .milliseconds(100)) }
    private static let fourAtATime = "  max_in_flight: 4\n  concurrency: fixed"

    /// Runs a test with a desk whose job takes some two seconds.
    private func withSlowJob(_ body: (inout Desk, ScriptedReceiver) async throws -> Void) async throws {
        try await withDesk(receiver: Self.slow) { desk, receiver in
            try desk.writeContacts(80)
            try desk.writeJob(url: receiver.url(), delivery: Self.fourAtATime)
            try await body(&desk, receiver)
        }
    }

    private func expectAllDelivered(_ desk: Desk, _ receiver: ScriptedReceiver) async throws {
        #expect(receiver.received.distinctIDs == 80)
        #expect(receiver.received.repeats == 0)
        let status = try await desk.fanfare("status", "job")
        #expect(status.output == "job: ended\n  delivered 80 (of 80)\n")
    }

    @Test("a terminal that is closed in mid-run does not end it")
    func closed() async throws {
        try await withSlowJob { desk, receiver in
            let terminal = try PseudoTerminal(columns: 80)
            let child = try desk.start(in: terminal, "run", "job.yaml")
            try await eventually("a progress view", within: .seconds(20)) { terminal.output.contains("in flight") }
            #expect(receiver.received.requests < 80)
            terminal.close()
            let result = try await desk.finish(child)
            #expect(result.status == 0, "\(result)")
            try await expectAllDelivered(desk, receiver)
        }
    }

    @Test("a terminal that is resized in mid-run, however small, gets lines that fit", arguments: [40, 1, 0])
    func resized(columns: UInt16) async throws {
        try await withSlowJob { desk, receiver in
            let terminal = try PseudoTerminal(columns: 120)
            defer { terminal.close() }
            let child = try desk.start(in: terminal, "run", "job.yaml")
            try await eventually("a progress view", within: .seconds(20)) { terminal.output.contains("in flight") }
            terminal.resize(columns: columns)
            // What is drawn is drawn anew every 100 ms.
            let before = terminal.output.count
            try await eventually("two views more") { terminal.output.count > before + 200 }
            let drawn = terminal.output.count
            let result = try await desk.finish(child)
            #expect(result.status == 0, "\(result)\(terminal.output)")
            try await expectAllDelivered(desk, receiver)
            try await eventually("the summary") { terminal.output.contains("requests in") }

            let width = columns == 0 ? 80 : Int(columns)
            let view = terminal.output.dropFirst(drawn).components(separatedBy: "job: done")[0]
            for line in view.components(separatedBy: "\r\n").dropFirst() {
                let text = line.replacing(#/\u{1B}\[[0-9;]*[A-Za-z]/#, with: "").replacing("\r", with: "")
                #expect(text.count <= width, "\(text)")
            }
        }
    }

    @Test("a name of wide and joined characters gets lines that fit", arguments: [20, 21, 40])
    func wide(columns: UInt16) async throws {
        try await withSlowJob { desk, receiver in
            let name = String(repeating: "夏の👩🏽e\u{301}", count: 12)
            try desk.write(desk.read("job.yaml").replacing("name: job", with: "name: \(name)"), to: "job.yaml")
            let terminal = try PseudoTerminal(columns: columns)
            defer { terminal.close() }
            let child = try desk.start(in: terminal, "run", "job.yaml")
            #expect(try await desk.finish(child).status == 0)
            try await eventually("the summary") { terminal.output.contains("requests in") }
            #expect(receiver.received.distinctIDs == 80)

            let heads = terminal.output.components(separatedBy: "\r\n").map { line in
                line.replacing(#/\u{1B}\[[0-9;]*[A-Za-z]/#, with: "").replacing("\r", with: "")
            }.filter { $0.hasPrefix("夏") && $0.hasSuffix("…") }
            #expect(!heads.isEmpty)
            for head in heads {
                let taken = head.reduce(0) { $0 + ("夏の👩🏽".contains($1) ? 2 : 1) }
                #expect((Int(columns) - 1...Int(columns)).contains(taken), "\(head)")
            }
        }
    }

    @Test("Ctrl-C typed at the terminal drains, as SIGTERM does; a second one ends it at once")
    func interrupted() async throws {
        try await withSlowJob { desk, receiver in
            let terminal = try PseudoTerminal(columns: 80)
            defer { terminal.close() }
            let first = try desk.start(in: terminal, "run", "job.yaml")
            try await receiver.received.waitForRequests(8, within: .seconds(20))
            terminal.type("\u{3}")
            #expect(try await desk.finish(first).status == 130)
            #expect(receiver.received.repeats == 0)

            let before = receiver.received.requests
            let second = try desk.start("run", "job.yaml")
            try await receiver.received.waitForRequests(before + 8, within: .seconds(20))
            second.signal(SIGTERM)
            #expect(try await desk.finish(second).status == 130)
            #expect(receiver.received.repeats == 0)

            receiver.behave { _, _ in Reply(.silence) }
            let silent = receiver.received.requests
            let third = try desk.start("run", "job.yaml")
            try await receiver.received.waitForRequests(silent + 4, within: .seconds(20))
            third.signal(SIGTERM)
            // Signals that come together are one.
            try await Task.sleep(for: .milliseconds(500))
            third.signal(SIGTERM)
            // The time-out of what is in flight is ten seconds.
            #expect(try await desk.finish(third, within: .seconds(7)).status == 130)

            receiver.behave(Self.slow)
            let last = try await desk.fanfare("run", "job.yaml")
            #expect(last.status == 0, "\(last)")
            #expect(receiver.received.distinctIDs == 80)
            #expect(receiver.received.repeats == 4)
        }
    }

    @Test("SIGHUP without a terminal changes nothing")
    func hangUp() async throws {
        try await withSlowJob { desk, receiver in
            let child = try desk.start("run", "job.yaml")
            try await receiver.received.waitForRequests(8, within: .seconds(20))
            child.signal(SIGHUP)
            #expect(try await desk.finish(child).status == 0)
            try await expectAllDelivered(desk, receiver)
        }
    }

    @Test(
        "readers that go away, and devices that take nothing, change nothing",
        arguments: [
            "2>&1 | head -c 1 >/dev/null", "2>/dev/null | true", "--json 2>/dev/null | true", ">/dev/full 2>/dev/full",
        ]
    )
    func unread(redirection: String) async throws {
        try await withSlowJob { desk, receiver in
            let command = "\"$0\" run job.yaml \(redirection); exit ${PIPESTATUS[0]}"
            let child = try ChildProcess(
                "/bin/bash",
                ["-c", command, BuiltProgram.path("fanfare")],
                environment: desk.environment,
                in: desk.folder
            )
            let result = try await desk.finish(child)
            #expect(result.status == 0, "\(result)")
            #expect(result.output + result.errors == "")
            try await expectAllDelivered(desk, receiver)
        }
    }

    @Test("without standard streams it gives their numbers to nothing else", arguments: ["<&- >&- 2>&-", "2>&-"])
    func withoutStreams(redirection: String) async throws {
        try await withSlowJob { desk, receiver in
            let child = try desk.start(redirected: redirection, "run", "job.yaml")
            try await receiver.received.waitForRequests(8, within: .seconds(20))
            let isClosed = redirection.contains("<") ? [0, 1, 2] : [2]
            for number in isClosed {
                let link = "/proc/\(child.id)/fd/\(number)"
                #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "/dev/null")
            }
            #expect(try await desk.finish(child).status == 0)
            try await expectAllDelivered(desk, receiver)
        }
    }
}
