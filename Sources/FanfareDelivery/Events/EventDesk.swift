import FanfareTransport
import NIOConcurrencyHelpers

/// What the events' loop is told by other threads, and what they may see of it. Any thread.
final class EventDesk: Sendable {
    enum Command {
        case open(EventBook)
        case add(EventEndpoint, EventBook)
        case remove(endpoint: String, CheckedContinuation<Void, Never>)
        case close(EventBook, CheckedContinuation<Void, Never>)
        case news(EventBook.BookNews)
        case pause(Bool)
        case end

        /// Who waits until it is done.
        var waiting: CheckedContinuation<Void, Never>? {
            switch self {
            case .remove(_, let waiting), .close(_, let waiting): waiting
            case .open, .add, .news, .pause, .end: nil
            }
        }
    }

    private struct State {
        var commands: [Command] = []
        var isOver = false
        var lanes: [String: LaneSnapshot] = [:]
        var totals = AttemptTotals()
    }

    private let state = NIOLockedValueBox(State())
    private let waker: Waker

    init(_ waker: Waker) { self.waker = waker }

    func post(_ command: Command) {
        let (mustWake, isOver) = state.withLockedValue { state in
            if !state.isOver { state.commands.append(command) }
            return (state.commands.count == 1, state.isOver)
        }
        if isOver { command.waiting?.resume() }
        if mustWake { waker.wake() }
    }

    func take() -> [Command] {
        state.withLockedValue { state in
            if state.commands.isEmpty { return [] }
            defer { state.commands = [] }
            return state.commands
        }
    }

    func publish(_ lanes: [String: LaneSnapshot], _ totals: AttemptTotals) {
        state.withLockedValue { ($0.lanes, $0.totals) = (lanes, totals) }
    }

    var totals: AttemptTotals { state.withLockedValue { $0.totals } }

    var lanes: [String: LaneSnapshot] { state.withLockedValue { $0.lanes } }

    /// The loop takes nothing any more.
    var isOver: Bool { state.withLockedValue { $0.isOver } }

    /// The loop takes nothing any more.
    func finish() {
        let left = state.withLockedValue { state in
            state.isOver = true
            state.lanes = [:]
            defer { state.commands = [] }
            return state.commands
        }
        for command in left { command.waiting?.resume() }
    }
}
