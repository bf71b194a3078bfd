import FanfareReceiver
import FanfareTesting
import Foundation
import NIOConcurrencyHelpers
import NIOHTTP1
import Testing

/// What the system's clock does in mid-run: signatures follow it, waits and deadlines do not.
@Suite struct ClockTests {
    private struct Seen {
        var timestamp: Int
        var arrival: ContinuousClock.Instant
    }

    @Test(
        "a clock that leaps two hours ahead and back delays nobody, and lets nobody's deadline pass",
        .enabled(if: FalseClock.library != nil, "install the package faketime")
    )
    func leaps() async throws {
        let seen = NIOLockedValueBox<[String: [Seen]]>([:])
        let count = NIOLockedValueBox(0)
        // Every third contact is answered with a 500 first.
        let behaviour: ScriptedReceiver.Behaviour = { request, earlier in
            let timestamp = Int(request.headers.first(name: "webhook-timestamp") ?? "") ?? 0
            let entry = Seen(timestamp: timestamp, arrival: request.arrival)
            seen.withLockedValue { $0[request.webhookID ?? "", default: []].append(entry) }
            let number = count.withLockedValue { count in
                count += 1
                return count
            }
            return .status(earlier == 0 && number % 3 == 0 ? 500 : 200, after: .milliseconds(100))
        }
        try await withDesk(receiver: behaviour) { desk, receiver in
            try desk.writeContacts(100)
            try desk.writeJob(
                url: receiver.url(),
                webhook: "  data: {to: \"*|EMAIL|*\"}\n  signing: {secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw}\n",
                delivery: "  max_in_flight: 4\n  concurrency: fixed\n  retries: [2s, 2s]\n  stop_after: 1h"
            )
            let start = ContinuousClock.now
            var desk = desk
            try FalseClock.set("+0s", in: &desk)
            let child = try desk.start(redirected: "", "run", "job.yaml")
            try await receiver.received.waitForRequests(30, within: .seconds(30))
            try desk.write("+7200s", to: "time")
            try await receiver.received.waitForRequests(60, within: .seconds(30))
            try desk.write("-7200s", to: "time")
            let result = try await desk.finish(child)
            #expect(result.status == 0, "\(result)")
            #expect(ContinuousClock.now - start < .seconds(40))
        }
        let entries = seen.withLockedValue { $0 }
        #expect(entries.count == 100)
        #expect(entries.values.contains { $0.count == 2 })
        for pair in entries.values where pair.count > 1 {
            #expect(pair.count == 2)
            // 2 s ± 20 %, counted in whole seconds; the answer took 0.1 s.
            #expect(pair[1].arrival - pair[0].arrival > .milliseconds(1500))
            #expect(pair[1].arrival - pair[0].arrival < .seconds(20))
        }
        let now = Int(Date().timeIntervalSince1970)
        let leaps = Set(entries.values.joined().map { Int((Double($0.timestamp - now) / 3600).rounded()) })
        #expect(leaps == [0, 2, -2])
    }
}
