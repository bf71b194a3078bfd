import FanfareTesting
import FanfareTransport
import NIOConcurrencyHelpers
import Testing

@testable import FanfareDelivery

/// An engine that may send to loopback, and the fan-outs that a test has started on it.
final class EngineUnderTest: Sendable {
    private let engine: DeliveryEngine
    private let started = NIOLockedValueBox<[Run]>([])

    /// - Parameters:
    ///   - allowed: What may be connected to beside public addresses.
    ///   - names: Nil: the system's.
    ///   - namePatience: How long a name may stay unknown.
    init(
        loops: Int = 1,
        allowed: [String] = ["127.0.0.0/8"],
        names: NameResolver? = nil,
        namePatience: Duration = .seconds(60)
    ) throws {
        let policy = EgressPolicy(allowed: try allowed.map { try EgressPolicy.Network($0) })
        engine = try DeliveryEngine(
            .init(loops: loops, egress: policy, namePatience: namePatience),
            names: names ?? NameResolver()
        )
    }

    /// A fan-out under way, whose end any number of callers may wait for, and not for ever.
    final class Run: Sendable {
        let running: RunningFanOut
        private let ended = NIOLockedValueBox<FanOutEnd?>(nil)

        init(_ running: RunningFanOut) {
            self.running = running
            Task { [ended] in
                let end = await running.end()
                ended.withLockedValue { $0 = end }
            }
        }

        func end(within limit: Duration = .seconds(20)) async throws -> FanOutEnd {
            try await eventually("the end of a fan-out", within: limit) { ended.withLockedValue { $0 != nil } }
            return try #require(ended.withLockedValue { $0 })
        }

        /// Waits until what is shown of it is so.
        func wait(
            for what: String,
            within limit: Duration = .seconds(20),
            _ condition: (FanOutSnapshot) -> Bool
        ) async throws {
            try await eventually(what, within: limit) { condition(running.snapshot) }
        }
    }

    func start(_ plan: FanOutPlan) throws -> Run {
        let run = Run(try engine.start(plan))
        started.withLockedValue { $0.append(run) }
        return run
    }

    /// Runs a fixture's fan-out to its end.
    func run(
        _ fixture: EngineFixture,
        startsCanaryAfresh: Bool = false,
        within limit: Duration = .seconds(20)
    ) async throws -> FanOutResult {
        var plan = try fixture.plan()
        plan.startsCanaryAfresh = startsCanaryAfresh
        let end = try await start(plan).end(within: limit)
        return try FanOutResult(end, fixture)
    }

    /// Stops what is still running and ends the loops; one that does not stop keeps its threads, and fails the test.
    func close() async {
        for run in started.withLockedValue({ $0 }) {
            run.running.stop()
            do { _ = try await run.end() } catch {
                Issue.record("a fan-out did not stop: \(error)")
                return
            }
        }
        engine.close()
    }
}

/// Runs a test with an engine and closes that whatever happens.
func withEngine(
    _ engine: @autoclosure () throws -> EngineUnderTest,
    _ body: (EngineUnderTest) async throws -> Void
) async throws {
    let engine = try engine()
    do { try await body(engine) } catch {
        await engine.close()
        throw error
    }
    await engine.close()
}

/// The same with as many loops.
func withEngine(loops: Int, _ body: (EngineUnderTest) async throws -> Void) async throws {
    try await withEngine(EngineUnderTest(loops: loops), body)
}
