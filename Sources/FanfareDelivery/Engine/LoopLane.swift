import FanfareAudience
import FanfarePayload
import FanfareTransport
import Histogram

/// One fan-out's share of one loop: claims, renders and submits its batches, and turns what ended into outcomes.
///
/// Thread: its loop's. Buffers are kept and filled again.
final class LoopLane {
    let fanOut: FanOut
    let endpoint: EndpointID
    /// What news of the receiver's name carry; never another lane's, or late news of a lane that is gone would reach
    /// its successor.
    let nameToken: UInt64
    /// Completions of this turn, not yet settled. Their excerpts live until the next poll.
    var ended: [(slot: RequestInFlight, completion: TransferCompletion)] = []

    private let index: Int
    private let names: NameResolver
    private var knowsName = false
    /// The last pause by the operator that this loop has followed.
    private var quietSince = 0
    /// Requests that this loop has of the lane.
    private var inFlight = 0
    private var speaksHTTP2: Bool
    private var http2 = HTTP2Watch()
    private let timeout: UInt32
    private var reader: ContactReader
    private var clock: LocalClock
    private var claims = ClaimBatch()
    private var buffer = RequestBuffer()
    private var rendered: [(slot: RequestInFlight, request: RenderedRequest)] = []
    private var requests: [TransferRequest] = []
    private var outcomes = OutcomeBatch()
    /// Nil unless single deliveries are logged.
    private var attemptLog: AttemptLog?

    init(_ fanOut: FanOut, index: Int, endpoint: EndpointID, nameToken: UInt64, names: NameResolver) throws {
        self.fanOut = fanOut
        self.index = index
        self.nameToken = nameToken
        self.names = names
        self.endpoint = endpoint
        speaksHTTP2 = fanOut.plan.endpoint.offersHTTP2
        timeout = UInt32(clamping: Int64(fanOut.plan.settings.timeout / .milliseconds(1)))
        reader = try ContactReader(fanOut.plan)
        clock = LocalClock(utcOffset: fanOut.plan.utcOffset)
        attemptLog = AttemptLog(fanOut.journal.logger, ids: fanOut.plan.ids)
    }

    /// The loop lets go of it.
    func close() { attemptLog?.close() }

    // MARK: Sending

    /// Starts what the lane may send now.
    ///
    /// - Returns: When to look again, monotonic nanoseconds; nil: when something happens. A lane that may send but has
    ///   nothing due waits for the writer's next commit, or for the next second of lane time.
    func dispatch(
        _ loop: inout DeliveryLoop,
        _ table: inout InFlightTable<RequestInFlight>,
        quantum: Int,
        now: UInt64
    ) -> UInt64? {
        let grant = fanOut.grant(limit: quantum, here: inFlight, now: now)
        if grant.count == 0 {
            if fanOut.isResting { rest(loop) }
            if let pause = grant.pause, pause != quietSince {
                quietSince = pause
                fanOut.isQuiet(pause)
            }
            return fanOut.nextWake(here: inFlight, now: now)
        }
        do {
            try fanOut.claimer.claim(
                limit: grant.count,
                freshLimit: grant.fresh,
                freshAhead: grant.freshAhead,
                retriesAhead: grant.retriesAhead,
                prefersFresh: grant.prefersFresh,
                laneSeconds: grant.laneSeconds,
                into: &claims
            )
        } catch {
            fanOut.returned(grant.count, fresh: grant.fresh, now: now)
            fanOut.fail(error)
            return nil
        }
        if claims.isEmpty {
            fanOut.returned(grant.count, fresh: grant.fresh, now: now)
            return nil
        }
        do {
            try render(grant, now: now)
            try submit(&loop, &table, grant, now: now)
        } catch {
            giveBack(grant, now: now)
            fanOut.fail(error)
            return nil
        }
        flushOutcomes()
        attemptLog?.flush()
        // Credit that is left, because it was more than a turn's or because contacts were skipped, is for at once.
        return claims.count == grant.count ? fanOut.nextWake(here: inFlight, now: now) : nil
    }

    /// The lane stands still: nothing that was not sent may count as sent, should the process die now.
    private func rest(_ loop: borrowing DeliveryLoop) {
        if fanOut.isHalted {
            do { try loop.recall(endpoint) } catch { fanOut.fail(error) }
        }
        fanOut.claimer.rest(unixTime: clock.now().unix)
    }

    /// A turn that failed has sent nothing: all it claimed goes back.
    private func giveBack(_ grant: FanOut.Grant, now: UInt64) {
        outcomes.removeAll()
        attemptLog?.forget()
        rendered.removeAll(keepingCapacity: true)
        for claim in claims.claims { fanOut.claimer.giveBack(claim) }
        fanOut.returned(grant.count, fresh: grant.fresh, now: now)
    }

    /// Renders every claimed contact, or settles it unsent.
    private func render(_ grant: FanOut.Grant, now: UInt64) throws {
        buffer.reset()
        rendered.removeAll(keepingCapacity: true)
        let time = clock.now()
        // Taken out once: else each contact's request would copy all that the template holds.
        let template = fanOut.plan.template
        let ids = fanOut.plan.ids
        let suppressed = fanOut.plan.suppression?.known
        let holdout = fanOut.plan.holdout
        // The first address that is suppressed while it runs; whoever was before is known from the start.
        if suppressed != nil, !reader.readsAddresses { reader = try ContactReader(fanOut.plan) }
        try reader.read(claims) { claim, contact in
            if claim.firstAt >= 0, grant.retry.isPastDeadline(firstAt: claim.firstAt, laneTime: grant.laneTime) {
                return settleUnsent(claim, contact.key, .dead, .deadline, time.unix)
            }
            guard contact.exists else { return settleUnsent(claim, contact.key, .skipped, .erased, time.unix) }
            guard !contact.isRemoved else {
                return settleUnsent(claim, contact.key, .skipped, .removed, time.unix)
            }
            guard contact.mayReceive else {
                return settleUnsent(claim, contact.key, .skipped, .unsubscribed, time.unix)
            }
            if let suppressed, suppressed.contains(folded: contact.address) {
                return settleUnsent(claim, contact.key, .skipped, .suppressed, time.unix)
            }
            if let holdout, holdout.contains(foldedAddress: contact.address) {
                return settleUnsent(claim, contact.key, .skipped, .heldOut, time.unix)
            }
            let context = RenderContext(
                deliveryID: ids.id(contact: contact.key),
                unixTime: time.unix,
                utcOffset: time.utcOffset
            )
            switch template.render(contact.row, context: context, into: &buffer) {
            case .skipped(let reason): settleUnsent(claim, contact.key, .skipped, Reason(reason), time.unix)
            case .rendered(let request):
                let slot = RequestInFlight(
                    claim: claim,
                    lane: index,
                    contact: contact.key,
                    digest: Int64(bitPattern: request.bodyDigest),
                    startedAt: now
                )
                rendered.append((slot, request))
            }
        }
    }

    /// Hands what was rendered to the loop, and what of the grant was not used back to the lane.
    private func submit(
        _ loop: inout DeliveryLoop,
        _ table: inout InFlightTable<RequestInFlight>,
        _ grant: FanOut.Grant,
        now: UInt64
    ) throws {
        requests.removeAll(keepingCapacity: true)
        for (slot, request) in rendered {
            var slot = slot
            if slot.claim.firstAt < 0 { slot.claim.firstAt = grant.laneSeconds }
            requests.append(
                TransferRequest(
                    token: table.insert(slot),
                    endpoint: endpoint,
                    timeoutMilliseconds: timeout,
                    request,
                    in: buffer.bytes
                )
            )
        }
        var accepted = 0
        defer {
            for index in accepted..<requests.count { _ = table.remove(requests[index].token) }
        }
        accepted = try requests.withUnsafeBufferPointer { try loop.submit($0) }
        inFlight += accepted
        for (slot, _) in rendered[accepted...] { fanOut.claimer.giveBack(slot.claim) }
        let fresh = rendered[..<accepted].count { $0.slot.claim.isFirstAttempt }
        fanOut.returned(grant.count - accepted, fresh: grant.fresh - fresh, now: now)
    }

    /// A claimed delivery that ends, or is skipped, without an attempt.
    private func settleUnsent(
        _ claim: Claim,
        _ contact: Int64,
        _ state: DeliveryState,
        _ reason: Reason,
        _ unixTime: Int64
    ) {
        attemptLog?.unsent(contact: contact, state, reason, unixTime: unixTime)
        outcomes.append(OutcomeRecord(unsent: claim, state, reason, unixTime: unixTime))
        if !claim.isFirstAttempt { fanOut.endedUnsent() }
    }

    /// Takes news of the receiver's name; the lane opens when every loop has addresses.
    func update(_ outcome: Result<[IPAddress], NameFailure>, _ loop: borrowing DeliveryLoop) throws {
        switch outcome {
        case .failure(let failure): fanOut.nameFailed(failure)
        case .success(let addresses):
            try loop.setAddresses(addresses, of: endpoint)
            if !knowsName { fanOut.nameBecameKnown() }
            knowsName = true
        }
    }

    // MARK: Settling

    /// Turns what ended in this turn into outcomes.
    func settle(_ loop: borrowing DeliveryLoop, now: UInt64) {
        if ended.isEmpty { return }
        inFlight -= ended.count
        var mustRefreshName = false
        if speaksHTTP2 { watchHTTP2(loop, now: now) }
        let unixTime = clock.now().unix
        let secrets = fanOut.plan.template.secretMask
        fanOut.settle(ended.count, now: now) { shared, laneTime in
            for (slot, completion) in ended {
                if completion.flags.contains(.cancelled), !completion.flags.contains(.anythingWritten) {
                    shared.lane.recalled(fresh: slot.claim.isFirstAttempt, startedAt: slot.startedAt, now: now)
                    fanOut.claimer.giveBack(slot.claim)
                    continue
                }
                var ending = AttemptEnding(completion, hiding: secrets)
                if ending.result == .connectFailed {
                    mustRefreshName = true
                    if isProxied { ending.detail = .proxyUnreachable }
                }
                let history = slot.claim.history
                let hasFailed = history.hasFailed || slot.claim.failedBeforeReopening
                let verdict = fanOut.rules.verdict(
                    ending,
                    breakerClosed: shared.lane.breakerIsClosed,
                    countsProbes: hasFailed && fanOut.hasOnlyRetries(shared)
                )
                let decision = shared.retry.decide(
                    verdict,
                    history: history,
                    laneTime: laneTime,
                    seed: UInt64(bitPattern: slot.contact)
                )
                shared.lane.ended(
                    ending,
                    verdict,
                    final: decision.isFinal,
                    failedBefore: hasFailed,
                    startedAt: slot.startedAt,
                    now: now
                )
                if let reason = verdict.reason {
                    // What a contact alone is refused for is no sign of how the receiver fares.
                    let health = ReceiverSign(ending, verdict, failedBefore: hasFailed).health
                    if health == .down || health == .failing {
                        shared.lastFailure = .init(reason: reason, status: ending.status)
                    }
                    attemptLog?.failed(
                        slot,
                        completion,
                        reason,
                        decision,
                        history: history.after(verdict),
                        laneSeconds: Int64(laneTime / 1_000_000_000),
                        unixTime: unixTime
                    )
                }
                if completion.wasTried { shared.latency.record(UInt64(completion.totalMicroseconds)) }
                shared.totals.ended(decision, verdict.reason, completion, isRetry: history.hasFailed)
                record(slot, completion, ending, verdict, decision, history.after(verdict), unixTime: unixTime)
            }
        }
        ended.removeAll(keepingCapacity: true)
        flushOutcomes()
        attemptLog?.flush()
        if mustRefreshName, let host = fanOut.hostName { names.refresh(host: host) }
    }

    /// Leaves HTTP/2 for the rest of the run when the receiver fails at it, here or on another loop: a request that
    /// hangs has lost its time-out, and no further one shall.
    private func watchHTTP2(_ loop: borrowing DeliveryLoop, now: UInt64) {
        for (slot, completion) in ended {
            if let loss = http2.ended(completion, startedAt: slot.startedAt, now: now) { fanOut.lostHTTP2(loss) }
        }
        guard fanOut.hasLostHTTP2 else { return }
        speaksHTTP2 = false
        do { try loop.leaveHTTP2(endpoint) } catch { fanOut.fail(error) }
    }

    private var isProxied: Bool {
        // Not as a comparison with nil: Swift 6.3.1's optimiser crashes on such in places.
        if case .some = fanOut.plan.endpoint.proxy { return true }
        return false
    }

    private func record(
        _ slot: RequestInFlight,
        _ completion: TransferCompletion,
        _ ending: AttemptEnding,
        _ verdict: Verdict,
        _ decision: RetryPolicy.Decision,
        _ history: RetryPolicy.History,
        unixTime: Int64
    ) {
        outcomes.append(OutcomeRecord(slot, completion, verdict, decision, history, unixTime: unixTime))
        if verdict.isCountedFailure {
            let excerpt = UnsafeRawBufferPointer(start: completion.excerpt, count: Int(completion.excerptLength))
            var location = ending.location ?? ""
            location.withUTF8 { location in
                outcomes.append(
                    AttemptRecord(slot, completion, verdict, history, unixTime: unixTime),
                    excerpt: excerpt,
                    location: UnsafeRawBufferPointer(location),
                    hiding: fanOut.plan.template.secretMask
                )
            }
        }
    }

    private func flushOutcomes() {
        if outcomes.isEmpty { return }
        fanOut.inbox.post(outcomes)
        outcomes.removeAll()
    }
}
