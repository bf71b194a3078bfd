import FanfarePayload
import FanfareTransport

/// Drives the requests of a deliverer: asks its lane, signs and submits, and turns what ended into outcomes.
///
/// Thread: its own. The counterpart of ``LoopWorker`` and ``LoopLane`` without audience and ledger.
final class DelivererWorker {
    /// Attempts that start in one turn, and the bytes of them that are put together at most, a last one beyond.
    private static let quantum = 256
    private static let quantumBytes = 1 << 20
    private static let completionCapacity = 1024
    /// Longest time without a look around: with something to wait for, and without, in milliseconds.
    private static let look = 100
    private static let rest = 60_000
    private static let second: UInt64 = 1_000_000_000

    private let endpoint: DelivererEndpoint
    private let loop: DeliveryLoop
    private let endpointID: EndpointID
    private let desk: DelivererDesk
    private let names: NameResolver
    private let nameMailbox: NameMailbox
    private let rules: AnswerRules
    private let retry: RetryPolicy
    private let timeout: UInt32
    private let completions: UnsafeMutableBufferPointer<TransferCompletion>

    private var lane: Lane
    private var queue = DelivererQueue()
    private var inFlight = InFlightTable<HeldRequest>()
    private var taken: UInt64 = 0
    private var buffer = RequestBuffer()
    /// Why nothing further is sent, as requests and as their readers are told.
    private var halt: (reason: Reason, error: any Error)?
    private var isClosing = false
    /// Monotonic nanoseconds since when the receiver's name is waited for; nil: it is known, or not needed.
    private var namelessSince: UInt64?
    private var nameFailure: NameFailure?
    private var speaksHTTP2: Bool
    private var http2 = HTTP2Watch()

    /// - Throws: `TransportError`.
    init(_ endpoint: DelivererEndpoint, loop: consuming DeliveryLoop, desk: DelivererDesk, waker: Waker) throws {
        names = try NameResolver()
        endpointID = try loop.addEndpoint(endpoint.connection)
        self.loop = loop
        self.endpoint = endpoint
        self.desk = desk
        speaksHTTP2 = endpoint.connection.offersHTTP2
        nameMailbox = NameMailbox(waker: waker)
        rules = AnswerRules(endpoint.settings)
        retry = RetryPolicy(endpoint.settings)
        timeout = UInt32(clamping: Int64(endpoint.settings.timeout / .milliseconds(1)))
        lane = Lane(endpoint.settings, now: Clocks.monotonic())
        completions = .allocate(capacity: Self.completionCapacity)
        desk.publish(lane.snapshot(now: Clocks.monotonic()))
    }

    deinit { completions.deallocate() }

    /// Runs until it was closed and nothing is in flight, or the loop has failed.
    func run() {
        followName()
        do {
            while !(isClosing && inFlight.isEmpty) { try turn() }
        } catch {
            for stream in desk.end(error) { stream.fail(error) }
        }
        names.unfollow(token: 0, mailbox: nameMailbox)
        desk.finish()
    }

    private func turn() throws {
        for command in desk.takeCommands() { obey(command) }
        try takeNames()
        let now = Clocks.monotonic()
        if halt == nil {
            if let stop = lane.mustStop(now: now) { halt(stop.reason, DeliveryError(.stopped, stop.text)) }
            if let missing = missingName(now: now) { halt(.resolve, missing) }
        }
        if halt != nil { try loop.recall(endpointID) }
        let wake = try dispatch(now: now)
        desk.publish(lane.snapshot(now: now))
        let count = try loop.poll(into: completions, timeoutMilliseconds: wake)
        if count > 0 { settle(UnsafeMutableBufferPointer(rebasing: completions[..<count])) }
    }

    // MARK: Orders

    private func obey(_ command: DelivererDesk.Command) {
        switch command {
        case .take(let request, let stream): take(request, stream)
        case .cancel(let stream):
            for held in queue.removeAll(of: stream) { end(held, .cancelled, .cancelled) }
        case .close:
            isClosing = true
            halt(.cancelled, DeliveryError(.closed, "the deliverer was closed"))
        }
    }

    private func take(_ request: Deliverer.Request, _ stream: OutcomeStream) {
        taken += 1
        let held = HeldRequest(request: request, stream: stream, number: taken)
        if let halt { return end(held, .cancelled, halt.reason) }
        if let fault = endpoint.fault(in: request) { return end(held, .dead, .rejected, fault: fault) }
        queue.append(held)
    }

    /// Sends nothing further: what waits ends now, what is in flight with its attempt.
    private func halt(_ reason: Reason, _ error: any Error) {
        if halt != nil { return }
        halt = (reason, error)
        lane.pause(.stopping, now: Clocks.monotonic())
        for stream in desk.end(error) { stream.stop(error) }
        for held in queue.removeAll(of: nil) { end(held, .cancelled, reason) }
    }

    // MARK: Names

    private func followName() {
        guard let host = endpoint.hostName else { return }
        let now = Clocks.monotonic()
        namelessSince = now
        lane.pause(.resolving, now: now)
        names.follow(host: host, token: 0, mailbox: nameMailbox)
    }

    private func takeNames() throws {
        for update in nameMailbox.drain() {
            switch update.outcome {
            case .failure(let failure):
                nameFailure = failure
                endpoint.journal.nameFailed(failure)
            case .success(let addresses):
                try loop.setAddresses(addresses, of: endpointID)
                if namelessSince == nil { continue }
                namelessSince = nil
                lane.resume(.resolving, now: Clocks.monotonic())
                endpoint.journal.nameFound()
            }
        }
    }

    private func missingName(now: UInt64) -> DeliveryError? {
        guard let since = namelessSince, .nanoseconds(Int64(now - since)) > endpoint.namePatience else { return nil }
        let whose = endpoint.isProxied ? "proxy's" : "receiver's"
        return .nameMissing(endpoint.hostName ?? "", of: whose, endpoint.namePatience, nameFailure)
    }

    // MARK: Sending

    /// Starts what the lane may send now.
    ///
    /// - Returns: How long to wait for something to happen, in milliseconds.
    private func dispatch(now: UInt64) throws -> Int32 {
        let laneTime = lane.laneTime(now: now)
        let laneSeconds = Int64(laneTime / Self.second)
        guard queue.hasDue(laneSeconds: laneSeconds) else {
            if !inFlight.isEmpty || !queue.isEmpty || namelessSince != nil { return Int32(Self.look) }
            return Int32(isClosing ? 0 : Self.rest)
        }
        let credit = min(Self.quantum, lane.credit(now: now))
        if credit == 0 {
            if lane.isHalted { try loop.recall(endpointID) }
            return milliseconds(until: lane.nextWake(now: now), now: now)
        }
        let batch = gather(credit, laneTime: laneTime, now: now)
        if batch.isEmpty { return 0 }
        lane.started(batch.count, fresh: batch.count { $0.held.isFirstAttempt }, now: now)
        try submit(batch, laneSeconds: laneSeconds, now: now)
        guard queue.hasDue(laneSeconds: laneSeconds) else { return Int32(Self.look) }
        return milliseconds(until: lane.nextWake(now: now), now: now)
    }

    private func milliseconds(until wake: UInt64?, now: UInt64) -> Int32 {
        guard let wake else { return Int32(Self.look) }
        return Int32(min(UInt64(Self.look), (max(wake, now) - now + 999_999) / 1_000_000))
    }

    private func gather(_ credit: Int, laneTime: UInt64, now: UInt64) -> [(held: HeldRequest, request: RenderedRequest)]
    {
        var batch: [(HeldRequest, RenderedRequest)] = []
        let unixTime = Clocks.unixTime()
        let prefersFresh = !lane.breakerIsClosed
        buffer.reset()
        while batch.count < credit, buffer.count < Self.quantumBytes,
            let held = queue.next(laneSeconds: Int64(laneTime / Self.second), prefersFresh: prefersFresh)
        {
            if !held.isFirstAttempt, retry.isPastDeadline(firstAt: held.firstAt, laneTime: laneTime) {
                end(held, .dead, .deadline)
                continue
            }
            let rendered = endpoint.template.wrap(
                id: held.request.id,
                headers: DelivererEndpoint.lines(held.request.headers),
                body: held.request.body,
                unixTime: unixTime,
                into: &buffer
            )
            batch.append((held, rendered))
        }
        return batch
    }

    private func submit(
        _ batch: [(held: HeldRequest, request: RenderedRequest)],
        laneSeconds: Int64,
        now: UInt64
    ) throws {
        var requests: [TransferRequest] = []
        requests.reserveCapacity(batch.count)
        for (held, request) in batch {
            var held = held
            held.startedAt = now
            if held.isFirstAttempt { held.firstAt = laneSeconds }
            requests.append(
                TransferRequest(
                    token: inFlight.insert(held),
                    endpoint: endpointID,
                    timeoutMilliseconds: timeout,
                    request,
                    in: buffer.bytes
                )
            )
        }
        let accepted = try requests.withUnsafeBufferPointer { try loop.submit($0) }
        // From the last, as each goes to the front.
        for index in requests.indices[accepted...].reversed() {
            _ = inFlight.remove(requests[index].token)
            queue.putBack(batch[index].held)
        }
        let fresh = batch[accepted...].count { $0.held.isFirstAttempt }
        lane.returned(batch.count - accepted, fresh: fresh, now: now)
    }

    // MARK: Settling

    private func settle(_ completions: UnsafeMutableBufferPointer<TransferCompletion>) {
        let now = Clocks.monotonic()
        let before = Journal.Moment(lane)
        var failure: FanOutSnapshot.Failure?
        var mustRefreshName = false
        for completion in completions {
            guard let held = inFlight.remove(completion.token) else { continue }
            if completion.flags.contains(.cancelled), !completion.flags.contains(.anythingWritten) {
                recalled(held, now: now)
                continue
            }
            watchHTTP2(completion, startedAt: held.startedAt, now: now)
            var ending = AttemptEnding(completion, hiding: endpoint.template.secretMask)
            if ending.result == .connectFailed {
                mustRefreshName = true
                if endpoint.isProxied { ending.detail = .proxyUnreachable }
            }
            let verdict = settle(held, completion, ending, now: now)
            if let reason = verdict.reason { failure = .init(reason: reason, status: ending.status) }
        }
        endpoint.journal.changed(from: before, to: Journal.Moment(lane), failure)
        if mustRefreshName, let host = endpoint.hostName { names.refresh(host: host) }
    }

    /// Leaves HTTP/2 for good when the receiver fails at it: a request that hangs has lost its time-out, and no further
    /// one shall.
    private func watchHTTP2(_ completion: TransferCompletion, startedAt: UInt64, now: UInt64) {
        guard speaksHTTP2, let loss = http2.ended(completion, startedAt: startedAt, now: now) else { return }
        speaksHTTP2 = false
        endpoint.journal.lostHTTP2(loss)
        do { try loop.leaveHTTP2(endpointID) } catch { halt(.transport, error) }
    }

    private func settle(
        _ held: HeldRequest,
        _ completion: TransferCompletion,
        _ ending: AttemptEnding,
        now: UInt64
    ) -> Verdict {
        let history = held.history
        // Where requests may still come, one of them will be the probe.
        let countsProbes = history.hasFailed && queue.hasOnlyRetries && !held.stream.mayGive
        let verdict = rules.verdict(ending, breakerClosed: lane.breakerIsClosed, countsProbes: countsProbes)
        let decision = retry.decide(
            verdict,
            history: history,
            laneTime: lane.laneTime(now: now),
            seed: held.number
        )
        lane.ended(
            ending,
            verdict,
            final: decision.isFinal,
            failedBefore: history.hasFailed,
            startedAt: held.startedAt,
            now: now
        )
        var held = held
        let next = history.after(verdict)
        (held.attempts, held.uncounted) = (next.attempts, next.uncounted)
        (held.status, held.reason) = (ending.status, verdict.reason)
        switch decision {
        case .delivered:
            let warning: Reason? = completion.flags.contains(.bodyWarning) ? .answerCutShort : nil
            end(held, .delivered, warning, completion, ending)
        case .dead(let reason): end(held, .dead, reason, completion, ending)
        case .uncertain(let reason): end(held, .uncertain, reason, completion, ending)
        case .retry(let dueAt):
            if let reason = reasonToEnd(held) {
                end(held, .cancelled, reason, completion, ending)
            } else {
                queue.insert(held, dueAt: dueAt)
            }
        }
        return verdict
    }

    /// Taken back before anything of it was sent.
    private func recalled(_ held: HeldRequest, now: UInt64) {
        var held = held
        let isFresh = held.attempts + held.uncounted == 0
        // Its deadline begins with its first attempt, and there was none.
        if isFresh { held.firstAt = -1 }
        lane.recalled(fresh: isFresh, startedAt: held.startedAt, now: now)
        if let reason = reasonToEnd(held) { end(held, .cancelled, reason) } else { queue.putBack(held) }
    }

    /// Why a request is not sent again whatever its rules say.
    private func reasonToEnd(_ held: HeldRequest) -> Reason? {
        if let halt { return halt.reason }
        return held.stream.isCancelled ? .cancelled : nil
    }

    private func end(
        _ held: HeldRequest,
        _ state: DeliveryState,
        _ reason: Reason?,
        _ completion: TransferCompletion? = nil,
        _ ending: AttemptEnding? = nil,
        fault: String? = nil
    ) {
        var outcome = Deliverer.Outcome(unsent: held.request.id, state)
        outcome.reason = reason
        outcome.status = held.status
        outcome.attempts = held.attempts + held.uncounted
        outcome.fault = fault
        if let completion {
            outcome.duration = .microseconds(Int64(completion.totalMicroseconds))
            outcome.response = excerpt(of: completion)
        }
        outcome.location = ending?.location
        held.stream.settle(outcome)
    }

    private func excerpt(of completion: TransferCompletion) -> [UInt8] {
        var bytes = Array(UnsafeRawBufferPointer(start: completion.excerpt, count: Int(completion.excerptLength)))
        bytes.withUnsafeMutableBytes { endpoint.template.secretMask.cover($0) }
        return bytes
    }
}

extension Deliverer.Outcome {
    /// Of a request of which nothing was sent.
    init(unsent id: String, _ state: DeliveryState) {
        self.id = id
        self.state = state
        reason = state == .cancelled ? .cancelled : nil
        status = 0
        attempts = 0
        duration = .zero
        response = []
    }
}
