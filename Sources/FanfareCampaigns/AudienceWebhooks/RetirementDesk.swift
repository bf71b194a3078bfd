import FanfareDelivery
import NIOConcurrencyHelpers

/// Hands what a loop's thread says of endpoints to whoever attends to it, one after the other.
///
/// What is said before anybody attends waits. Any thread.
final class RetirementDesk: Sendable {
    typealias Attendant = @Sendable (String, EventEndpoint.Retirement) async -> Void

    private struct State {
        var waiting: [(String, EventEndpoint.Retirement)] = []
        var attendant: Attendant?
        var isBusy = false
    }

    private let state = NIOLockedValueBox(State())

    func note(_ endpoint: String, _ why: EventEndpoint.Retirement) {
        state.withLockedValue { $0.waiting.append((endpoint, why)) }
        work()
    }

    func attend(_ attendant: @escaping Attendant) {
        state.withLockedValue { $0.attendant = attendant }
        work()
    }

    private func work() {
        let attendant = state.withLockedValue { state -> Attendant? in
            guard let attendant = state.attendant, !state.isBusy, !state.waiting.isEmpty else { return nil }
            state.isBusy = true
            return attendant
        }
        guard let attendant else { return }
        Task { [self] in
            while let (endpoint, why) = next() { await attendant(endpoint, why) }
        }
    }

    private func next() -> (String, EventEndpoint.Retirement)? {
        state.withLockedValue { state in
            if state.waiting.isEmpty {
                state.isBusy = false
                return nil
            }
            return state.waiting.removeFirst()
        }
    }
}
