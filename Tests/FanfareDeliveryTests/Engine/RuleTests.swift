import FanfareReceiver
import FanfareTesting
import Testing

@testable import FanfareDelivery

@Suite("Rules end a fan-out, or one delivery, before everything was sent")
struct RuleTests {
    @Test("a 401 to all stops the run after the first 20 with the reason; nothing more is sent")
    func firstAnswers() async throws {
        let settings = { (settings: inout DeliverySettings) in
            settings.maxInFlight = 4
            settings.concurrency = .fixed
        }
        try await withEngine(contacts: 200, Behaviours.always(.status(401)), settings: settings) {
            fixture,
            engine,
            receiver in
            let result = try await engine.run(fixture)
            let stop = try #require(result.stop)
            #expect(stop == .firstAnswers(count: 20, reason: .status, status: 401))
            #expect(stop.text.contains("first 20 answers") && stop.text.contains("status 401"))
            // What was in flight when the twentieth came had been sent already.
            #expect(20...23 ~= receiver.received.requests)
            #expect(result.states[.dead] == receiver.received.requests)
            #expect(result.states[.scheduled] == 200 - receiver.received.requests)
            #expect(result.progress.watermark == Int64(receiver.received.requests))
            #expect(try fixture.ledger.recover(.hold) == 0)

            receiver.behave { _, _ in .status(200) }
            let rest = try await engine.run(fixture)
            #expect(rest.isComplete)
            #expect(rest.ordinals(in: .dead) == result.ordinals(in: .dead))
            #expect(receiver.received.repeats == 0)
        }
    }

    @Test("a receiver that has moved is named in the reason of the stop")
    func moved() async throws {
        let reply = Reply.status(301, headers: ["Location": "https://new.example.com/hooks"])
        try await withEngine(contacts: 100, Behaviours.always(reply)) { fixture, engine, _ in
            let stop = try #require(try await engine.run(fixture).stop)
            #expect(stop.text.contains("the receiver has moved to https://new.example.com/hooks"))
        }
    }

    @Test("the rest follows a canary that went well, and not before")
    func canaryPasses() async throws {
        let behaviour = Behaviours.phases([(10, .status(200, after: .milliseconds(200))), (0, .status(200))])
        let settings = { (settings: inout DeliverySettings) in settings.canary = .init(contacts: 10, proceedAt: 1) }
        try await withEngine(contacts: 50, behaviour, settings: settings) { fixture, engine, receiver in
            let result = try await engine.run(fixture)
            #expect(result.isComplete)
            #expect(result.states == [.delivered: 50])
            #expect(receiver.received.repeats == 0)
            let arrivals = receiver.received.arrivals
            try #require(arrivals.count == 50)
            #expect(arrivals[10] - arrivals[9] >= .milliseconds(190))
        }
    }

    @Test("a canary below its share stops the run; the rest stays to be sent")
    func canaryStops() async throws {
        let behaviour: ScriptedReceiver.Behaviour = { request, _ in
            .status(["/?n=1", "/?n=2", "/?n=3"].contains(request.target) ? 404 : 200)
        }
        let settings = { (settings: inout DeliverySettings) in settings.canary = .init(contacts: 10, proceedAt: 0.8) }
        try await withEngine(contacts: 50, behaviour, settings: settings) { fixture, engine, receiver in
            let result = try await engine.run(fixture)
            guard case .canary(let delivered, 3, 8, 10)? = result.stop else {
                return #expect(Bool(false), "\(String(describing: result.end?.cause))")
            }
            #expect(delivered <= 7)
            #expect(receiver.received.requests <= 10)
            #expect(result.states[.dead] == 3)
            #expect(result.states[.scheduled] == 50 - receiver.received.requests)
            #expect(result.progress.watermark == result.progress.claimed)
            #expect(try fixture.ledger.recover(.hold) == 0)

            // Whoever goes on has mended the cause: the next ten are a canary of their own.
            receiver.behave(Behaviours.phases([(10, .status(200, after: .milliseconds(200))), (0, .status(200))]))
            let before = receiver.received.requests
            let rest = try await engine.run(fixture, startsCanaryAfresh: true)
            #expect(rest.isComplete)
            #expect(rest.states == [.delivered: 47, .dead: 3])
            #expect(receiver.received.repeats == 0)
            let arrivals = receiver.received.arrivals
            try #require(arrivals.count == 50)
            #expect(arrivals[before + 10] - arrivals[before + 9] >= .milliseconds(190))
        }
    }

    @Test("stop_after cancels the rest and lists it")
    func stopAfter() async throws {
        let behaviour: ScriptedReceiver.Behaviour = { request, _ in .status(request.target == "/?n=1" ? 500 : 200) }
        let settings = { (settings: inout DeliverySettings) in
            settings.stopAfter = .seconds(1)
            settings.ratePerSecond = 20
            settings.retries = [.seconds(30)]
        }
        try await withEngine(contacts: 100, behaviour, settings: settings) { fixture, engine, receiver in
            let result = try await engine.run(fixture)
            #expect(result.stop == .stopAfter)
            #expect(result.progress.isComplete)
            let sent = receiver.received.requests
            #expect(5...21 ~= sent)
            #expect(result.states == [.delivered: sent - 1, .cancelled: 101 - sent])
            let cancelled = result.deliveries.values.filter { $0.state == .cancelled }
            #expect(cancelled.allSatisfy { $0.reason == .stopAfter })
            #expect(result.deliveries[1]?.state == .cancelled)
            #expect(result.deliveries[1]?.attempts == 1)
        }
    }

    @Test("a delivery past its deadline is dead, with attempts left")
    func deadline() async throws {
        let settings = { (settings: inout DeliverySettings) in
            settings.deadline = .seconds(3)
            settings.timeout = .seconds(1)
            settings.retries = [.seconds(1), .seconds(1), .seconds(1)]
        }
        try await withEngine(contacts: 2, Behaviours.always(.status(500)), settings: settings) {
            fixture,
            engine,
            receiver in
            let result = try await engine.run(fixture)
            #expect(result.isComplete)
            #expect(result.states == [.dead: 2])
            for delivery in result.deliveries.values {
                #expect(delivery.reason == .deadline && delivery.status == 500)
                #expect(2...3 ~= delivery.attempts)
            }
            #expect(receiver.received.requests == result.attempts.count)
        }
    }

    @Test(
        "a lane begins with 16 in flight, or with the maximum",
        arguments: [(DeliverySettings.Concurrency.adaptive, 16), (.fixed, 40)]
    )
    func begins(concurrency: DeliverySettings.Concurrency, with most: Int) async throws {
        let settings = { (settings: inout DeliverySettings) in
            settings.maxInFlight = 40
            settings.concurrency = concurrency
            settings.timeout = .seconds(1)
        }
        try await withEngine(contacts: 60, Behaviours.always(Reply(.silence)), settings: settings) {
            fixture,
            engine,
            receiver in
            let run = try engine.start(fixture.plan())
            try await receiver.received.waitForRequests(most)
            run.running.stop()
            _ = try await run.end()
            #expect(receiver.received.requests == most)
            #expect(receiver.peakOpenRequests == most)
        }
    }

    @Test("the rate is kept")
    func rate() async throws {
        let settings = { (settings: inout DeliverySettings) in settings.ratePerSecond = 40 }
        try await withEngine(contacts: 41, settings: settings) { fixture, engine, receiver in
            let result = try await engine.run(fixture)
            #expect(result.states == [.delivered: 41])
            let arrivals = receiver.received.arrivals
            let span = try #require(arrivals.last) - #require(arrivals.first)
            #expect(span > .milliseconds(800))
        }
    }
}
