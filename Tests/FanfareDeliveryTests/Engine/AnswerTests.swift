import FanfarePayload
import FanfareReceiver
import FanfareTesting
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Testing

@testable import FanfareDelivery

@Suite("What the receiver answers decides what the ledger says")
struct AnswerTests {
    @Test("all delivered: each contact once, signed, and the counts add up")
    func allDelivered() async throws {
        let verifier = try WebhookVerifier(secrets: [Secret(EngineFixture.secret)])
        let verdicts = NIOLockedValueBox<[SignatureVerdict]>([])
        let behaviour: ScriptedReceiver.Behaviour = { request, _ in
            let verdict = request.body.withUnsafeReadableBytes { body in
                verifier.verify(
                    id: request.headers.first(name: "webhook-id") ?? "",
                    timestamp: request.headers.first(name: "webhook-timestamp") ?? "",
                    signature: request.headers.first(name: "webhook-signature") ?? "",
                    body: body,
                    now: Clocks.unixTime()
                )
            }
            verdicts.withLockedValue { $0.append(verdict) }
            return .status(200)
        }
        try await withEngine(contacts: 300, behaviour, keepsBodies: true) { fixture, engine, receiver in
            let result = try await engine.run(fixture)
            #expect(result.isComplete)
            #expect(result.states == [.delivered: 300])
            #expect(receiver.received.ids == fixture.allIDs)
            #expect(receiver.received.repeats == 0)
            #expect(verdicts.withLockedValue { $0.count { $0 == .valid } } == 300)
            for (ordinal, delivery) in result.deliveries {
                #expect(delivery.attempts == 1 && delivery.uncounted == 0 && delivery.status == 200)
                #expect(delivery.reason == nil && delivery.digest != 0 && delivery.firstAt >= 0)
                let entry = try #require(receiver.received.entries(of: fixture.id(Int(ordinal))).first)
                #expect(entry.target == "/?n=\(ordinal)")
                #expect(entry.body == Array(#"{"to":"\#(ordinal)@example.com"}"#.utf8))
            }
            #expect(result.attempts.isEmpty)
            #expect(result.progress.watermark == 300 && result.progress.claimed == 300)
            #expect(result.end?.snapshot.attempts == 300)
        }
    }

    @Test("a 503 slows the lane and is not counted as an attempt")
    func unavailable() async throws {
        let behaviour = Behaviours.inTurn(.status(503), .status(200))
        try await withEngine(contacts: 8, behaviour) { fixture, engine, receiver in
            let result = try await engine.run(fixture)
            #expect(result.isComplete)
            #expect(result.states == [.delivered: 8])
            #expect(result.deliveries.values.allSatisfy { $0.attempts == 1 && $0.uncounted == 1 })
            #expect(result.attempts.isEmpty)
            #expect(receiver.received.ids == fixture.allIDs)
            #expect(receiver.received.requests == 16)
            let limit = try #require(result.end?.snapshot.lane.concurrencyLimit)
            #expect(limit < 16)
        }
    }

    @Test("failed attempts are counted, each with a row that has the start of the answer")
    func countedFailures() async throws {
        let behaviour: ScriptedReceiver.Behaviour = { _, earlier in
            let body = "try \(earlier)" + String(repeating: ".", count: 2000)
            return earlier == 2 ? .status(200) : Reply(.answer(status: 500, headers: [:], body: body))
        }
        try await withEngine(contacts: 3, behaviour) { fixture, engine, receiver in
            let result = try await engine.run(fixture)
            #expect(result.states == [.delivered: 3])
            #expect(result.deliveries.values.allSatisfy { $0.attempts == 3 && $0.uncounted == 0 && $0.status == 200 })
            #expect(result.attempts.map(\.ordinal) == [1, 1, 2, 2, 3, 3])
            #expect(result.attempts.map(\.number) == [1, 2, 1, 2, 1, 2])
            for attempt in result.attempts {
                #expect(attempt.status == 500 && attempt.reason == .status && attempt.curlCode == 0)
                #expect(attempt.excerpt.hasPrefix("try \(attempt.number - 1)."))
                #expect(attempt.excerpt.utf8.count == 1024)
                #expect(attempt.digest == result.deliveries[attempt.ordinal]?.digest)
            }
            #expect(receiver.received.requests == 9)
        }
    }

    @Test("what fails for ever is dead when its attempts are used up, after waits in between")
    func attemptsUsedUp() async throws {
        let settings = { (settings: inout DeliverySettings) in settings.retries = [.seconds(1)] }
        try await withEngine(contacts: 2, Behaviours.always(.status(500)), settings: settings) {
            fixture,
            engine,
            receiver in
            let result = try await engine.run(fixture)
            #expect(result.isComplete)
            #expect(result.states == [.dead: 2])
            #expect(result.deliveries.values.allSatisfy { $0.attempts == 2 && $0.status == 500 })
            #expect(result.deliveries.values.allSatisfy { $0.reason == .attemptsUsedUp })
            #expect(result.attempts.map(\.number) == [1, 2, 1, 2])
            for entries in receiver.received.entriesByID.values {
                #expect(entries.count == 2)
                for (earlier, later) in zip(entries, entries.dropFirst()) {
                    #expect(later.arrival - earlier.arrival > .milliseconds(750))
                }
            }
        }
    }

    @Test("a 429 waits as long as Retry-After says, in seconds or as a date, and is not counted")
    func retryAfter() async throws {
        let behaviour: ScriptedReceiver.Behaviour = { request, earlier in
            if earlier > 0 { return .status(200) }
            // A date has whole seconds, so it means between three and four of them.
            let isDate = request.target == "/?n=2"
            return .status(429, headers: ["Retry-After": isDate ? httpDate(secondsFromNow: 4) : "3"])
        }
        try await withEngine(contacts: 2, behaviour) { fixture, engine, receiver in
            let result = try await engine.run(fixture)
            #expect(result.states == [.delivered: 2])
            #expect(result.deliveries.values.allSatisfy { $0.attempts == 1 && $0.uncounted == 1 })
            #expect(result.attempts.isEmpty)
            for entries in receiver.received.entriesByID.values {
                try #require(entries.count == 2)
                // Without it at most two seconds.
                #expect(entries[1].arrival - entries[0].arrival > .milliseconds(2900))
            }
        }
    }

    @Test("a 410 ends that contact alone")
    func gone() async throws {
        let behaviour: ScriptedReceiver.Behaviour = { request, _ in .status(request.target == "/?n=7" ? 410 : 200) }
        try await withEngine(contacts: 30, behaviour) { fixture, engine, receiver in
            let result = try await engine.run(fixture)
            #expect(result.isComplete)
            #expect(result.states == [.delivered: 29, .dead: 1])
            let dead = try #require(result.deliveries[7])
            #expect(dead.state == .dead && dead.attempts == 1 && dead.status == 410 && dead.reason == .status)
            #expect(receiver.received.requests == 30)
        }
    }

    @Test("a 3xx is never followed nor tried again; the ledger has its Location")
    func moved() async throws {
        let target = NIOLockedValueBox("")
        let behaviour: ScriptedReceiver.Behaviour = { request, _ in
            request.target == "/?n=2"
                ? .status(307, headers: ["Location": target.withLockedValue { $0 }]) : .status(200)
        }
        try await withEngine(contacts: 3, behaviour) { fixture, engine, receiver in
            target.withLockedValue { $0 = receiver.url("/elsewhere") }
            let result = try await engine.run(fixture)
            #expect(result.states == [.delivered: 2, .dead: 1])
            #expect(result.deliveries[2]?.state == .dead)
            #expect(result.deliveries[2]?.status == 307)
            #expect(receiver.received.requests == 3)
            #expect(receiver.received.entriesByID.values.joined().allSatisfy { $0.target.hasPrefix("/?n=") })
            #expect(result.attempts.map(\.location) == [receiver.url("/elsewhere")])
        }
    }
}

@Suite("How an exchange breaks decides what the ledger says")
struct BrokenExchangeTests {
    @Test("a 2xx answer that is reset in its body, or too long: delivered, with a warning", arguments: [false, true])
    func cutShort(isTooLong: Bool) async throws {
        let tooLong = Reply(.answer(status: 200, headers: [:], body: String(repeating: ".", count: 1 << 17)))
        let reply = isTooLong ? tooLong : Reply(.resetInBody(status: 200, sent: 10, declared: 1000))
        try await withEngine(contacts: 3, Behaviours.always(reply)) { fixture, engine, receiver in
            let result = try await engine.run(fixture)
            #expect(result.states == [.delivered: 3])
            #expect(result.deliveries.values.allSatisfy { $0.attempts == 1 && $0.status == 200 })
            #expect(result.deliveries.values.allSatisfy { $0.reason == .answerCutShort })
            #expect(result.attempts.isEmpty)
            #expect(receiver.received.requests == 3)
        }
    }

    @Test("a connection reset before the answer: a counted attempt, sent again")
    func resetBeforeHeaders() async throws {
        let behaviour = Behaviours.inTurn(Reply(.reset), .status(200))
        try await withEngine(contacts: 3, behaviour) { fixture, engine, receiver in
            let result = try await engine.run(fixture)
            #expect(result.states == [.delivered: 3])
            #expect(result.deliveries.values.allSatisfy { $0.attempts == 2 })
            #expect(result.attempts.count == 3)
            #expect(result.attempts.allSatisfy { $0.reason == .lost && $0.status == 0 && $0.curlCode == 56 })
            #expect(receiver.received.requests == 6)
        }
    }

    @Test("an answer that never comes: a counted attempt of the time-out's length, sent again")
    func neverAnswers() async throws {
        let behaviour = Behaviours.inTurn(Reply(.silence), .status(200))
        let settings = { (settings: inout DeliverySettings) in settings.timeout = .milliseconds(400) }
        try await withEngine(contacts: 3, behaviour, settings: settings) { fixture, engine, receiver in
            let result = try await engine.run(fixture)
            #expect(result.states == [.delivered: 3])
            #expect(result.deliveries.values.allSatisfy { $0.attempts == 2 })
            #expect(result.attempts.count == 3)
            for attempt in result.attempts {
                #expect(attempt.reason == .timeout && attempt.status == 0 && attempt.curlCode == 28)
                #expect(attempt.total >= 390_000)
            }
        }
    }

    @Test("a port that refuses and comes back: the breaker opens, nobody is dead, failures meanwhile do not count")
    func refusesAndReturns() async throws {
        try await withEngine(contacts: 60) { fixture, engine, receiver in
            await receiver.refuse()
            let run = try engine.start(fixture.plan())
            try await run.wait(for: "an open breaker") { $0.lane.breaker != .closed && $0.lane.inFlight == 0 }
            // Should the process die now, nothing that was not sent would count as sent.
            try await eventually("a lowered watermark") {
                let progress = try fixture.ledger.progress()
                return progress.watermark == progress.claimed && progress.claimed < 60
            }
            let before = run.running.snapshot.attempts
            try await run.wait(for: "a failed probe") { $0.attempts > before }
            try await receiver.listenAgain()
            let result = try FanOutResult(await run.end(), fixture)
            #expect(result.isComplete)
            #expect(result.states == [.delivered: 60])
            #expect(result.deliveries.values.allSatisfy { $0.attempts <= 2 })
            #expect(result.deliveries.values.contains { $0.uncounted > 0 })
            #expect(result.attempts.allSatisfy { $0.reason == .connect && $0.number == 1 })
            #expect(result.attempts.count == result.deliveries.values.count { $0.attempts == 2 })
            #expect(receiver.received.requests == 60)
            #expect(receiver.received.ids == fixture.allIDs)
        }
    }

    @Test("an address that policy refuses: dead with that reason, never tried again")
    func blockedByPolicy() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver { receiver in
                let fixture = try EngineFixture(contacts: 5, url: receiver.url(""), in: folder)
                try await withEngine(EngineUnderTest(allowed: [])) { engine in
                    let result = try await engine.run(fixture)
                    #expect(result.isComplete)
                    #expect(result.states == [.dead: 5])
                    #expect(result.deliveries.values.allSatisfy { $0.reason == .policy && $0.attempts == 1 })
                    #expect(result.attempts.map(\.reason) == Array(repeating: .policy, count: 5))
                    #expect(receiver.acceptedConnections == 0)
                }
            }
        }
    }
}
