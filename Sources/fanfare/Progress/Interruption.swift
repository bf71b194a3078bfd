@preconcurrency import Dispatch
import Foundation
import NIOConcurrencyHelpers

/// Ctrl-C and SIGTERM: the first asks for an orderly end, the second ends the process at once. SIGHUP is ignored, so a
/// closed terminal does not end a run.
final class Interruption: Sendable {
    private struct State {
        var isRequested = false
        var action: (@Sendable () -> Void)?
    }

    private let state = NIOLockedValueBox(State())
    private let sources: [any DispatchSourceSignal]

    init() {
        signal(SIGHUP, SIG_IGN)
        signal(SIGPIPE, SIG_IGN)
        // A queue of their own has a thread at once. The pool, which tasks have too, has one thread a core: on one core it
        // is this one, and the next comes after a second.
        let queue = DispatchQueue(label: "fanfare-signals")
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            return DispatchSource.makeSignalSource(signal: number, queue: queue)
        }
        // Until the sources stand a signal is lost: nothing begins before.
        let standing = DispatchSemaphore(value: 0)
        for source in sources {
            source.setEventHandler { [self] in request() }
            source.setRegistrationHandler { standing.signal() }
            source.resume()
        }
        for _ in sources { standing.wait() }
    }

    /// Whether an end was asked for.
    var isRequested: Bool { state.withLockedValue { $0.isRequested } }

    /// Runs `action` when an end is asked for, at once if it was already.
    func onRequest(_ action: @escaping @Sendable () -> Void) {
        let already = state.withLockedValue { state in
            state.action = action
            return state.isRequested
        }
        if already { action() }
    }

    /// Waits, at most until shortly after an end is asked for.
    func wait(_ duration: Duration) async {
        var left = duration
        while left > .zero, !isRequested {
            let step = min(left, .milliseconds(100))
            do { try await Task.sleep(for: step) } catch { return }
            left -= step
        }
    }

    private func request() {
        let (isSecond, action) = state.withLockedValue { state in
            defer { state.isRequested = true }
            return (state.isRequested, state.action)
        }
        // What is in flight becomes uncertain: the ledger says so at the next start.
        if isSecond { _exit(130) }
        action?()
    }
}
