/// Something has happened that a waiting thread should look at. Signals that meet are one.
final class Signal: Sendable {
    private let lock = MonotonicConditionLock<Bool>(value: false)

    /// Any thread.
    func raise() {
        lock.lock()
        lock.unlock(withValue: true)
    }

    /// Waits for a signal, at most so many seconds, and takes it.
    func wait(seconds: Double) {
        if lock.lock(whenValue: true, timeoutSeconds: seconds) { lock.unlock(withValue: false) }
    }
}
