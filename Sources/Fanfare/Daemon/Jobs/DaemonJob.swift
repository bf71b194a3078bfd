import FanfareAudience
import FanfareControl
import FanfareDelivery
import FanfareJob
import FanfareTransport
import Foundation
import NIOConcurrencyHelpers

/// A job that a daemon runs for another process: what it has come to, for whoever asks. Any thread.
final class DaemonJob: Sendable {
    /// Where it begins.
    enum Source: Sendable {
        /// Just handed over.
        case new(LoadedJob)
        /// A fan-out that an earlier process had taken up.
        case known(FanOutRecord)
        /// Deliveries that are sent again.
        case retry(RetryOrder)
    }

    private struct State {
        var status: HandedRun
        var start: Int64?
        var running: RunningFanOut?
        var desk: FanOutDesk?
        var isStopped = false
        var problems: [JobProblem] = []
        /// When somebody asked for it last, and whether that one was told of its end.
        var follower: (at: ContinuousClock.Instant, knowsEnd: Bool)?
        /// How many attempts had ended when something of it was under way last, and when that was.
        var moved: (attempts: Int64, at: ContinuousClock.Instant)?
    }

    /// After such a time without a request one that sends is at rest.
    private static let patience: Duration = .seconds(1)

    let order: RunOrder
    let source: Source
    /// Of what its job means.
    let fingerprint: String
    /// Until when an earlier process has had it wait for its turn, after its time had come: Unix seconds; nil: none has.
    let waitedUntil: Int64?
    private let state: NIOLockedValueBox<State>

    /// - Parameters:
    ///   - ticket: By which it is asked for.
    ///   - name: The job's.
    ///   - order: As it was handed over.
    ///   - source: Where it begins.
    ///   - fingerprint: Of what its job means.
    ///   - waitedUntil: Until when an earlier process has had it wait for its turn.
    init(
        ticket: String,
        name: String,
        order: RunOrder,
        _ source: Source,
        fingerprint: String,
        waitedUntil: Int64? = nil
    ) {
        (self.order, self.source, self.fingerprint) = (order, source, fingerprint)
        self.waitedUntil = waitedUntil
        state = NIOLockedValueBox(State(status: HandedRun(ticket: ticket, name: name)))
    }

    /// Why it cannot be planned, where it is to be; nil: it can.
    func obstacleToPlan(at now: Int64) -> String? {
        guard order.isPlanned, case .new(let loaded) = source else { return nil }
        guard let start = loaded.job.schedule.lastStart else {
            return "\(name) has no time to be planned for: give it schedule.at, or send it now with fanfare run"
        }
        guard start.unixSeconds > now else {
            return "\(name) cannot be planned for \(start.localText), which is past: change schedule.at, or send it "
                + "now with fanfare run"
        }
        return nil
    }

    /// How it stands.
    var status: HandedRun {
        let state = state.withLockedValue { $0 }
        var status = state.status
        status.isPaused = state.desk?.isPaused ?? false
        if let start = state.start { status.secondsToStart = max(0, start - Int64(Date().timeIntervalSince1970)) }
        if status.end == nil { status.now = state.running.map { HandedSnapshot($0.snapshot) } }
        return status
    }

    /// The same for who has just handed it over or asks again and again, and is to hear of its end.
    func followed() -> HandedRun {
        let status = self.status
        state.withLockedValue { $0.follower = (.now, status.end != nil) }
        return status
    }

    /// Somebody asked for it in the last seconds, and has not heard of its end. Who has planned it for later does not
    /// wait for that.
    var isFollowed: Bool {
        let (follower, phase) = state.withLockedValue { ($0.follower, $0.status.phase) }
        guard let follower, !follower.knowsEnd, !(order.isPlanned && phase == .scheduled) else { return false }
        return follower.at + .seconds(3) > .now
    }

    var ticket: String { state.withLockedValue { $0.status.ticket } }
    var name: String { state.withLockedValue { $0.status.name } }
    /// Whether it has ended here, however it did.
    var isOver: Bool { state.withLockedValue { $0.status.end != nil } }
    /// How it ended; nil: it has not.
    var end: HandedEnd.Cause? { state.withLockedValue { $0.status.end?.cause } }
    /// What of its job is at fault, where it could not go on for that.
    var problems: [JobProblem] { state.withLockedValue { $0.problems } }
    /// What keeps back a job that is kept all the same, for whoever is to mend it; nil: nothing does.
    var obstacle: String? {
        switch end {
        case .refused(let text)?:
            let prefix = "fanfare: "
            let plain = text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
            return problems.isEmpty ? plain : problems.map(\.message).joined(separator: "; ")
        case .failed(let message)?: return "the agent failed, and goes on with it at its next start: \(message)"
        case nil, .complete?, .stopped?, .interrupted?: return nil
        }
    }
    /// Whether it was planned, and waits for somebody to mend what keeps it back.
    var isKeptBack: Bool { order.isPlanned && obstacle != nil && !(isNew && hasComeToNothing) }
    /// Whether its order was not taken up by an earlier process.
    var isNew: Bool { if case .new = source { true } else { false } }
    /// It is over without having become a fan-out.
    var hasComeToNothing: Bool { isOver && fanOut == nil }
    /// The fan-out that it has become; nil: it has not been taken up.
    var fanOut: String? { state.withLockedValue { $0.status.fanOut } }
    /// Whether it is to be left as it stands.
    var isStopped: Bool { state.withLockedValue { $0.isStopped } }
    /// Its fan-out, while it sends.
    var running: RunningFanOut? { state.withLockedValue { $0.status.end == nil ? $0.running : nil } }

    /// Whether nothing of it has been under way for a moment: it waits for a window, a part's time, a repetition, its
    /// receiver or an order. To be asked several times a second, to be true.
    var isAtRest: Bool {
        guard let snapshot = running?.snapshot else { return false }
        return state.withLockedValue { state in
            if snapshot.lane.inFlight == 0, let moved = state.moved, moved.attempts == snapshot.attempts {
                return moved.at + Self.patience < .now
            }
            state.moved = (snapshot.attempts, .now)
            return false
        }
    }

    /// Leaves it as it stands, in good order: the next start goes on with it.
    func stop() {
        let running = state.withLockedValue { state in
            state.isStopped = true
            return state.running
        }
        running?.stop()
    }

    /// Whether it is neither to be left, nor cancelled by the operator.
    var isWanted: Bool {
        let (isStopped, desk) = state.withLockedValue { ($0.isStopped, $0.desk) }
        return !isStopped && desk?.orders.isCancelled != true
    }

    /// - Throws: `CancellationError` when it is not wanted.
    func requireWanted() throws { if !isWanted { throw CancellationError() } }

    // MARK: What it comes to

    func waits(_ why: String?) {
        state.withLockedValue { state in
            state.status.wait = why
            state.status.phase = why == nil ? .preparing : .queued
        }
    }

    func isTakenUp(_ taken: TakenJob) {
        state.withLockedValue { state in
            state.desk = taken.orders.desk
            state.status.fanOut = taken.run.record.id
        }
    }

    func imports(_ progress: ImportProgress) { state.withLockedValue { $0.status.importing = progress } }

    func isImported(_ taken: TakenJob) {
        state.withLockedValue { state in
            (state.status.importing, state.status.imported) = (nil, taken.imported)
            state.status.dropped = taken.run.droppedChange
        }
    }

    /// - Parameter start: Its time; nil: it is waited for no longer.
    func waits(for start: Schedule.Start?) {
        state.withLockedValue { state in
            (state.start, state.status.start) = (start?.unixSeconds, start?.localText)
            state.status.phase = start == nil ? .preparing : .scheduled
        }
    }

    func sends(_ started: StartedJob) {
        let counts = started.running.snapshot.progress.counts
        let isRetry = if case .retry = source { true } else { false }
        let isStopped = state.withLockedValue { state in
            state.running = started.running
            state.status.phase = .sending
            state.status.recipients = isRetry ? counts.total - counts.final : started.recipients
            state.status.unsettled = started.unsettled
            state.status.warnings = started.warnings + started.endpoint.warnings
            return state.isStopped
        }
        if isStopped { started.running.stop() }
    }

    /// It cannot go on: what of its job is at fault is remembered.
    func fails(_ error: any Error) {
        guard let error = error as? JobError else { return }
        state.withLockedValue { $0.problems = error.problems }
    }

    func ended(_ end: HandedEnd) {
        state.withLockedValue { state in
            (state.status.phase, state.status.end) = (.over, end)
            (state.status.importing, state.status.start, state.start) = (nil, nil, nil)
            (state.running, state.desk) = (nil, nil)
        }
    }
}

extension EndpointSettings {
    /// What is between this machine and the receiver, and what of it is not checked.
    fileprivate var warnings: [String] {
        var warnings: [String] = []
        if let proxy {
            warnings.append("requests go through the proxy \(proxy), which decides what addresses may be reached")
        }
        if !verifiesCertificates, url.lowercased().hasPrefix("https:") {
            warnings.append("webhook.tls.verify is false: anybody on the way can read the requests and answer them")
        }
        return warnings
    }
}
