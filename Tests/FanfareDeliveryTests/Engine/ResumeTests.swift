import FanfareAudience
import FanfareReceiver
import FanfareStore
import FanfareTesting
import GRDB
import Testing

@testable import FanfareDelivery

@Suite("A fan-out goes on where the last process left it")
struct ResumeTests {
    @Test("stop() in the middle under hold: nothing is uncertain, the rest is delivered later", arguments: [1, 2])
    func stopsInGoodOrder(loops: Int) async throws {
        let behaviour: ScriptedReceiver.Behaviour = { request, earlier in
            request.target.hasSuffix("3") && earlier == 0 ? .status(408) : .status(200, after: .milliseconds(20))
        }
        let settings = { (settings: inout DeliverySettings) in
            settings.whenUncertain = .hold
            // Retries that are due at once could all have been made by the time of the stop.
            settings.retries = [.seconds(1), .zero]
        }
        try await withEngine(contacts: 400, behaviour, loops: loops, settings: settings) { fixture, engine, receiver in
            let run = try engine.start(fixture.plan())
            try await receiver.received.waitForRequests(100)
            run.running.stop()
            let half = try FanOutResult(await run.end(), fixture)
            #expect(half.isInterrupted)
            #expect(half.progress.watermark == half.progress.claimed)
            #expect(half.progress.claimed == Int64(receiver.received.distinctIDs))
            #expect(half.states[.uncertain] == nil && half.states[.inFlight] == nil)
            #expect((half.states[.scheduled] ?? 0) > 0)
            #expect(half.states[.retryable] ?? 0 > 0)
            #expect(try fixture.ledger.recover(.hold) == 0)

            let result = try await engine.run(fixture)
            #expect(result.isComplete)
            #expect(result.states == [.delivered: 400])
            #expect(receiver.received.ids == fixture.allIDs)
            #expect(receiver.received.repeats == 40)
        }
    }

    @Test("stop() while retries are being marked under hold leaves none of them in flight")
    func stopsWhileMarking() async throws {
        let behaviour: ScriptedReceiver.Behaviour = { _, earlier in
            earlier == 0 ? .status(408) : .status(200, after: .milliseconds(5))
        }
        let settings = { (settings: inout DeliverySettings) in
            settings.whenUncertain = .hold
            settings.maxInFlight = 4
        }
        try await withEngine(contacts: 100, behaviour, settings: settings) { fixture, engine, receiver in
            var stops = 0
            while try !fixture.ledger.progress().isComplete, stops < 20 {
                let seen = receiver.received.requests
                let run = try engine.start(fixture.plan())
                try await eventually("requests") { receiver.received.requests >= min(200, seen + 15) }
                run.running.stop()
                let result = try FanOutResult(await run.end(), fixture)
                #expect(result.states[.inFlight] == nil && result.states[.uncertain] == nil)
                #expect(try fixture.ledger.recover(.hold) == 0)
                stops += 1
            }
            #expect(stops > 5)
            #expect(receiver.received.requests == 200)
            #expect(try FanOutResult(of: fixture.ledger).states == [.delivered: 100])
        }
    }

    /// Starts a run, keeps a copy of its ledger as a `kill -9` would leave it when 20 of 50 have been answered and
    /// committed and more are in flight, and stops it.
    private func killed(
        _ fixture: EngineFixture,
        _ engine: EngineUnderTest,
        _ receiver: ScriptedReceiver
    ) async throws -> Ledger {
        receiver.behave { request, _ in
            (Int(request.target.dropFirst("/?n=".count)) ?? 0) <= 20 ? .status(200) : Reply(.silence)
        }
        let run = try engine.start(fixture.plan())
        try await eventually("20 delivered") { try fixture.ledger.progress().counts[.delivered] == 20 }
        try await receiver.received.waitForRequests(25)
        let copy = try fixture.copyOfLedger()
        run.running.stop()
        _ = try await run.end()
        receiver.behave { _, _ in .status(200) }
        return copy
    }

    @Test("killed, resend: what was open is sent again with its ids, what had its outcome is not")
    func killedResend() async throws {
        let settings = { (settings: inout DeliverySettings) in settings.timeout = .milliseconds(500) }
        try await withEngine(contacts: 50, settings: settings) { fixture, engine, receiver in
            let ledger = try await killed(fixture, engine, receiver)
            let before = try FanOutResult(of: ledger)
            #expect(before.progress.watermark == 50)
            #expect(before.states == [.delivered: 20, .scheduled: 30])
            #expect(try ledger.recover(.resend) == 30)
            let recovered = try FanOutResult(of: ledger)
            #expect(recovered.states == [.delivered: 20, .available: 30])
            #expect(recovered.deliveries[21]?.reason == .interrupted)

            let requests = receiver.received.requests
            _ = try await engine.start(fixture.plan(ledger)).end()
            let result = try FanOutResult(of: ledger)
            #expect(result.states == [.delivered: 50])
            #expect(result.progress.recovered == 30)
            #expect(receiver.received.requests == requests + 30)
            #expect(receiver.received.ids == fixture.allIDs)
            for number in 1...20 { #expect(receiver.received.entries(of: fixture.id(number)).count == 1) }
        }
    }

    @Test("killed, hold: what was open is uncertain, listed, and not sent")
    func killedHold() async throws {
        let settings = { (settings: inout DeliverySettings) in
            settings.timeout = .milliseconds(500)
            settings.whenUncertain = .hold
        }
        try await withEngine(contacts: 50, settings: settings) { fixture, engine, receiver in
            let ledger = try await killed(fixture, engine, receiver)
            #expect(try ledger.recover(.hold) == 30)
            let requests = receiver.received.requests
            let end = try await engine.start(fixture.plan(ledger)).end()
            #expect(end.progress.isComplete)
            let result = try FanOutResult(of: ledger)
            #expect(result.ordinals(in: .uncertain) == Set(21...50))
            #expect(result.ordinals(in: .uncertain).allSatisfy { result.deliveries[$0]?.reason == .interrupted })
            #expect(receiver.received.requests == requests)
        }
    }

    @Test("killed, hold: a retry that was marked in flight is uncertain")
    func killedWhileMarked() async throws {
        let behaviour = Behaviours.inTurn(.status(408), Reply(.silence))
        let settings = { (settings: inout DeliverySettings) in
            settings.timeout = .seconds(1)
            settings.whenUncertain = .hold
            settings.maxInFlight = 2
        }
        try await withEngine(contacts: 5, behaviour, settings: settings) { fixture, engine, receiver in
            let run = try engine.start(fixture.plan())
            try await receiver.received.waitForRequests(6)
            let copy = try fixture.copyOfLedger()
            run.running.stop()
            _ = try await run.end()
            let marked = try FanOutResult(of: copy).ordinals(in: .inFlight)
            #expect(1...2 ~= marked.count)
            #expect(try copy.recover(.hold) == Int64(marked.count))
            #expect(try FanOutResult(of: copy).ordinals(in: .uncertain) == marked)
        }
    }

    @Test("nothing is sent beyond the watermark on disk")
    func watermark() async throws {
        // Slow at first, so that there is time to lock the ledger before half of the lead is used.
        let behaviour = Behaviours.phases([(200, .status(200, after: .milliseconds(500))), (0, .status(200))])
        let settings = { (settings: inout DeliverySettings) in
            settings.maxInFlight = 100
            settings.concurrency = .fixed
        }
        try await withEngine(contacts: 6000, behaviour, settings: settings) { fixture, engine, receiver in
            let received = receiver.received
            var run: EngineUnderTest.Run?
            try await fixture.ledger.whileLocked {
                run = try engine.start(fixture.plan())
                try await Task.sleep(for: .milliseconds(200))
                #expect(received.requests == 0)
            }
            try await received.waitForRequests(50)
            try await fixture.ledger.whileLocked {
                try await received.waitForRequests(4096)
                try await Task.sleep(for: .milliseconds(200))
                #expect(received.requests == 4096)
            }
            let result = try FanOutResult(await #require(run).end(), fixture)
            #expect(result.states == [.delivered: 6000])
            #expect(received.repeats == 0)
        }
    }

    @Test("contacts gone since the freeze are skipped, each with its reason, and get no request")
    func goneSinceTheFreeze() async throws {
        try await withEngine(contacts: 6) { fixture, engine, receiver in
            try fixture.unsubscribe(2)
            try fixture.erase(3)
            try await fixture.ledger.openForWriting().write { try $0.execute(sql: "INSERT INTO removed VALUES (4)") }
            let result = try await engine.run(fixture)
            #expect(result.isComplete)
            #expect(result.states == [.delivered: 3, .skipped: 3])
            #expect(result.deliveries[2]?.reason == .unsubscribed)
            #expect(result.deliveries[3]?.reason == .erased)
            #expect(result.deliveries[4]?.reason == .removed)
            #expect(result.ordinals(in: .skipped).allSatisfy { result.deliveries[$0]?.attempts == 0 })
            #expect(receiver.received.ids == Set([1, 5, 6].map(fixture.id)))
        }
    }

    @Test("a contact that unsubscribes before its retry is skipped, its attempt kept")
    func unsubscribesBeforeRetry() async throws {
        try await withEngine(contacts: 3) { fixture, engine, receiver in
            receiver.behave { request, earlier in
                if request.target == "/?n=2" { fixture.orRecord { try fixture.unsubscribe(2) } }
                return .status(earlier == 0 ? 500 : 200)
            }
            let result = try await engine.run(fixture)
            #expect(result.states == [.delivered: 2, .skipped: 1])
            #expect(result.deliveries[2]?.reason == .unsubscribed)
            #expect(result.deliveries[2]?.attempts == 1)
            #expect(result.attempts.map(\.ordinal) == [1, 2, 3])
            #expect(receiver.received.entries(of: fixture.id(2)).count == 1)
        }
    }

    @Test("a retry renders anew: the digest shows that the body changed")
    func rendersAnew() async throws {
        try await withEngine(contacts: 1, keepsBodies: true) { fixture, engine, receiver in
            receiver.behave { _, earlier in
                if earlier == 0 { fixture.orRecord { try fixture.readdress() } }
                return .status(earlier == 0 ? 500 : 200)
            }
            let result = try await engine.run(fixture)
            let entries = receiver.received.entries(of: fixture.id(1))
            let bodies = entries.map { String(decoding: $0.body ?? [], as: UTF8.self) }
            #expect(bodies == [#"{"to":"1@example.com"}"#, #"{"to":"new@example.com"}"#])
            #expect(result.attempts.first?.digest != result.deliveries[1]?.digest)
        }
    }
}

extension EngineFixture {
    fileprivate func unsubscribe(_ number: Int) throws {
        let name = "change-\(number).csv"
        let file = try folder.write("email,STATUS\n\(number)@example.com,unsubscribed\n", to: name)
        #expect(try audience.importContacts(from: file).updated == 1)
    }

    fileprivate func readdress() throws {
        try audience.database.write { try $0.execute(sql: "UPDATE contact SET email = 'new@example.com'") }
    }

    /// Runs what a receiver does to the audience while it answers.
    fileprivate func orRecord(_ body: () throws -> Void) {
        do { try body() } catch { Issue.record(error) }
    }

    fileprivate func erase(_ number: Int) throws {
        try audience.database.write { try $0.execute(sql: "DELETE FROM contact WHERE id = ?", arguments: [number]) }
    }
}
