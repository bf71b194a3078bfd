import FanfareReceiver
import FanfareTesting
import FanfareTransport
import Foundation
import Testing

@testable import Fanfare
@testable import FanfareDelivery

@Suite("What an engine cannot begin it ends")
struct EngineFailureTests {
    private struct NoLoop: Error {}

    /// The names of this process's threads.
    private func threads() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").compactMap { id in
            // It may have ended since.
            try? String(contentsOfFile: "/proc/self/task/\(id)/comm", encoding: .utf8)
        }
    }

    @Test("when a loop does not start, those before it end")
    func loops() async throws {
        let before = try threads().count { $0.hasPrefix("fanfare-loop") }
        #expect(throws: NoLoop.self) {
            _ = try EngineLoops(3, names: NameResolver()) { number in
                if number == 2 { throw NoLoop() }
                return try DeliveryLoop()
            }
        }
        // The kernel lists a thread for a moment after it has been joined.
        try await eventually("they have ended") { try threads().count { $0.hasPrefix("fanfare-loop") } <= before }
    }

    @Test("a fan-out that a loop cannot take leaves no endpoint behind")
    func endpoint() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            let (good, bad) = try fixture.process { installation in
                let plan = try fixture.start(installation).plan
                var bad = plan
                bad.ledger = Ledger(path: folder.path("ledger.sqlite"))
                try FileManager.default.copyItem(atPath: plan.ledger.path, toPath: bad.ledger.path)
                let share = OriginTable().share(of: plan.template.origin)
                let fanOuts = (try FanOut(plan, origin: share, loops: 1), try FanOut(bad, origin: share, loops: 1))
                try Durability.deleteDatabase(bad.ledger.path)
                return fanOuts
            }
            let loop = try DeliveryLoop()
            let waker = try loop.makeWaker()
            let mailbox = LoopMailbox(waker: waker)
            let worker = LoopWorker(loop: loop, mailbox: mailbox, waker: waker, names: try NameResolver())
            for fanOut in [bad, good] { mailbox.post(.add(fanOut)) }
            mailbox.post(.end)
            worker.run()
            #expect(worker.lanes.count == 1)
            // The low bits are the place in the loop's table: the first is free again.
            #expect(try #require(worker.lanes[0]).endpoint & 0xfffff == 0)
            #expect(bad.read { $0.failure } is StoreError)
        }
    }
}
