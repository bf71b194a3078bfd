import DequeModule
import NIOConcurrencyHelpers

/// One sequence of requests on its way through a deliverer: lets its feeder take requests while there is room, and hands
/// outcomes to its readers.
///
/// Any thread. Whoever waits is taken out of the state under the lock and resumed outside it, exactly once.
final class OutcomeStream: Sendable {
    private typealias Reader = CheckedContinuation<Deliverer.Outcome?, any Error>

    private struct State {
        /// Requests reserved for or taken, whose outcomes nobody has read.
        var held = 0
        var unread = Deque<Deliverer.Outcome>()
        /// The feeder, while there is no room.
        var feeder: CheckedContinuation<Bool, Never>?
        var readers = Deque<Reader>()
        var task: Task<Void, Never>?
        /// No further request is taken.
        var isEnded = false
        /// What is thrown after the last outcome.
        var error: (any Error)?
        /// What was taken has no further outcomes.
        var isBroken = false
        var isCancelled = false
        var isAbandoned = false

        /// Whether all that can be read has been.
        var isOver: Bool { unread.isEmpty && isEnded && (held == 0 || isBroken) }

        /// Takes the feeder if it may go on.
        mutating func feederToResume(window: Int) -> (CheckedContinuation<Bool, Never>, Bool)? {
            guard let feeder, isEnded || held < window else { return nil }
            self.feeder = nil
            if !isEnded { held += 1 }
            return (feeder, !isEnded)
        }

        /// Takes the readers if nothing more comes, and the error for the first of them.
        mutating func readersToEnd() -> (Deque<Reader>, (any Error)?) {
            guard isOver, !readers.isEmpty else { return ([], nil) }
            defer {
                readers = []
                error = nil
            }
            return (readers, error)
        }
    }

    private let window: Int
    private let desk: DelivererDesk
    private let state = NIOLockedValueBox(State())

    init(window: Int, desk: DelivererDesk) {
        self.window = window
        self.desk = desk
        desk.enter(self)
    }

    // MARK: For the feeder

    /// Keeps the task that takes requests, to cancel it should it wait for one that nobody wants any more.
    func feed(_ task: Task<Void, Never>) {
        let isEnded = state.withLockedValue { state in
            if !state.isEnded { state.task = task }
            return state.isEnded
        }
        if isEnded { task.cancel() }
    }

    /// Waits for room for one request.
    ///
    /// - Returns: False when no more is to be taken.
    func reserve() async -> Bool {
        await withCheckedContinuation { continuation in
            let now = state.withLockedValue { state in
                state.feeder = continuation
                return state.feederToResume(window: window)
            }
            if let (feeder, goesOn) = now { feeder.resume(returning: goesOn) }
        }
    }

    /// Passes on the request for which room was reserved.
    func take(_ request: Deliverer.Request) {
        if desk.take(request, for: self) { return }
        settle(Deliverer.Outcome(unsent: request.id, .cancelled))
    }

    /// The requests' sequence has ended, in place of the request for which room was reserved.
    func end(_ error: (any Error)?) {
        close { state in
            state.held -= 1
            if !state.isEnded { state.error = error }
        }
    }

    // MARK: For the worker

    /// Whether nothing of it is to be sent again.
    var isCancelled: Bool { state.withLockedValue { $0.isCancelled } }

    /// Whether further requests may come before others have ended.
    var mayGive: Bool {
        state.withLockedValue { state in
            if case .some = state.feeder { return false }
            return !state.isEnded
        }
    }

    /// A request has ended.
    func settle(_ outcome: Deliverer.Outcome) {
        let (reader, ended, error) = state.withLockedValue { state -> (Reader?, Deque<Reader>, (any Error)?) in
            if state.isAbandoned {
                state.held -= 1
                return (nil, [], nil)
            }
            guard let reader = state.readers.popFirst() else {
                state.unread.append(outcome)
                return (nil, [], nil)
            }
            state.held -= 1
            let (ended, error) = state.readersToEnd()
            return (reader, ended, error)
        }
        reader?.resume(returning: outcome)
        Self.end(ended, error)
        wakeFeeder()
    }

    /// Takes no further requests; those that were taken get their outcomes, and then this error is thrown.
    func stop(_ error: any Error) {
        close { state in
            // Nothing was stopped of what is only still to be read; and what came first counts.
            if state.isEnded, state.held == state.unread.count { return }
            if case .none = state.error { state.error = error }
        }
    }

    /// No further outcome comes: what became of the requests in flight is not known.
    func fail(_ error: any Error) {
        close { state in
            state.error = error
            state.isBroken = true
        }
    }

    // MARK: For readers

    /// The next outcome, nil after the last; cancelling the task that waits cancels the stream.
    func next() async throws -> Deliverer.Outcome? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (reader: Reader) in
                let (outcome, ended, error) = state.withLockedValue { state in
                    if let outcome = state.unread.popFirst() {
                        state.held -= 1
                        return (outcome as Deliverer.Outcome?, Deque<Reader>(), nil as (any Error)?)
                    }
                    state.readers.append(reader)
                    let (ended, error) = state.readersToEnd()
                    return (nil, ended, error)
                }
                if let outcome {
                    reader.resume(returning: outcome)
                    wakeFeeder()
                }
                Self.end(ended, error)
            }
        } onCancel: {
            cancel()
        }
    }

    private func cancel() {
        let isFirst = state.withLockedValue { state in
            defer { state.isCancelled = true }
            return !state.isCancelled
        }
        guard isFirst else { return }
        stop(CancellationError())
        desk.cancel(self)
    }

    /// Nobody will read any more.
    func abandon() {
        state.withLockedValue { state in
            state.isAbandoned = true
            state.held -= state.unread.count
            state.unread.removeAll()
        }
        cancel()
        desk.leave(self)
    }

    // MARK: Inside

    /// Ends the taking of requests.
    private func close(_ body: (inout State) -> Void) {
        let (feeder, task, ended, error) = state.withLockedValue { state in
            body(&state)
            state.isEnded = true
            let task = state.task
            state.task = nil
            let feeder = state.feederToResume(window: window)
            let (ended, error) = state.readersToEnd()
            return (feeder, task, ended, error)
        }
        if let (feeder, goesOn) = feeder { feeder.resume(returning: goesOn) }
        task?.cancel()
        Self.end(ended, error)
    }

    private func wakeFeeder() {
        let feeder = state.withLockedValue { $0.feederToResume(window: window) }
        if let (feeder, goesOn) = feeder { feeder.resume(returning: goesOn) }
    }

    /// The first reader is told why; to any other it is simply over.
    private static func end(_ readers: Deque<Reader>, _ error: (any Error)?) {
        var error = error
        for reader in readers {
            if let why = error {
                reader.resume(throwing: why)
                error = nil
            } else {
                reader.resume(returning: nil)
            }
        }
    }
}
