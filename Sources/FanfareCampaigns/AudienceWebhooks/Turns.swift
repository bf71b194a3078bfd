import DequeModule
import NIOConcurrencyHelpers

/// Lets one at a time have its turn, in the order in which they came, whatever each waits for meanwhile.
///
/// Of an actor's calls another begins while one waits. Any thread.
final class Turns: Sendable {
    private struct State {
        var isTaken = false
        var waiting = Deque<CheckedContinuation<Void, Never>>()
    }

    private let state = NIOLockedValueBox(State())

    func take<Value>(_ body: () async throws -> Value) async rethrows -> Value {
        await withCheckedContinuation { continuation in
            let isFree = state.withLockedValue { state in
                if state.isTaken { state.waiting.append(continuation) }
                defer { state.isTaken = true }
                return !state.isTaken
            }
            if isFree { continuation.resume() }
        }
        defer { passOn() }
        return try await body()
    }

    private func passOn() {
        let next = state.withLockedValue { state in
            let next = state.waiting.popFirst()
            state.isTaken = next != nil
            return next
        }
        next?.resume()
    }
}
