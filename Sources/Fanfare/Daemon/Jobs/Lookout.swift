import NIOConcurrencyHelpers

/// Looks for many who wait whether what they wait for has come. One timer serves all: each wakes a thread, and a hundred
/// planned jobs with timers of their own keep a core busy by doing nothing.
///
/// Any thread.
final class Lookout: Sendable {
    private struct Wait: Sendable {
        let isMet: @Sendable () -> Bool
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var waits: [Wait] = []
        var isLooking = false
    }

    private let step: Duration
    private let state = NIOLockedValueBox(State())

    /// - Parameter step: Between two looks.
    init(every step: Duration) { self.step = step }

    /// Returns when a condition is met: at once, or with one of the next looks. A task that is cancelled waits all the
    /// same.
    ///
    /// - Parameter isMet: Must not block; called on any thread.
    func wait(until isMet: @escaping @Sendable () -> Bool) async {
        if isMet() { return }
        await withCheckedContinuation { continuation in
            let mustStart = state.withLockedValue { state in
                state.waits.append(Wait(isMet: isMet, continuation: continuation))
                defer { state.isLooking = true }
                return !state.isLooking
            }
            if mustStart { Task.detached { await self.look() } }
        }
    }

    private func look() async {
        repeat {
            // Nobody cancels it.
            do { try await Task.sleep(for: step) } catch { return }
        } while goesOnAfterLook()
    }

    /// - Returns: Whether anybody is left who waits.
    private func goesOnAfterLook() -> Bool {
        let waits = state.withLockedValue { $0.waits }
        // Asked outside of the lock, as they take others.
        let areMet = waits.map { $0.isMet() }
        let goesOn = state.withLockedValue { state in
            let left = zip(waits, areMet).filter { !$0.1 }.map(\.0)
            // Who came meanwhile stands behind them.
            state.waits = left + state.waits.dropFirst(waits.count)
            state.isLooking = !state.waits.isEmpty
            return state.isLooking
        }
        for (wait, isMet) in zip(waits, areMet) where isMet { wait.continuation.resume() }
        return goesOn
    }
}
