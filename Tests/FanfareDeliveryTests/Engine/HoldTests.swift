import FanfareReceiver
import FanfareTesting
import GRDB
import NIOConcurrencyHelpers
import Testing

@testable import FanfareDelivery

@Suite("Under hold nothing is sent again that may have been accepted")
struct HoldTests {
    private static func hold(_ maxInFlight: Int = 16) -> (inout DeliverySettings) -> Void {
        { settings in
            settings.whenUncertain = .hold
            settings.maxInFlight = maxInFlight
            settings.concurrency = .fixed
        }
    }

    @Test("a kept connection that closes unanswered: uncertain, and its request is not sent twice")
    func closedUnanswered() async throws {
        let behaviour: ScriptedReceiver.Behaviour = { request, _ in
            request.target == "/?n=5" ? Reply(.close) : .status(200)
        }
        try await withEngine(contacts: 10, behaviour, settings: Self.hold(1)) { fixture, engine, receiver in
            let result = try await engine.run(fixture)
            #expect(result.isComplete)
            #expect(result.states == [.delivered: 9, .uncertain: 1])
            let held = try #require(result.deliveries[5])
            #expect(held.state == .uncertain && held.reason == .sentNoAnswer && held.attempts == 1)
            #expect(result.attempts.map(\.ordinal) == [5])
            let entries = receiver.received.entries(of: fixture.id(5))
            #expect(entries.count == 1)
            #expect(entries.first?.positionInConnection == 5)
            #expect(receiver.received.requests == 10)
        }
    }

    @Test("without hold it is sent again")
    func closedUnansweredResend() async throws {
        let behaviour: ScriptedReceiver.Behaviour = { request, earlier in
            request.target == "/?n=5" && earlier == 0 ? Reply(.close) : .status(200)
        }
        let settings = { (settings: inout DeliverySettings) in settings.maxInFlight = 1 }
        try await withEngine(contacts: 10, behaviour, settings: settings) { fixture, engine, receiver in
            let result = try await engine.run(fixture)
            #expect(result.states == [.delivered: 10])
            #expect(receiver.received.entries(of: fixture.id(5)).count == 2)
            #expect(result.attempts.map(\.reason) == [.sentNoAnswer])
        }
    }

    @Test("a 500 is uncertain; 503, 429, 425 and 408 are sent again")
    func statuses() async throws {
        let statuses = [500, 503, 429, 425, 408, 502]
        let behaviour: ScriptedReceiver.Behaviour = { request, earlier in
            let number = Int(request.target.dropFirst("/?n=".count)) ?? 0
            return .status(earlier == 0 ? statuses[number - 1] : 200)
        }
        try await withEngine(contacts: 6, behaviour, settings: Self.hold()) { fixture, engine, receiver in
            let result = try await engine.run(fixture)
            #expect(result.isComplete)
            #expect(result.ordinals(in: .uncertain) == [1, 6])
            #expect(result.ordinals(in: .delivered) == [2, 3, 4, 5])
            #expect(result.deliveries[1]?.reason == .status)
            #expect(result.deliveries[1]?.status == 500)
            for number in 1...6 {
                let isHeld = number == 1 || number == 6
                #expect(receiver.received.entries(of: fixture.id(number)).count == (isHeld ? 1 : 2))
            }
        }
    }

    @Test("a status under retry_on is sent again")
    func retryOn() async throws {
        let behaviour = Behaviours.inTurn(.status(500), .status(200))
        let settings = { (settings: inout DeliverySettings) in
            Self.hold()(&settings)
            settings.retryOn = [500]
        }
        try await withEngine(contacts: 3, behaviour, settings: settings) { fixture, engine, receiver in
            let result = try await engine.run(fixture)
            #expect(result.states == [.delivered: 3])
            #expect(receiver.received.requests == 6)
        }
    }

    @Test("a retry stands in the ledger as in flight when it arrives, under hold alone", arguments: [true, false])
    func markedFirst(holds: Bool) async throws {
        let states = NIOLockedValueBox<[Int64]>([])
        let ledger = NIOLockedValueBox<Ledger?>(nil)
        let behaviour: ScriptedReceiver.Behaviour = { request, earlier in
            if earlier == 0 { return .status(408) }
            let number = Int64(request.target.dropFirst("/?n=".count)) ?? 0
            let state = try? ledger.withLockedValue { $0 }?.openForReading().read { db in
                try Int64.fetchOne(db, sql: "SELECT state FROM outcome WHERE ordinal = ?", arguments: [number])
            }
            states.withLockedValue { $0.append(state ?? -1) }
            return .status(200)
        }
        let settings = { (settings: inout DeliverySettings) in
            Self.hold(4)(&settings)
            settings.whenUncertain = holds ? .hold : .resend
        }
        try await withEngine(contacts: 12, behaviour, settings: settings) { fixture, engine, _ in
            ledger.withLockedValue { $0 = fixture.ledger }
            let result = try await engine.run(fixture)
            #expect(result.states == [.delivered: 12])
            let expected = holds ? DeliveryState.inFlight : .retryable
            #expect(states.withLockedValue { $0 } == Array(repeating: Int64(expected.rawValue), count: 12))
        }
    }

    @Test("never more retries are marked in flight than may be sent", arguments: [1, 2])
    func marksNoMoreThanMayBeSent(limit: Int) async throws {
        let behaviour: ScriptedReceiver.Behaviour = { _, earlier in
            earlier == 0 ? .status(408) : .status(200, after: .milliseconds(10))
        }
        let settings = { (settings: inout DeliverySettings) in
            Self.hold(limit)(&settings)
            settings.retries = [.seconds(1)]
        }
        try await withEngine(contacts: 40, behaviour, settings: settings) { fixture, engine, receiver in
            let run = try engine.start(fixture.plan())
            try await eventually("first attempts in the ledger") {
                try fixture.ledger.progress().counts[.retryable] == 40
            }
            // The writer waits for this lock meanwhile, and the loop goes on turning.
            try await fixture.ledger.whileLocked { try await Task.sleep(for: .milliseconds(700)) }
            var most: Int64 = 0
            try await eventually("the end", within: .seconds(20)) {
                let counts = try fixture.ledger.progress().counts
                most = max(most, counts[.inFlight])
                return counts[.delivered] == 40
            }
            #expect(1...Int64(limit) ~= most)
            let result = try FanOutResult(await run.end(), fixture)
            #expect(result.states == [.delivered: 40])
            #expect(receiver.received.requests == 80)
        }
    }
}
