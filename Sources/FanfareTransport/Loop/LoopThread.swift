import CDeliveryLoop
import Glibc
import NIOConcurrencyHelpers

/// A named thread of its own for work that blocks.
///
/// Its owner keeps it and joins it once; one that is dropped unjoined is left to the system.
public final class LoopThread: Sendable {
    private let thread: pthread_t
    private let isJoined = NIOLockedValueBox(false)

    /// Starts a thread that runs `body` once.
    ///
    /// `body` must not be isolated to an actor: the thread is nobody's executor.
    ///
    /// - Parameters:
    ///   - name: At most 15 bytes are shown by the system.
    ///   - body: The work.
    /// - Throws: ``TransportError/Code/system`` when the system has no thread left.
    public init(name: String, _ body: @escaping @Sendable () -> Void) throws(TransportError) {
        let work = Unmanaged.passRetained(ThreadWork(name: name, body: body))
        var started = pthread_t()
        let failure = pthread_create(&started, nil, runThreadWork, work.toOpaque())
        guard failure == 0 else {
            work.release()
            throw TransportError(code: .system, message: "cannot start the thread \(name)", osErrno: failure)
        }
        thread = started
    }

    /// Waits until the work has ended. Further calls return at once.
    public func join() {
        let wasJoined = isJoined.withLockedValue { isJoined in
            defer { isJoined = true }
            return isJoined
        }
        if wasJoined { return }
        pthread_join(thread, nil)
    }

    /// Not joined: the system frees the thread when it ends.
    deinit { if !isJoined.withLockedValue({ $0 }) { pthread_detach(thread) } }
}

private final class ThreadWork: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

// A global function is isolated to nobody, which a closure written in isolated code would not be.
private func runThreadWork(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    let work = Unmanaged<ThreadWork>.fromOpaque(context).takeRetainedValue()
    fanfare_thread_set_name(work.name)
    work.body()
    return nil
}
