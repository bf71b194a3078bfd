import FanfareStore
import FanfareTransport

/// Sees one fan-out from its first claim to its last commit, on a thread of its own that mostly waits.
struct FanOutSupervisor {
    /// Between two looks without a signal, in seconds.
    private static let patience = 0.25

    let fanOut: FanOut
    let running: RunningFanOut
    let writer: LedgerWriter
    let loops: [LoopMailbox]
    /// In which the receiver's name must be found once.
    let namePatience: Duration

    func run() {
        fanOut.journal.began(fanOut.read { $0.progress })
        var clock = LocalClock(utcOffset: fanOut.plan.utcOffset)
        follow(&clock)
        for loop in loops { loop.post(.add(fanOut)) }
        var cause = waitForEnd(&clock)
        drain()
        do {
            try settleLedger()
        } catch {
            cause = .failed(error)
        }
        // An order that came while it drained holds too: whoever gave it was told so.
        if fanOut.isCancelRequested, cause.leavesTheRest { cause = .stopped(.cancelled) }
        if case .stopped(let reason) = cause, reason.isFinal {
            do {
                try fanOut.plan.ledger.cancelRest(reason.reason)
            } catch {
                cause = .failed(error)
            }
        }
        let end = end(cause)
        fanOut.journal.ended(end.cause, end.progress)
        running.finish(end)
    }

    private func waitForEnd(_ clock: inout LocalClock) -> FanOutEnd.Cause {
        let start = Clocks.monotonic()
        while true {
            let now = Clocks.monotonic()
            let (failure, stop, isComplete) = fanOut.read { shared in
                (shared.failure, shared.lane.mustStop(now: now), shared.progress.isComplete)
            }
            if let failure { return .failed(failure) }
            if let missing = missingName(since: start, now: now) { return .failed(missing) }
            if isComplete, !fanOut.isHeldSinceStart { return .complete }
            if fanOut.isCancelRequested { return .stopped(.cancelled) }
            if let stop { return .stopped(stop) }
            if fanOut.isStopRequested { return .interrupted }
            follow(&clock)
            fanOut.signal.wait(seconds: Self.patience)
        }
    }

    /// Nobody tells of the passing of time: it is looked at with each turn.
    private func follow(_ clock: inout LocalClock) {
        let time = clock.now()
        var isChange = fanOut.openWaves(unixTime: time.unix)
        if let window = fanOut.plan.window, fanOut.follow(window, localTime: time.unix + Int64(time.utcOffset)) {
            isChange = true
        }
        if isChange { for loop in loops { loop.wake() } }
    }

    /// See ``DeliveryEngine/Configuration/namePatience``.
    private func missingName(since start: UInt64, now: UInt64) -> DeliveryError? {
        guard .nanoseconds(Int64(now - start)) > namePatience, let host = fanOut.hostName else { return nil }
        return fanOut.read { shared in
            guard shared.namelessLoops > 0 else { return nil }
            let whose = fanOut.plan.endpoint.proxy.map { _ in "proxy's" } ?? "receiver's"
            return .nameMissing(host, of: whose, namePatience, shared.nameFailure)
        }
    }

    /// Nothing new goes out; every request in flight ends by its own time-out. Then the loops let go of the fan-out.
    private func drain() {
        fanOut.pause(.stopping)
        for loop in loops { loop.wake() }
        while fanOut.read({ $0.lane.inFlight }) > 0 { fanOut.signal.wait(seconds: Self.patience) }
        for loop in loops { loop.post(.remove(fanOut)) }
        while fanOut.detachedLoops < loops.count { fanOut.signal.wait(seconds: Self.patience) }
    }

    /// Gives back what was claimed and never sent, and writes the last of it.
    private func settleLedger() throws {
        while fanOut.claimer.isMarking, !fanOut.isStalled {
            fanOut.inbox.flush()
            fanOut.signal.wait(seconds: Self.patience)
        }
        fanOut.claimer.surrender(unixTime: Clocks.unixTime())
        try writer.finish()
    }

    /// The cause, with the progress as it stands on disk.
    private func end(_ cause: FanOutEnd.Cause) -> FanOutEnd {
        var snapshot = running.snapshot
        do {
            snapshot.progress = try fanOut.plan.ledger.progress()
        } catch {
            return FanOutEnd(cause: .failed(error), progress: snapshot.progress, snapshot: snapshot)
        }
        return FanOutEnd(cause: cause, progress: snapshot.progress, snapshot: snapshot)
    }
}

extension FanOutEnd.Cause {
    /// Whether deliveries that are not final are left as they are, to go on with.
    fileprivate var leavesTheRest: Bool {
        switch self {
        case .interrupted: true
        case .stopped(let reason): !reason.isFinal
        case .complete, .failed: false
        }
    }
}
