import Fanfare
import FanfareReceiver
import FanfareTesting
import NIOConcurrencyHelpers
import Testing

@Suite("How a deliverer takes requests, holds them, and ends", .timeLimit(.minutes(2)))
struct DelivererFlowTests {
    private struct SourceFailed: Error {}

    /// Requests without end, counted as they are taken.
    private struct Endless: Sequence, IteratorProtocol, Sendable {
        let taken: NIOLockedValueBox<Int>

        mutating func next() -> Deliverer.Request? {
            let number = taken.withLockedValue { taken in
                taken += 1
                return taken
            }
            return Deliverer.Request(id: "r\(number)", text: "\(number)")
        }
    }

    @Test("who stops reading stops the sending, and who goes on has lost nothing")
    func backPressure() async throws {
        try await withScriptedReceiver { receiver in
            let deliverer = try Deliverer(receiver, window: 20)
            let taken = NIOLockedValueBox(0)
            var outcomes = deliverer.deliver(Endless(taken: taken).prefix(1000)).makeAsyncIterator()
            try await receiver.received.waitForRequests(20)
            // Nothing can be waited for where nothing is to happen: a moment in which thousands would be sent.
            try await Task.sleep(for: .milliseconds(200))
            #expect(receiver.received.requests == 20)
            #expect(taken.withLockedValue { $0 } == 20)
            for _ in 0..<5 { #expect(try await outcomes.next()?.isDelivered == true) }
            try await receiver.received.waitForRequests(25)
            try await Task.sleep(for: .milliseconds(100))
            #expect(receiver.received.requests == 25)
            var count = 5
            while let outcome = try await outcomes.next() {
                #expect(outcome.isDelivered)
                count += 1
            }
            #expect(count == 1000)
            #expect(receiver.received.distinctIDs == 1000 && receiver.received.repeats == 0)
        }
    }

    @Test("a window of one sends one after the other", arguments: [1, 2])
    func narrow(window: Int) async throws {
        try await withScriptedReceiver { receiver in
            let deliverer = try Deliverer(receiver, window: window)
            let (outcomes, error) = await readAll(deliverer.deliver(numbered(200)))
            #expect(error == nil && outcomes.count == 200)
            #expect(receiver.peakOpenRequests <= window)
            if window == 1 { #expect(outcomes.map(\.id) == numbered(200).map(\.id)) }
        }
    }

    @Test("cancelling the reader sends nothing further, waits for what is in flight, and leaves no request untold")
    func cancelled() async throws {
        try await withScriptedReceiver(Behaviours.always(.status(200, after: .milliseconds(300)))) { receiver in
            let deliverer = try Deliverer(receiver, window: 30)
            let taken = NIOLockedValueBox(0)
            let reading = Task { await readAll(deliverer.deliver(Endless(taken: taken))) }
            try await receiver.received.waitForRequests(8)
            reading.cancel()
            let (outcomes, error) = await reading.value
            #expect(error is CancellationError)
            #expect(Set(outcomes.map(\.id)).count == outcomes.count)
            #expect(outcomes.count { $0.isDelivered } == receiver.received.requests)
            let untouched = outcomes.filter { !$0.isDelivered }
            #expect(untouched.allSatisfy { $0.state == .cancelled && $0.reason == .cancelled && $0.attempts == 0 })
            #expect(outcomes.count == taken.withLockedValue { $0 })
            // The deliverer itself goes on.
            #expect(await readAll(deliverer.deliver(numbered(3))).outcomes.count == 3)
        }
    }

    @Test("cancelling ends what waits for another attempt at once")
    func cancelledWhileWaiting() async throws {
        try await withScriptedReceiver(Behaviours.always(.status(500))) { receiver in
            let settings = quickSettings { $0.retries = [.seconds(3000)] }
            let deliverer = try Deliverer(receiver, settings)
            let reading = Task { await readAll(deliverer.deliver(numbered(2))) }
            try await receiver.received.waitForRequests(2)
            reading.cancel()
            let (outcomes, error) = await reading.value
            #expect(error is CancellationError)
            #expect(outcomes.map(\.state) == [.cancelled, .cancelled])
            #expect(outcomes.allSatisfy { $0.status == 500 && $0.attempts == 1 })
        }
    }

    @Test("cancelling a reader whose source waits for ever ends both")
    func cancelledSource() async throws {
        try await withScriptedReceiver { receiver in
            let deliverer = try Deliverer(receiver)
            let hasEnded = NIOLockedValueBox(false)
            let (requests, source) = AsyncStream.makeStream(of: Deliverer.Request.self)
            source.onTermination = { _ in hasEnded.withLockedValue { $0 = true } }
            source.yield(numbered(1)[0])
            let reading = Task { await readAll(deliverer.deliver(requests)) }
            try await receiver.received.waitForRequests(1)
            reading.cancel()
            #expect(await reading.value.error is CancellationError)
            try await eventually("the source to be let go") { hasEnded.withLockedValue { $0 } }
        }
    }

    @Test("an error of the source comes after the outcomes of all that it gave before")
    func failingSource() async throws {
        try await withScriptedReceiver { receiver in
            let requests = AsyncThrowingStream<Deliverer.Request, any Error> { source in
                for request in numbered(10) { source.yield(request) }
                source.finish(throwing: SourceFailed())
            }
            let (outcomes, error) = await readAll(try Deliverer(receiver).deliver(requests))
            #expect(error is SourceFailed)
            #expect(outcomes.count == 10 && outcomes.allSatisfy(\.isDelivered))
        }
    }

    @Test("letting go of the outcomes ends their sending, and the deliverer serves others")
    func letGo() async throws {
        try await withScriptedReceiver { receiver in
            let deliverer = try Deliverer(receiver, window: 10)
            let taken = NIOLockedValueBox(0)
            for try await outcome in deliverer.deliver(Endless(taken: taken)) {
                #expect(outcome.isDelivered)
                break
            }
            #expect(await readAll(deliverer.deliver(numbered(5))).outcomes.count == 5)
            let start = ContinuousClock.now
            await deliverer.close()
            #expect(ContinuousClock.now - start < .seconds(5), "nothing was in flight to be waited for")
            // One more was taken for the one that was read.
            #expect(taken.withLockedValue { $0 } <= 12)
            #expect(receiver.received.requests <= 12 + 5)
        }
    }

    @Test("two sequences share the deliverer, and each has its own outcomes")
    func twoAtOnce() async throws {
        try await withScriptedReceiver { receiver in
            let deliverer = try Deliverer(receiver)
            let others = (0..<100).map { Deliverer.Request(id: "other-\($0)", body: []) }
            async let first = readAll(deliverer.deliver(numbered(100)))
            async let second = readAll(deliverer.deliver(others))
            #expect(Set(await first.outcomes.map(\.id)) == Set(numbered(100).map(\.id)))
            #expect(Set(await second.outcomes.map(\.id)) == Set(others.map(\.id)))
            #expect(receiver.peakOpenRequests <= 8)
        }
    }

    @Test("closing lets what is in flight end, and tells every reader")
    func closed() async throws {
        try await withScriptedReceiver(Behaviours.always(.status(200, after: .milliseconds(200)))) { receiver in
            let deliverer = try Deliverer(receiver, window: 30)
            let reading = Task { await readAll(deliverer.deliver(numbered(500))) }
            try await receiver.received.waitForRequests(8)
            await deliverer.close()
            let (outcomes, error) = await reading.value
            #expect((error as? DeliveryError)?.code == .closed)
            #expect(outcomes.count { $0.isDelivered } == receiver.received.requests)
            #expect(outcomes.allSatisfy { $0.isDelivered || $0.state == .cancelled })
            let (later, again) = await readAll(deliverer.deliver(numbered(3)))
            #expect((again as? DeliveryError)?.code == .closed)
            #expect(later.allSatisfy { $0.state == .cancelled })
            await deliverer.close()
        }
    }

    @Test("twenty refusals and nothing else stop it, and say why")
    func firstAnswers() async throws {
        try await withScriptedReceiver(Behaviours.always(.status(404))) { receiver in
            let (outcomes, error) = await readAll(try Deliverer(receiver).deliver(numbered(500)))
            let stopped = try #require(error as? DeliveryError)
            #expect(stopped.code == .stopped && stopped.message.contains("404"))
            #expect(outcomes.count { $0.state == .dead && $0.status == 404 } == receiver.received.requests)
            #expect(receiver.received.requests < 60)
            #expect(outcomes.allSatisfy { $0.state == .dead || $0.reason == .firstAnswers })
        }
    }

    @Test("its rate holds")
    func rate() async throws {
        try await withScriptedReceiver { receiver in
            let settings = quickSettings { $0.ratePerSecond = 50 }
            let start = ContinuousClock.now
            let (outcomes, _) = await readAll(try Deliverer(receiver, settings).deliver(numbered(60)))
            #expect(outcomes.count == 60)
            // A burst at the start is allowed; the rest waits for its turn.
            #expect(ContinuousClock.now - start > .milliseconds(800))
        }
    }

    @Test("under hold what may have been received is uncertain, and not sent again")
    func hold() async throws {
        try await withScriptedReceiver(Behaviours.always(Reply(.close))) { receiver in
            let settings = quickSettings { $0.whenUncertain = .hold }
            let (outcomes, _) = await readAll(try Deliverer(receiver, settings).deliver(numbered(1)))
            #expect(outcomes.map(\.state) == [.uncertain])
            #expect(receiver.received.requests == 1)
        }
    }
}
