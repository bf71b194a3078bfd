internal import CDeliveryLoop
internal import Glibc

/// A named thread of its own for work that blocks.
public struct LoopThread: ~Copyable {
    private let thread: pthread_t

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

    /// Waits until the work has ended.
    public consuming func join() {
        pthread_join(thread, nil)
        discard self
    }

    /// Not joined: the system frees the thread when it ends.
    deinit { pthread_detach(thread) }
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
