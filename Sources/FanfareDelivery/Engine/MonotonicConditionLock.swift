import Glibc

/// A lock with a value that threads wait for, at most for some time of the monotonic clock.
///
/// NIO's `ConditionLock` waits by the wall clock: one that is set back by two hours in the middle of a wait of 0.1 s makes
/// that a wait of two hours. Any thread; only who has locked it may unlock it.
package final class MonotonicConditionLock<Value: Equatable & Sendable>: @unchecked Sendable {
    // Unchecked: the value is touched only by who holds the mutex.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var value: Value

    /// - Parameter value: The first value.
    package init(value: Value) {
        self.value = value
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Locks, whatever the value.
    package func lock() { pthread_mutex_lock(mutex) }

    /// Unlocks; the value stays.
    package func unlock() { pthread_mutex_unlock(mutex) }

    /// Changes the value, wakes whoever waits for it, and unlocks.
    package func unlock(withValue newValue: Value) {
        // Who waits for a value that stays was woken when it came: a broadcast would wake the others for nothing.
        if newValue != value {
            value = newValue
            pthread_cond_broadcast(condition)
        }
        pthread_mutex_unlock(mutex)
    }

    /// Waits without limit until the value is this one, and locks.
    package func lock(whenValue wanted: Value) {
        pthread_mutex_lock(mutex)
        while value != wanted { pthread_cond_wait(condition, mutex) }
    }

    /// Waits until the value is this one, and locks.
    ///
    /// - Parameters:
    ///   - wanted: The value.
    ///   - seconds: The longest wait, from 0.
    /// - Returns: False when the time is over: then it is not locked.
    package func lock(whenValue wanted: Value, timeoutSeconds seconds: Double) -> Bool {
        var end = timespec()
        clock_gettime(CLOCK_MONOTONIC, &end)
        let nanoseconds = end.tv_nsec + Int(seconds.truncatingRemainder(dividingBy: 1) * 1e9)
        end.tv_sec += Int(seconds) + nanoseconds / 1_000_000_000
        end.tv_nsec = nanoseconds % 1_000_000_000
        pthread_mutex_lock(mutex)
        while value != wanted {
            guard pthread_cond_timedwait(condition, mutex, &end) == ETIMEDOUT else { continue }
            if value == wanted { return true }
            pthread_mutex_unlock(mutex)
            return false
        }
        return true
    }
}
