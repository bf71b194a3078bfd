import Dispatch
import FanfareReceiver
import FanfareTesting
import FanfareTransport
import NIOConcurrencyHelpers
import Testing

@testable import FanfareDelivery

/// What a test's resolver says of each name; a name that it is not told of hangs until the end of the test.
private final class NameBook: Sendable {
    private struct State {
        var answers: [String: [Result<[IPAddress], NameFailure>]] = [:]
        var asked: [String: Int] = [:]
        var isClosed = false
    }

    static let unknown = Result<[IPAddress], NameFailure>.failure(
        NameFailure(code: -2, message: "Name or service not known")
    )

    private let lock = ConditionLock<Int>(value: 0)
    private let state = NIOLockedValueBox(State())

    /// One answer after another, the last from then on.
    func tell(_ host: String, _ answers: Result<[IPAddress], NameFailure>...) {
        state.withLockedValue { $0.answers[host] = answers }
        lock.lock()
        lock.unlock(withValue: 1)
    }

    func asked(_ host: String) -> Int { state.withLockedValue { $0.asked[host] ?? 0 } }

    func close() {
        state.withLockedValue { $0.isClosed = true }
        lock.lock()
        lock.unlock(withValue: 1)
    }

    private func lookUp(_ host: String) -> Result<[IPAddress], NameFailure> {
        state.withLockedValue { $0.asked[host, default: 0] += 1 }
        while true {
            let answer = state.withLockedValue { state -> Result<[IPAddress], NameFailure>? in
                if state.isClosed { return Self.unknown }
                guard let first = state.answers[host]?.first else { return nil }
                if (state.answers[host]?.count ?? 0) > 1 { state.answers[host]?.removeFirst() }
                return first
            }
            if let answer { return answer }
            // Looks again at every news and, as another thread may have taken that, now and then.
            if lock.lock(whenValue: 1, timeoutSeconds: 0.02) { lock.unlock(withValue: 0) }
        }
    }

    func resolver() throws -> NameResolver {
        var timing = NameResolver.Timing()
        timing.firstRetry = .milliseconds(100)
        timing.shortestInterval = .milliseconds(50)
        timing.hangingAfter = .milliseconds(50)
        return try NameResolver(timing: timing, lookUp: LookUp { self.lookUp($0) })
    }
}

@Suite("A receiver's name is looked up before its lane opens")
struct NameTests {
    private static func loopback(_ last: UInt8 = 1) -> Result<[IPAddress], NameFailure> {
        .success([127, 0, 0, last].withAddress)
    }

    private func withNames(
        patience: Duration = .seconds(20),
        loops: Int = 1,
        _ body: (TemporaryFolder, ScriptedReceiver, NameBook, EngineUnderTest) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver { receiver in
                let names = NameBook()
                defer { names.close() }
                let engine = try EngineUnderTest(loops: loops, names: names.resolver(), namePatience: patience)
                try await withEngine(engine) { try await body(folder, receiver, names, $0) }
            }
        }
    }

    private func fixture(
        _ host: String,
        _ receiver: ScriptedReceiver,
        _ folder: TemporaryFolder
    ) throws -> EngineFixture {
        let name = host.prefix { $0 != "." }
        return try EngineFixture(
            contacts: 20,
            url: "http://\(host):\(receiver.port)",
            in: folder,
            name: String(name)
        )
    }

    @Test("a name that is never found fails the fan-out with the name and why; nothing counts as sent")
    func neverFound() async throws {
        try await withNames(patience: .milliseconds(500)) { folder, receiver, names, engine in
            names.tell("nowhere.test", NameBook.unknown)
            let fixture = try fixture("nowhere.test", receiver, folder)
            let result = try await engine.run(fixture)
            let error = try #require(result.failure as? DeliveryError)
            #expect(error.code == .nameNotFound)
            #expect(error.message.contains("nowhere.test") && error.message.contains("Name or service not known"))
            #expect(result.states == [.scheduled: 20])
            #expect(result.progress.watermark == 0)
            #expect(receiver.acceptedConnections == 0)
        }
    }

    @Test("a name that is found late: all delivered, the failed look-ups are nobody's attempts", arguments: [1, 2])
    func foundLate(loops: Int) async throws {
        try await withNames(loops: loops) { folder, receiver, names, engine in
            names.tell("late.test", NameBook.unknown, NameBook.unknown, Self.loopback())
            let fixture = try fixture("late.test", receiver, folder)
            let result = try await engine.run(fixture)
            #expect(names.asked("late.test") >= 3)
            #expect(result.states == [.delivered: 20])
            #expect(result.deliveries.values.allSatisfy { $0.attempts == 1 && $0.uncounted == 0 })
            #expect(result.attempts.isEmpty)
            #expect(result.progress.laneSeconds == 0)
        }
    }

    @Test("a receiver that has moved to another address is found after a failed connection")
    func moves() async throws {
        try await withNames { folder, receiver, names, engine in
            names.tell("moves.test", Self.loopback(2), Self.loopback(1))
            let result = try await engine.run(fixture("moves.test", receiver, folder))
            #expect(result.states == [.delivered: 20])
            #expect(result.attempts.allSatisfy { $0.reason == .connect })
            #expect(!result.attempts.isEmpty)
        }
    }

    @Test("a look-up that hangs stops no other lane")
    func hangingResolver() async throws {
        try await withNames { folder, receiver, names, engine in
            names.tell("fine.test", Self.loopback())
            let hanging = try (0..<3).map { try engine.start(fixture("hangs\($0).test", receiver, folder).plan()) }
            try await eventually("look-ups") { (0..<2).allSatisfy { names.asked("hangs\($0).test") > 0 } }
            #expect(try await engine.run(fixture("fine.test", receiver, folder)).isComplete)
            #expect(try await engine.run(fixture("127.0.0.1", receiver, folder)).isComplete)
            #expect(receiver.received.requests == 40)
            #expect(hanging.allSatisfy { $0.running.snapshot.lane.pauses == .resolving })
            names.tell("hangs0.test", Self.loopback())
            #expect(try await hanging[0].end().progress.counts[.delivered] == 20)
            #expect(hanging[1].running.snapshot.attempts == 0)
        }
    }

    @Test("stop() while the name is unknown ends at once")
    func stopsWhileUnknown() async throws {
        try await withNames { folder, receiver, names, engine in
            let fixture = try fixture("hangs.test", receiver, folder)
            let run = try engine.start(fixture.plan())
            run.running.stop()
            let result = try FanOutResult(await run.end(), fixture)
            #expect(result.isInterrupted)
            #expect(result.states == [.scheduled: 20])
        }
    }

    @Test("late news of a lane that is gone does not reach the lane that has its place")
    func lateNews() async throws {
        try await withNames { folder, receiver, names, engine in
            let gone = try engine.start(fixture("gone.test", receiver, folder).plan())
            try await eventually("a look-up") { names.asked("gone.test") == 1 }

            // A third lane keeps the loop from turning until one has gone, news of it have come, and another has come.
            let gate = DispatchSemaphore(value: 0)
            let isHeld = NIOLockedValueBox(false)
            let holding = try fixture("127.0.0.1", receiver, folder)
            var plan = try holding.plan()
            plan.utcOffset = { _ in
                if isHeld.withLockedValue({ isHeld in
                    defer { isHeld = true }
                    return !isHeld
                }) {
                    gate.wait()
                }
                return 0
            }
            let holder = try engine.start(plan)
            try await eventually("a loop that stands still") { isHeld.withLockedValue { $0 } }
            // Nobody listens there: whoever takes it for its own is refused.
            names.tell("gone.test", Self.loopback(2))
            gone.running.stop()
            try await Task.sleep(for: .milliseconds(300))
            let successor = try fixture("next.test", receiver, folder)
            let next = try engine.start(successor.plan())
            try await Task.sleep(for: .milliseconds(300))
            gate.signal()

            #expect(try await gone.end().progress.counts[.scheduled] == 20)
            #expect(try await holder.end().progress.counts[.delivered] == 20)
            try await eventually("a look-up") { names.asked("next.test") == 1 }
            #expect(next.running.snapshot.lane.pauses == .resolving)
            #expect(next.running.snapshot.attempts == 0)
            names.tell("next.test", Self.loopback())
            let result = try FanOutResult(await next.end(), successor)
            #expect(result.states == [.delivered: 20])
            #expect(result.deliveries.values.allSatisfy { $0.attempts == 1 && $0.uncounted == 0 })
        }
    }
}

extension [UInt8] {
    fileprivate var withAddress: [IPAddress] { [IPAddress(bytes: self)].compactMap(\.self) }
}
