import FanfarePayload
import FanfareStore
import FanfareTransport
import Histogram
import Logging
import NIOConcurrencyHelpers

/// One fan-out under way: what its loops, its writer and its supervisor share.
///
/// Any thread; the lane and what is shown of it stand under one lock, taken once per turn and per batch of completions.
final class FanOut: Sendable {
    /// What a turn of a loop may send.
    struct Grant {
        /// Attempts, all of them started in the lane.
        var count: Int
        /// Of these at most so many first attempts.
        var fresh: Int
        /// First attempts that may go out for now, in this turn and later.
        var freshAhead: Int
        /// How many retries may be marked in flight for it, in this turn and for later ones.
        var retriesAhead: Int
        /// First attempts go before retries: a probe with a contact that always fails would say nothing.
        var prefersFresh: Bool
        /// The lane's time in whole seconds, and in nanoseconds.
        var laneSeconds: Int64
        var laneTime: UInt64
        /// Tells a delivery that has outlived its deadline.
        var retry: RetryPolicy
        /// Which pause by the operator this is, counted from 1; nil: there is none, or something was granted.
        var pause: Int?
    }

    struct Shared {
        var lane: Lane
        var latency: Histogram<UInt32>
        var progress: LedgerProgress
        var stall: StoreError?
        var failure: (any Error)?
        var isStopRequested = false
        var isCancelRequested = false
        /// As they hold now: a running fan-out can be given others.
        var settings: DeliverySettings
        var retry: RetryPolicy
        /// Pauses by the operator so far, and the loops that send nothing any more since the last.
        var pauses = 0
        var quietLoops = 0
        var detachedLoops = 0
        /// Loops that still have no address of the receiver's name; 0 where it needs none.
        var namelessLoops = 0
        var nameFailure: NameFailure?
        var lastFailure: FanOutSnapshot.Failure?
        var totals = AttemptTotals()
        var http2Loss: HTTP2Loss?
        /// When the window opens next; nil: it is open, or there is none.
        var opening: SendWindow.Opening?
        /// How many waves are open.
        var openWaves: Int
    }

    /// Retries marked in flight ahead of their sending, at most: as many as go out while a commit takes its
    /// milliseconds. After a `kill -9` they are listed as uncertain, though they were not sent.
    private static let mostRetriesAhead = 256

    let plan: FanOutPlan
    let rules: AnswerRules
    let inbox = OutcomeInbox()
    let claimer: Claimer
    let waves: Waves
    /// Raised when the supervisor should look.
    let signal = Signal()
    /// The name to be looked up; nil when the URL holds an address.
    let hostName: String?
    let journal: Journal
    private let origin: OriginShare
    private let loops: Int
    let shared: NIOLockedValueBox<Shared>

    /// - Throws: `StoreError` when the ledger cannot be read.
    init(
        _ plan: FanOutPlan,
        origin: OriginShare,
        loops: Int,
        logger: Logger = DeliveryEngine.Configuration().logger
    ) throws {
        let progress = try plan.ledger.progress()
        let now = Clocks.monotonic()
        self.plan = plan
        self.origin = origin
        self.loops = loops
        hostName = plan.hostName
        journal = Journal(logger, plan, run: progress.run)
        rules = AnswerRules(plan.settings)
        waves = try plan.ledger.waves()
        let openWaves = waves.open(at: Clocks.unixTime())
        claimer = try Claimer(
            ledger: plan.ledger,
            progress: progress,
            lead: plan.settings.watermarkLead,
            open: waves.lastOrdinal(open: openWaves),
            marksRetries: plan.settings.whenUncertain == .hold,
            inbox: inbox
        )
        var shared = Shared(
            lane: Lane(resuming: progress, plan.settings, startsCanaryAfresh: plan.startsCanaryAfresh, now: now),
            latency: Histogram(highestTrackableValue: 3_600_000_000, numberOfSignificantValueDigits: .two),
            progress: progress,
            isCancelRequested: plan.isCancelled,
            settings: plan.settings,
            retry: RetryPolicy(plan.settings),
            openWaves: openWaves
        )
        if !plan.startsPausedBy.isEmpty { shared.pause(by: plan.startsPausedBy, now: now) }
        // Until the supervisor has looked at the clock.
        if case .some = plan.window { shared.lane.pause(.outsideWindow, now: now) }
        if hostName != nil {
            shared.namelessLoops = loops
            shared.lane.pause(.resolving, now: now)
        }
        self.shared = NIOLockedValueBox(shared)
    }

    // MARK: For the loops

    /// Takes leave to start attempts, at most `limit`; all of the grant counts as started.
    ///
    /// Nothing is granted while 4,096 outcomes wait for the ledger, nor more than a loop's equal share of the window:
    /// each keeps the connections it once needed, and together they shall not have more than the window is wide.
    ///
    /// - Parameter here: What the loop has in flight.
    func grant(limit: Int, here: Int, now: UInt64) -> Grant {
        let room = OutcomeInbox.capacity - inbox.backlog
        return shared.withLockedValue { shared in
            let open = max(0, min(room, share(shared) - here, shared.lane.credit(now: now)))
            let own = min(limit, open)
            let credit = origin.take(
                own,
                for: self,
                limit: shared.lane.concurrencyLimit,
                rate: shared.lane.ratePerSecond,
                now: now
            )
            let freshAhead = shared.lane.freshCredit
            let fresh = min(credit, freshAhead)
            shared.lane.started(credit, fresh: fresh, now: now)
            let laneTime = shared.lane.laneTime(now: now)
            let seconds = Int64(laneTime / 1_000_000_000)
            return Grant(
                count: credit,
                fresh: fresh,
                freshAhead: freshAhead,
                retriesAhead: credit < own ? credit : min(open, Self.mostRetriesAhead),
                prefersFresh: !shared.lane.breakerIsClosed,
                laneSeconds: seconds,
                laneTime: laneTime,
                retry: shared.retry,
                pause: shared.lane.pauses.isDisjoint(with: .orders) ? nil : shared.pauses
            )
        }
    }

    /// Attempts of a grant that are not sent after all.
    func returned(_ count: Int, fresh: Int, now: UInt64) {
        if count == 0 { return }
        shared.withLockedValue { $0.lane.returned(count, fresh: fresh, now: now) }
        origin.returned(count, now: now)
    }

    /// A delivery that had been tried before ended without a further attempt.
    func endedUnsent() { shared.withLockedValue { $0.lane.endedUnsent() } }

    /// When the lane may send again by the passing of time alone, in monotonic nanoseconds; nil: it will not, or a
    /// commit must make room first, which wakes the loops.
    func nextWake(here: Int, now: UInt64) -> UInt64? {
        guard inbox.backlog < OutcomeInbox.capacity else { return nil }
        let wake = shared.withLockedValue { here < share($0) ? $0.lane.nextWake(now: now) : nil }
        guard let own = wake else { return nil }
        return origin.nextWake(now: now).map { max($0, own) }
    }

    /// What one loop may have in flight.
    private func share(_ shared: Shared) -> Int { (shared.lane.maxInFlight + loops - 1) / loops }

    /// HTTP/2 does not do with this receiver: the first reason is kept and told.
    func lostHTTP2(_ loss: HTTP2Loss) {
        let isNews = shared.withLockedValue { shared in
            if case .some = shared.http2Loss { return false }
            shared.http2Loss = loss
            return true
        }
        if isNews { journal.lostHTTP2(loss) }
    }

    var hasLostHTTP2: Bool {
        shared.withLockedValue { shared in
            if case .some = shared.http2Loss { return true }
            return false
        }
    }

    /// Whether not even what was handed to the loops may still be sent, unless it has begun.
    var isHalted: Bool { shared.withLockedValue { $0.lane.isHalted } }

    /// Whether the lane stands still by its breaker or a pause, so that nothing should count as possibly sent.
    var isResting: Bool {
        shared.withLockedValue { !$0.lane.pauses.isEmpty || !$0.lane.breakerIsClosed }
    }

    /// Whether only deliveries that have been tried before can still be sent.
    func hasOnlyRetries(_ shared: Shared) -> Bool { shared.lane.freshCredit == 0 || claimer.hasGivenOutAll }

    /// Tells the lane of a batch of so many completions, under one lock.
    func settle(_ count: Int, now: UInt64, _ body: (_ shared: inout Shared, _ laneTime: UInt64) -> Void) {
        let (mustLook, before, after, failure) = shared.withLockedValue { shared in
            let before = Journal.Moment(shared.lane)
            body(&shared, shared.lane.laneTime(now: now))
            let hasStopped = shared.lane.mustStop(now: now) != nil
            let mustLook = hasStopped || (shared.lane.inFlight == 0 && !shared.lane.pauses.isEmpty)
            let after = Journal.Moment(shared.lane)
            if before.breakerIsClosed, !after.breakerIsClosed { shared.totals.breakerOpened() }
            return (mustLook, before, after, shared.lastFailure)
        }
        origin.ended(count)
        journal.changed(from: before, to: after, failure)
        if mustLook { signal.raise() }
    }

    /// A loop has got the receiver's first addresses.
    func nameBecameKnown() {
        let now = Clocks.monotonic()
        let isKnown = shared.withLockedValue { shared in
            shared.namelessLoops -= 1
            shared.nameFailure = nil
            if shared.namelessLoops == 0 { shared.lane.resume(.resolving, now: now) }
            return shared.namelessLoops == 0
        }
        if isKnown { journal.nameFound() }
    }

    /// The receiver's name was not found; the resolver tries again.
    func nameFailed(_ failure: NameFailure) {
        let isNews = shared.withLockedValue { shared in
            defer { shared.nameFailure = failure }
            return shared.nameFailure != failure
        }
        if isNews { journal.nameFailed(failure) }
    }

    /// A loop cannot go on with this fan-out.
    func fail(_ error: any Error) {
        shared.withLockedValue { shared in
            if shared.failure == nil { shared.failure = error }
        }
        signal.raise()
    }

    // MARK: For the writer

    func position() -> LedgerWriter.Position {
        let now = Clocks.monotonic()
        let laneSeconds = shared.withLockedValue { Int64($0.lane.laneTime(now: now) / 1_000_000_000) }
        return .init(laneSeconds: laneSeconds, claimed: claimer.claimed)
    }

    func committed(_ records: [OutcomeRecord], _ commit: LedgerWriter.Commit) {
        if commit.stall == nil { claimer.committed(records, progress: commit.progress) }
        if let stall = commit.stall, !stall.code.mayPass { return fail(stall) }
        let now = Clocks.monotonic()
        let wasStalled = shared.withLockedValue { shared in
            // Not as a comparison with nil: Swift 6.3.1's optimiser crashes on that.
            let wasStalled = if case .some = shared.stall { true } else { false }
            shared.progress = commit.progress
            shared.totals.committed(microseconds: commit.microseconds, failed: commit.stall != nil)
            if commit.stall == nil, wasStalled { shared.lane.resume(.storage, now: now) }
            if commit.stall != nil, !wasStalled { shared.lane.pause(.storage, now: now) }
            shared.stall = commit.stall
            return wasStalled
        }
        if let stall = commit.stall, !wasStalled { journal.stalled(stall) }
        if wasStalled, commit.stall == nil { journal.recovered() }
        signal.raise()
    }

    // MARK: For the supervisor and for people

    func pause(_ reason: PauseReasons) {
        let now = Clocks.monotonic()
        shared.withLockedValue { $0.lane.pause(reason, now: now) }
        signal.raise()
    }

    func resume(_ reason: PauseReasons) {
        let now = Clocks.monotonic()
        shared.withLockedValue { $0.lane.resume(reason, now: now) }
    }

    func requestStop() {
        shared.withLockedValue { $0.isStopRequested = true }
        signal.raise()
    }

    var isStopRequested: Bool { shared.withLockedValue { $0.isStopRequested } }

    /// A loop has let go of it.
    func detached() {
        shared.withLockedValue { $0.detachedLoops += 1 }
        origin.leave(self, now: Clocks.monotonic())
        signal.raise()
    }

    /// Whether the ledger cannot be written.
    var isStalled: Bool {
        // Not in one expression: Swift 6.3.1's optimiser crashes on that.
        shared.withLockedValue { shared in
            if case .some = shared.stall { return true }
            return false
        }
    }

    var detachedLoops: Int { shared.withLockedValue { $0.detachedLoops } }

    func read<Result>(_ body: (Shared) -> Result) -> Result { shared.withLockedValue { body($0) } }
}

extension StoreError.Code {
    /// Whether writing again later can succeed: there is room again, the lock is free, the disk is back.
    fileprivate var mayPass: Bool { self == .diskFull || self == .busy || self == .ioFailure || self == .readOnly }
}
