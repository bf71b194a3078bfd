import FanfareReceiver
import FanfareTesting
import Foundation
import Testing

@Suite struct BehavioursTests {
    private func statuses(_ receiver: ScriptedReceiver, ids: [String]) async throws -> [Int] {
        let client = try await RawClient(port: receiver.port)
        var statuses: [Int] = []
        for id in ids { statuses.append(try await client.exchange(.post("/", id: id)).status) }
        try await client.close()
        return statuses
    }

    @Test func `replies in turn for each id`() async throws {
        try await withScriptedReceiver(Behaviours.inTurn(.status(503), .status(500), .status(200))) { receiver in
            let answers = try await statuses(receiver, ids: ["a", "b", "a", "a", "a", "b"])
            #expect(answers == [503, 503, 500, 200, 200, 500])
        }
    }

    @Test func `goes through phases whosesoever the requests are`() async throws {
        let phases = Behaviours.phases([(2, .status(200)), (1, .status(503)), (0, .status(204))])
        try await withScriptedReceiver(phases) { receiver in
            let answers = try await statuses(receiver, ids: ["a", "b", "c", "d", "e"])
            #expect(answers == [200, 200, 503, 204, 204])
            #expect(receiver.received.arrivals.count == 5)
        }
    }

    @Test func `counts the requests that are open at one time`() async throws {
        try await withScriptedReceiver(Behaviours.always(Reply(.silence))) { receiver in
            let clients = [try await RawClient(port: receiver.port), try await RawClient(port: receiver.port)]
            let exchanges = clients.enumerated().map { index, client in
                Task { try await client.exchange(.post("/", id: "\(index)")) }
            }
            try await receiver.received.waitForRequests(2)
            try await eventually("both are open") { receiver.openRequests == 2 }
            await receiver.refuse()
            for exchange in exchanges {
                await #expect(throws: (any Error).self) { try await exchange.value }
            }
            #expect(receiver.openRequests == 0)
            #expect(receiver.peakOpenRequests == 2)
        }
    }

    @Test func `resets in the middle of a request's body`() async throws {
        let receiver = try await ScriptedReceiver(resetsAfterBodyBytes: 1000)
        let client = try await RawClient(port: receiver.port)
        let body = String(repeating: "x", count: 4_000_000)
        await #expect(throws: (any Error).self) { try await client.exchange(.post("/", id: "a", body: body)) }
        #expect(receiver.received.requests == 0)
        try await receiver.stop()
    }

    @Test func `writes dates as HTTP has them`() throws {
        let text = httpDate(secondsFromNow: 90)
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        let date = try #require(formatter.date(from: text))
        #expect(abs(date.timeIntervalSinceNow - 90) < 5)
        #expect(formatter.string(from: date) == text)
    }

    @Test func `the manual clock goes where it is told, also back`() {
        let clock = ManualClock(nanoseconds: 5)
        clock.advance(by: .milliseconds(1500))
        #expect(clock.now == 1_500_000_005)
        clock.advance(by: .seconds(-1))
        #expect(clock.now == 500_000_005)
    }
}
