import FanfareAudience
import FanfareControl
import NIOConcurrencyHelpers

/// An import that a daemon does for another process: what it has come to, for whoever asks. Any thread.
final class DaemonImport: Sendable {
    private struct State {
        var status: HandedImport
        var isStopped = false
        var isInterrupted = false
    }

    let order: ImportOrder
    let ticket: String
    private let state: NIOLockedValueBox<State>

    /// - Parameters:
    ///   - order: As it was handed over.
    ///   - ticket: By which it is asked for.
    init(_ order: ImportOrder, ticket: String) {
        (self.order, self.ticket) = (order, ticket)
        state = NIOLockedValueBox(State(status: HandedImport(ticket: ticket)))
    }

    /// How it stands.
    var status: HandedImport { state.withLockedValue { $0.status } }
    /// Whether it has ended, however it did.
    var isOver: Bool { state.withLockedValue { $0.status.end != nil } }
    /// Whether it is to end with the chunk that it is at.
    var mustEnd: Bool { state.withLockedValue { $0.isStopped || $0.isInterrupted } }
    /// How it has ended when it did so because it was to.
    var endAsOrdered: HandedImport.End { state.withLockedValue { $0.isStopped ? .stopped : .interrupted } }

    /// Whoever asked for it wants it no longer.
    func stop() { state.withLockedValue { $0.isStopped = true } }

    /// The daemon is ending.
    func interrupt() { state.withLockedValue { $0.isInterrupted = true } }

    func waits(_ why: String?) { state.withLockedValue { $0.status.wait = why } }

    func reads(_ progress: ImportProgress) { state.withLockedValue { $0.status.progress = progress } }

    func ended(_ end: HandedImport.End) {
        state.withLockedValue { state in
            // Its summary stands in the end.
            (state.status.wait, state.status.progress, state.status.end) = (nil, nil, end)
        }
    }
}
