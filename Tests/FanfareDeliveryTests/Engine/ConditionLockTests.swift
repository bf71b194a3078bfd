import FanfareTransport
import Glibc
import NIOConcurrencyHelpers
import Testing

@testable import FanfareDelivery

struct ConditionLockTests {
    @Test func `who waits sleeps until the value comes, however often others use the lock`() throws {
        let lock = MonotonicConditionLock(value: 0)
        let sleeps = NIOLockedValueBox(0)
        let thread = try LoopThread(name: "waiting") {
            lock.lock(whenValue: 1)
            lock.unlock()
            var usage = rusage()
            getrusage(1, &usage)  // RUSAGE_THREAD, which Glibc's module leaves out
            sleeps.withLockedValue { $0 = usage.ru_nvcsw }
        }
        for _ in 0..<200 {
            lock.lock()
            lock.unlock(withValue: 0)
            #expect(!lock.lock(whenValue: 2, timeoutSeconds: 0.000_5))  // time for the other to wake in
        }
        lock.lock()
        lock.unlock(withValue: 1)
        thread.join()
        #expect(sleeps.withLockedValue { $0 } < 50)
    }

    @Test func `all who wait for a value are woken when it comes`() throws {
        let lock = MonotonicConditionLock(value: 0)
        let threads = try (0..<3).map { number in
            try LoopThread(name: "waiting \(number)") {
                if lock.lock(whenValue: 1, timeoutSeconds: 60) { lock.unlock(withValue: 1) }
            }
        }
        #expect(!lock.lock(whenValue: 2, timeoutSeconds: 0.05))  // until they wait
        let start = Clocks.monotonic()
        lock.lock()
        lock.unlock(withValue: 1)
        for thread in threads { thread.join() }
        #expect(Clocks.monotonic() - start < 30_000_000_000)
    }

    @Test func `a wait ends with its time, unlocked`() {
        let lock = MonotonicConditionLock(value: 0)
        #expect(!lock.lock(whenValue: 1, timeoutSeconds: 0.01))
        lock.lock()
        lock.unlock(withValue: 1)
        #expect(lock.lock(whenValue: 1, timeoutSeconds: 0))
        lock.unlock()
    }
}
