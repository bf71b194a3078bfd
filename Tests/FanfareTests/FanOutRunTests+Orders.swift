import Fanfare
import FanfareReceiver
import FanfareTesting
import Foundation
import NIOConcurrencyHelpers
import Testing

extension FanOutRunTests {
    private static let slow = Behaviours.always(.status(200, after: .milliseconds(20)))

    /// Gives an order as another process does.
    @discardableResult
    private func order(
        _ installation: Installation,
        _ command: ControlRequest.Command,
        _ change: SettingsChange? = nil
    ) throws -> ControlAnswer {
        let directory = installation.directory
        let socket = try #require(try DataDirectory(path: directory.path, access: .read).owner()?.controlSocket)
        let answer = try ControlClient.ask(
            ControlRequest(command, name: "greetings", change: change),
            of: directory,
            at: socket
        )
        #expect(answer.refusal == nil, "\(answer)")
        return answer
    }

    /// Starts it, and stops it when it has sent some.
    private func interrupt(_ installation: Installation, _ receiver: ScriptedReceiver) async throws {
        let run = try await FanOutRun.start(try job(receiver), in: installation, options)
        try await receiver.received.waitForRequests(10)
        run.stop()
        _ = try await run.end()
    }

    @Test("one that was paused sends nothing when it is taken up, until it is resumed from another process")
    func staysPaused() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver(Self.slow) { receiver in
                let installation = try Installation.own(folder.path("data"))
                try await fill(installation, 100)
                try await interrupt(installation, receiver)
                let answer = try ControlDesk(installation).answer(ControlRequest(.pause, name: "greetings"))
                #expect(answer.refusal == nil, "\(answer)")
                let sent = receiver.received.requests
                let run = try await FanOutRun.start(try job(receiver), in: installation, options)
                try await Task.sleep(for: .milliseconds(300))
                #expect(receiver.received.requests == sent)
                #expect(run.snapshot.lane.pauses == .byOperator)
                #expect(try order(installation, .resume).message == "greetings goes on")
                #expect(try await run.end().progress.counts[.delivered] == 100)
                #expect(receiver.received.repeats == 0)
            }
        }
    }

    @Test("what was set holds when it is taken up")
    func staysSet() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver(Self.slow) { receiver in
                let installation = try Installation.own(folder.path("data"))
                try await fill(installation, 100)
                try await interrupt(installation, receiver)
                let change = SettingsChange(maxInFlight: 3)
                _ = try ControlDesk(installation).answer(ControlRequest(.set, name: "greetings", change: change))
                let run = try await FanOutRun.start(try job(receiver), in: installation, options)
                #expect(run.snapshot.lane.maxInFlight == 3)
                #expect(try await run.end().progress.counts[.delivered] == 100)
            }
        }
    }

    @Test("while it sends, another process pauses, changes and cancels it")
    func steered() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver(Self.slow) { receiver in
                let installation = try Installation.own(folder.path("data"))
                try await fill(installation, 500)
                let run = try await FanOutRun.start(try job(receiver), in: installation, options)
                try await receiver.received.waitForRequests(8)
                try order(installation, .pause)
                try await eventually("the last answer") { run.snapshot.lane.inFlight == 0 }
                let sent = receiver.received.requests
                try await Task.sleep(for: .milliseconds(200))
                #expect(receiver.received.requests == sent)
                try order(installation, .set, SettingsChange(maxInFlight: 2))
                #expect(run.snapshot.lane.maxInFlight == 2)
                #expect(try order(installation, .status).fanOuts?.map(\.id) == [run.record.id])
                try order(installation, .cancel)
                let end = try await run.end()
                guard case .stopped(.cancelled) = end.cause else {
                    Issue.record("it ended as \(end.cause)")
                    return
                }
                #expect(Int(end.progress.counts[.delivered]) == sent)
                #expect(try installation.fanOutRecords(named: "greetings")[0].state == .ended)
            }
        }
    }

    @Test("cancelled by another process while it waits for its time, it ends and sends nothing")
    func cancelledByOrder() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver { receiver in
                let installation = try Installation.own(folder.path("data"))
                try await fill(installation, 3)
                let job = try job(receiver) {
                    $0.schedule = Self.farAway
                    $0.notify = JobNotify(command: ["/bin/sh", "-c", "cat > \(folder.path("told.json"))"])
                }
                let options = try options
                let waiting = Task { try await FanOutRun.start(job, in: installation, options) }
                try await eventually("its ear") {
                    try DataDirectory(path: folder.path("data"), access: .read).owner()?.controlSocket != nil
                }
                try order(installation, .cancel)
                let error = await #expect(throws: JobRunError.self) { _ = try await waiting.value }
                #expect(error?.message.contains("cancelled by the operator") == true)
                #expect(receiver.received.requests == 0)
                let record = try installation.fanOutRecords(named: "greetings")[0]
                #expect(record.state == .ended)
                let told = try String(contentsOfFile: folder.path("told.json"), encoding: .utf8)
                #expect(told.contains(#""reason":"cancelled by the operator""#), "\(told)")
                #expect(try DataDirectory(path: folder.path("data"), access: .read).owner()?.controlSocket == nil)
            }
        }
    }

    @Test("a cancellation that a death left is carried out and told, and so is a wait that its caller ends")
    func tellsUnsent() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver { receiver in
                let installation = try Installation.own(folder.path("data"))
                try await fill(installation, 3)
                let job = try job(receiver) {
                    $0.schedule = Self.farAway
                    $0.notify = JobNotify(
                        command: ["/bin/sh", "-c", "echo $FANFARE_STATE >> \(folder.path("states"))"]
                    )
                }
                let options = try options
                let waiting = Task { try await FanOutRun.start(job, in: installation, options) }
                try await eventually("the record") {
                    try installation.fanOutRecords(named: nil).first?.state == .scheduled
                }
                waiting.cancel()
                await #expect(throws: CancellationError.self) { _ = try await waiting.value }
                var orders = FanOutOrders()
                orders.cancelledAt = 1
                try installation.fanOuts().save(orders, for: installation.fanOutRecords(named: nil)[0].id)
                await #expect(throws: JobRunError.self) {
                    _ = try await FanOutRun.start(job, in: installation, options)
                }
                let told = try String(contentsOfFile: folder.path("states"), encoding: .utf8)
                #expect(told == "interrupted\nstopped\n")
            }
        }
    }

    @Test("by the time that its end is told, whom the job names has been told")
    func tells() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver { receiver in
                let installation = try Installation.own(folder.path("data"))
                try await fill(installation, 3)
                let job = try job(receiver) {
                    $0.notify = JobNotify(command: ["/bin/sh", "-c", "cat > \(folder.path("told.json"))"])
                }
                let run = try await FanOutRun.start(job, in: installation, options)
                #expect(try await run.end().progress.counts[.delivered] == 3)
                let told = try String(contentsOfFile: folder.path("told.json"), encoding: .utf8)
                #expect(told.contains(#""type":"fanout.ended""#) && told.contains(#""delivered":3"#), "\(told)")
            }
        }
    }

    @Test("an outage's end is told although the fan-out ends right after it")
    func tellsRecovery() async throws {
        let isDown = NIOLockedValueBox(true)
        let behaviour: ScriptedReceiver.Behaviour = { _, _ in
            isDown.withLockedValue { $0 } ? Reply(.close) : .status(200)
        }
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver(behaviour) { receiver in
                let installation = try Installation.own(folder.path("data"))
                try await fill(installation, 40)
                let job = try job(receiver) {
                    $0.delivery.retries = Array(repeating: .zero, count: 10)
                    $0.notify = JobNotify(
                        command: ["/bin/sh", "-c", "echo $FANFARE_EVENT >> \(folder.path("events"))"]
                    )
                }
                let run = try await FanOutRun.start(job, in: installation, options)
                try await eventually("the outage") { run.snapshot.lane.breaker != .closed }
                isDown.withLockedValue { $0 = false }
                #expect(try await run.end().progress.counts[.delivered] == 40)
                let told = try String(contentsOfFile: folder.path("events"), encoding: .utf8)
                #expect(told == "breaker_opened\nbreaker_closed\nended\n")
            }
        }
    }

    static var farAway: Schedule {
        Schedule(at: Schedule.LocalTime(year: 2999, month: 1, day: 1, hour: 9, minute: 0), timeZone: "Europe/Paris")
    }
}
