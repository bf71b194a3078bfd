import FanfareReceiver
import FanfareTesting
import GRDB
import Testing

@testable import FanfareDelivery

@Suite("A running fan-out follows its operator")
struct LiveControlTests {
    private static func slow(_ milliseconds: Int) -> ScriptedReceiver.Behaviour {
        Behaviours.always(.status(200, after: .milliseconds(milliseconds)))
    }

    @Test("after a pause nothing new is sent, what was in flight is counted, and the rest follows", arguments: [1, 2])
    func pauses(loops: Int) async throws {
        try await withScriptedReceiver(Self.slow(20)) { receiver in
            try await withTemporaryFolder { folder in
                let fixture = try EngineFixture(contacts: 600, url: receiver.url(""), in: folder) { settings in
                    settings.maxInFlight = 16
                    settings.concurrency = .fixed
                }
                try await withEngine(loops: loops) { engine in
                    let run = try engine.start(fixture.plan())
                    for _ in 0..<3 {
                        try await receiver.received.waitForRequests(receiver.received.requests + 40)
                        #expect(run.running.pause())
                        try await run.wait(for: "the end of what is in flight") { $0.lane.inFlight == 0 }
                        let sent = receiver.received.requests
                        #expect(run.running.snapshot.lane.state == .paused)
                        try await Task.sleep(for: .milliseconds(200))
                        #expect(receiver.received.requests == sent)
                        // What is on disk says so too: nothing is in doubt, should the process die now.
                        try await eventually("a watermark that is no further than what was sent", within: .seconds(10))
                        {
                            let progress = try fixture.ledger.progress()
                            return progress.watermark == sent && progress.counts[.delivered] == sent
                        }
                        #expect(run.running.resume())
                    }
                    let result = try FanOutResult(try await run.end(), fixture)
                    #expect(result.isComplete)
                    #expect(result.states == [.delivered: 600])
                    #expect(receiver.received.repeats == 0)
                }
            }
        }
    }

    @Test("no deadline passes while it is paused")
    func laneTimeStandsStill() async throws {
        let behaviour = Behaviours.inTurn(.status(500), .status(200))
        let settings = { (settings: inout DeliverySettings) in
            settings.retries = [.seconds(1)]
            settings.deadline = .seconds(3)
        }
        try await withEngine(contacts: 1, behaviour, settings: settings) { fixture, engine, receiver in
            let run = try engine.start(fixture.plan())
            try await receiver.received.waitForRequests(1)
            run.running.pause()
            try await Task.sleep(for: .seconds(4))
            #expect(receiver.received.requests == 1)
            run.running.resume()
            let result = try FanOutResult(try await run.end(), fixture)
            #expect(result.states == [.delivered: 1])
        }
    }

    @Test("what starts paused sends nothing until it is resumed")
    func startsPaused() async throws {
        try await withEngine(contacts: 20, Self.slow(0)) { fixture, engine, receiver in
            var plan = try fixture.plan()
            plan.startsPausedBy = .byOperator
            let run = try engine.start(plan)
            try await Task.sleep(for: .milliseconds(300))
            #expect(receiver.received.requests == 0)
            #expect(run.running.pause())
            #expect(run.running.resume())
            #expect(!run.running.resume())
            #expect(try await FanOutResult(run.end(), fixture).states == [.delivered: 20])
        }
    }

    @Test("what starts paused does not end before it is resumed, though nothing is left to send")
    func heldWithNothingLeft() async throws {
        try await withEngine(contacts: 5, Self.slow(0)) { fixture, engine, receiver in
            #expect(try await engine.run(fixture).isComplete)
            var plan = try fixture.plan()
            plan.startsPausedBy = [.byOperator, .everythingStopped]
            let run = try engine.start(plan)
            run.running.resume(by: .everythingStopped)
            try await Task.sleep(for: .milliseconds(600))
            let hasEnded = run.running.ending.map { _ in true } ?? false
            #expect(!hasEnded)
            run.running.resume()
            #expect(try FanOutResult(await run.end(), fixture).isComplete)
            #expect(receiver.received.requests == 5)
        }
    }

    @Test("a cancelled one counts what was in flight and cancels the rest for good")
    func cancels() async throws {
        let settings = { (settings: inout DeliverySettings) in
            settings.maxInFlight = 8
            settings.concurrency = .fixed
        }
        try await withEngine(contacts: 200, Self.slow(300), settings: settings) { fixture, engine, receiver in
            let run = try engine.start(fixture.plan())
            try await receiver.received.waitForRequests(8)
            run.running.cancel()
            let result = try FanOutResult(try await run.end(), fixture)
            #expect(result.stop == .cancelled)
            #expect(result.states[.delivered] == receiver.received.requests)
            #expect(result.states[.cancelled] == 200 - receiver.received.requests)
            #expect(result.deliveries.values.allSatisfy { $0.state == .delivered || $0.reason == .cancelled })
            #expect(result.progress.isComplete)
        }
    }

    @Test("an order to cancel holds also when it comes while an interruption is waited for")
    func cancelsWhileStopping() async throws {
        try await withEngine(contacts: 100, Self.slow(500)) { fixture, engine, receiver in
            let run = try engine.start(fixture.plan())
            try await receiver.received.waitForRequests(1)
            run.running.stop()
            try await run.wait(for: "the drain") { $0.lane.pauses.contains(.stopping) }
            run.running.cancel()
            let result = try FanOutResult(try await run.end(), fixture)
            #expect(result.stop == .cancelled)
            #expect(result.progress.isComplete)
        }
    }

    @Test("what starts cancelled sends nothing at all")
    func startsCancelled() async throws {
        try await withEngine(contacts: 30, Self.slow(0)) { fixture, engine, receiver in
            var plan = try fixture.plan()
            plan.isCancelled = true
            let result = try FanOutResult(try await engine.start(plan).end(), fixture)
            #expect(result.states == [.cancelled: 30])
            #expect(receiver.received.requests == 0)
        }
    }

    @Test("rate and number in flight change at once")
    func changesRate() async throws {
        let settings = { (settings: inout DeliverySettings) in
            settings.ratePerSecond = 5
            settings.maxInFlight = 4
            settings.concurrency = .fixed
        }
        try await withEngine(contacts: 300, Self.slow(20), settings: settings) { fixture, engine, receiver in
            let run = try engine.start(fixture.plan())
            try await Task.sleep(for: .seconds(1))
            #expect(receiver.received.requests <= 8)
            let now = try run.running.change(SettingsChange(rate: .unlimited, maxInFlight: 40))
            #expect(now.ratePerSecond == nil && now.maxInFlight == 40 && run.running.settings == now)
            // At five a second it would take a minute.
            let result = try FanOutResult(try await run.end(within: .seconds(20)), fixture)
            #expect(result.states == [.delivered: 300])
            #expect(5...40 ~= receiver.peakOpenRequests)
        }
    }

    @Test("a lower rate takes back what was asked for ahead of it")
    func lowersLead() async throws {
        let settings = { (settings: inout DeliverySettings) in
            settings.maxInFlight = 4
            settings.concurrency = .fixed
        }
        try await withEngine(contacts: 3000, Self.slow(5), settings: settings) { fixture, engine, receiver in
            let run = try engine.start(fixture.plan())
            try await receiver.received.waitForRequests(20)
            #expect(try fixture.ledger.progress().watermark == 3000)
            try run.running.change(SettingsChange(rate: .perSecond(1)))
            try await eventually("a watermark near what was sent", within: .seconds(10)) {
                try fixture.ledger.progress().watermark <= receiver.received.requests + 16
            }
            run.running.cancel()
            _ = try await run.end()
        }
    }

    @Test("a shorter deadline ends deliveries that have begun")
    func changesDeadline() async throws {
        let settings = { (settings: inout DeliverySettings) in settings.retries = [.seconds(1), .seconds(1)] }
        try await withEngine(contacts: 1, Behaviours.always(.status(500)), settings: settings) {
            fixture,
            engine,
            receiver in
            let run = try engine.start(fixture.plan())
            try await receiver.received.waitForRequests(1)
            try run.running.change(SettingsChange(deadline: .seconds(2)))
            let result = try FanOutResult(try await run.end(), fixture)
            #expect(result.deliveries[1]?.reason == .deadline)
            // Before its attempts are used up, which are three.
            #expect(receiver.received.requests < 3)
        }
    }

    @Test("a change that is not accepted changes nothing")
    func refusesChange() async throws {
        try await withEngine(contacts: 20, Self.slow(50)) { fixture, engine, _ in
            let run = try engine.start(fixture.plan())
            let before = run.running.settings
            #expect(throws: InvalidDeliverySettings.self) {
                try run.running.change(SettingsChange(rate: .perSecond(0), maxInFlight: 40))
            }
            #expect(run.running.settings == before)
        }
    }

    @Test("what died under way and was not sent again is uncertain once the rest is cancelled")
    func cancelsAfterDeath() throws {
        let test = try TestLedger(recipients: 10)
        try test.ledger.openForWriting().write { try $0.execute(sql: "UPDATE progress SET watermark = 4") }
        #expect(try test.ledger.recover(.resend) == 4)
        #expect(try test.ledger.cancelRest(.cancelled) == 6)
        let counts = try test.ledger.progress().counts
        #expect(counts[.uncertain] == 4 && counts[.cancelled] == 6 && counts.final == 10)
    }
}
