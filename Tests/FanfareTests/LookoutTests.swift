import FanfareTesting
import NIOConcurrencyHelpers
import Testing

@testable import Fanfare

struct LookoutTests {
    @Test func `each goes on when what it waits for has come, and the others wait on`() async throws {
        let lookout = Lookout(every: .milliseconds(1))
        let come = NIOLockedValueBox<Set<Int>>([])
        let gone = NIOLockedValueBox<Set<Int>>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<100 {
                group.addTask {
                    await lookout.wait { come.withLockedValue { $0.contains(number) } }
                    gone.withLockedValue { _ = $0.insert(number) }
                }
            }
            for half in [Set(0..<50), Set(0..<100)] {
                come.withLockedValue { $0 = half }
                try await eventually("they have gone on") { gone.withLockedValue { $0 } == half }
            }
            try await group.waitForAll()
        }
    }

    @Test func `what has come already is not waited for, and nobody looks when nobody waits`() async throws {
        let looks = NIOLockedValueBox(0)
        let lookout = Lookout(every: .milliseconds(1))
        await lookout.wait { true }
        await lookout.wait {
            looks.withLockedValue { looks in
                looks += 1
                return looks == 3
            }
        }
        try await Task.sleep(for: .milliseconds(20))
        #expect(looks.withLockedValue { $0 } == 3)
        // Looked for again when somebody comes.
        let mayGoOn = NIOLockedValueBox(false)
        async let waited: Void = lookout.wait { mayGoOn.withLockedValue { $0 } }
        mayGoOn.withLockedValue { $0 = true }
        await waited
    }
}
