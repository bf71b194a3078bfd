import FanfareTransport
import NIOConcurrencyHelpers

/// What a deliverer's thread and all others leave for each other. Any thread.
final class DelivererDesk: Sendable {
    enum Command {
        case take(Deliverer.Request, OutcomeStream)
        case cancel(OutcomeStream)
        case close
    }

    private struct State {
        var commands: [Command] = []
        /// Those that somebody may still read.
        var streams: [ObjectIdentifier: OutcomeStream] = [:]
        var closers: [CheckedContinuation<Void, Never>] = []
        /// Why nothing further is sent.
        var ending: (any Error)?
        /// The thread takes no commands any more.
        var isOver = false
        var lane: LaneSnapshot?
    }

    private let state = NIOLockedValueBox(State())
    private let waker: Waker

    init(_ waker: Waker) { self.waker = waker }

    // MARK: For all others

    func enter(_ stream: OutcomeStream) {
        let ending = state.withLockedValue { state in
            state.streams[ObjectIdentifier(stream)] = stream
            return state.ending
        }
        if let ending { stream.stop(ending) }
    }

    func leave(_ stream: OutcomeStream) {
        _ = state.withLockedValue { $0.streams.removeValue(forKey: ObjectIdentifier(stream)) }
    }

    /// - Returns: False when nobody is there to take it.
    func take(_ request: Deliverer.Request, for stream: OutcomeStream) -> Bool { post(.take(request, stream)) }

    /// Has what the stream has waiting ended.
    func cancel(_ stream: OutcomeStream) { _ = post(.cancel(stream)) }

    /// Has all end in good order.
    ///
    /// - Parameter closer: Resumed when it has.
    func close(_ closer: CheckedContinuation<Void, Never>? = nil) {
        let isOver = state.withLockedValue { state in
            if let closer, !state.isOver { state.closers.append(closer) }
            return state.isOver
        }
        if isOver { closer?.resume() } else { _ = post(.close) }
    }

    /// What the lane looked like after the thread's last turn.
    var lane: LaneSnapshot {
        state.withLockedValue { $0.lane } ?? Lane(DeliverySettings(), now: 0).snapshot(now: 0)
    }

    private func post(_ command: Command) -> Bool {
        let (isTaken, mustWake) = state.withLockedValue { state in
            if state.isOver { return (false, false) }
            state.commands.append(command)
            // One that finds others there finds a thread that has been woken for them and has not looked yet.
            return (true, state.commands.count == 1)
        }
        if mustWake { waker.wake() }
        return isTaken
    }

    // MARK: For the thread

    func takeCommands() -> [Command] {
        state.withLockedValue { state in
            if state.commands.isEmpty { return [] }
            defer { state.commands = [] }
            return state.commands
        }
    }

    func publish(_ lane: LaneSnapshot) { state.withLockedValue { $0.lane = lane } }

    /// Notes why nothing further is sent; those that enter later are told too.
    ///
    /// - Returns: Those that are to be told now.
    func end(_ error: any Error) -> [OutcomeStream] {
        state.withLockedValue { state in
            if case .none = state.ending { state.ending = error }
            return Array(state.streams.values)
        }
    }

    /// The thread ends: whatever it has not taken has had nobody to take it.
    func finish() {
        let (commands, closers) = state.withLockedValue { state in
            state.isOver = true
            defer { (state.commands, state.closers) = ([], []) }
            return (state.commands, state.closers)
        }
        for case .take(let request, let stream) in commands {
            stream.settle(Deliverer.Outcome(unsent: request.id, .cancelled))
        }
        for closer in closers { closer.resume() }
    }
}
