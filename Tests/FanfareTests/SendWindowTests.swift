import Fanfare
import FanfareControl
import FanfareReceiver
import FanfareTesting
import Foundation
import NIOConcurrencyHelpers
import Testing

@Suite("A fan-out sends within its window alone, and goes on by itself", .timeLimit(.minutes(1)))
struct SendWindowTests {
    /// A clock on the wall that shows what it is told.
    private final class WallClock: Sendable {
        /// Seconds after midnight.
        private let shown: NIOLockedValueBox<Int>

        init(hour: Int) { shown = NIOLockedValueBox(hour * 3600) }

        func set(hour: Int) { shown.withLockedValue { $0 = hour * 3600 } }

        /// What it is ahead of UTC.
        func offset(at unix: Int64) -> Int { shown.withLockedValue { $0 } - Int(unix % 86_400) }
    }

    private static let openAtNoon = SendWindow(from: 9 * 60, to: 20 * 60)

    private func start(_ fixture: RunFixture, _ installation: Installation, _ clock: WallClock) throws -> FanOutPlan {
        var (_, plan) = try fixture.start(installation)
        plan.window = Self.openAtNoon
        plan.utcOffset = { clock.offset(at: $0) }
        return plan
    }

    private func fixture(_ folder: TemporaryFolder, _ receiver: ScriptedReceiver) throws -> RunFixture {
        var fixture = try RunFixture(folder, contacts: (1...40).map { "c\($0)" })
        fixture.job = """
            audience: {import: contacts.csv}
            webhook: {url: "\(receiver.url())", data: {to: "*|EMAIL|*"}}
            delivery: {rate: 6/s, stop_after: 30s}
            """
        return fixture
    }

    @Test("nothing goes out before it opens or while it is closed, and then everything does, once")
    func waits() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver(Behaviours.always(.status(200))) { receiver in
                let fixture = try fixture(folder, receiver)
                try await fixture.process { installation in
                    let clock = WallClock(hour: 8)
                    let engine = try DeliveryEngine(.init(egress: EgressPolicy(allowed: [.init("127.0.0.0/8")])))
                    defer { engine.close() }
                    let running = try engine.start(start(fixture, installation, clock))
                    try await eventually("it says when it opens") { running.snapshot.opening != nil }
                    #expect(running.snapshot.lane.pauses == .outsideWindow && running.snapshot.lane.state == .paused)
                    #expect(running.snapshot.opening?.minute == 540)
                    let status = LiveStatus("1", running.snapshot, perSecond: 0)
                    #expect(status.state == "paused" && status.detail?.hasPrefix("outside its window until ") == true)
                    try await Task.sleep(for: .seconds(1))
                    #expect(receiver.received.requests == 0)
                    clock.set(hour: 12)
                    try await receiver.received.waitForRequests(5, within: .seconds(20))
                    clock.set(hour: 20)
                    try await eventually("it closes") { running.snapshot.opening != nil }
                    #expect(running.snapshot.opening?.minute == 540)
                    try await eventually("nothing is in flight") { running.snapshot.lane.inFlight == 0 }
                    let before = receiver.received.requests
                    #expect(before < 40)
                    try await Task.sleep(for: .seconds(1))
                    #expect(receiver.received.requests == before)
                    clock.set(hour: 9)
                    let end = await running.end()
                    #expect(end.progress.counts[.delivered] == 40)
                    #expect(receiver.received.requests == 40)
                    #expect(end.snapshot.opening == nil)
                }
            }
        }
    }

    @Test("it is stopped outside its window like anywhere else, and taken up again")
    func stops() async throws {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver(Behaviours.always(.status(200))) { receiver in
                let fixture = try fixture(folder, receiver)
                for hour in [21, 12] {
                    try await fixture.process { installation in
                        let engine = try DeliveryEngine(.init(egress: EgressPolicy(allowed: [.init("127.0.0.0/8")])))
                        defer { engine.close() }
                        let running = try engine.start(start(fixture, installation, WallClock(hour: hour)))
                        if hour == 21 {
                            try await eventually("it is closed") { running.snapshot.opening != nil }
                            running.stop()
                        }
                        let end = await running.end()
                        #expect(end.progress.counts[.delivered] == (hour == 21 ? 0 : 40))
                        #expect(end.progress.watermark == (hour == 21 ? 0 : 40))
                    }
                }
                #expect(receiver.received.requests == 40)
            }
        }
    }

    @Test("a check says when it sends, and that a day is too short")
    func check() async throws {
        try await withTemporaryFolder { folder in
            var fixture = try RunFixture(folder, contacts: (1...130).map { "c\($0)" })
            let day = Calendar(identifier: .gregorian).component(.weekday, from: Date() + 3 * 86_400)
            let name = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"][day - 1]
            fixture.job += """

                schedule: {time_zone: UTC, window: {days: [\(name)], from: 09:00, to: 10:00}}
                delivery: {rate: 2/min}
                """
            let check = try JobCheck(fixture.load(), dataDirectory: fixture.data)
            #expect(check.schedule.window?.text == "\(name) 09:00–10:00")
            let start = "it starts outside schedule.window, and sends from \(name) 09:00 UTC"
            let length = "schedule.window is too short for one day: it is open for 1 h, and the job takes 1 h 5 min"
            #expect(check.warnings.contains(start) && check.warnings.contains(length), "\(check.warnings)")
        }
    }
}
