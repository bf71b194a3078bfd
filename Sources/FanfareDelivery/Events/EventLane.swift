import DequeModule
import FanfarePayload
import FanfareStore
import FanfareTransport
import GRDB
import Logging

/// One endpoint's share of the events' loop: takes events out of its book, sends them, and says what became of each.
///
/// Thread: the loop's.
final class EventLane {
    /// Events taken out of the book at a time.
    private static let piece = 256
    /// Attempts that start in one turn.
    private static let quantum = 64
    private static let second: UInt64 = 1_000_000_000

    let endpoint: EventEndpoint
    let endpointID: EndpointID
    let reader: BookReader
    let nameToken: UInt64
    /// Why it sends nothing any more.
    private var retirement: EventEndpoint.Retirement?
    private var isRetirementTold = false
    private(set) var inFlight = 0
    /// When it is to be looked at again, monotonic nanoseconds.
    private(set) var wake: UInt64 = 0

    private let journal: Journal
    private let rules: AnswerRules
    private let retry: RetryPolicy
    let timeoutMilliseconds: UInt32
    private var lane: Lane
    private var ids: EventIDs
    private var ready = Deque<HeldEvent>()
    /// Events that were taken out and whose outcomes do not stand in the book yet.
    private var held: Set<Int64> = []
    /// Of those that may be sent all up to this number were taken out.
    private var taken: Int64 = 0
    /// The book may have more than what was taken out.
    private var hasNews = true
    /// Lane time at which the earliest repetition in the book is due, in seconds; nil: none is.
    private var nextDue: Int64?
    /// The same of those whose outcomes do not stand in the book yet, by their numbers.
    private var dueOfHeld: [Int64: Int64] = [:]
    /// Monotonic nanoseconds since when nothing was answered, while something was tried; nil: the last was answered.
    private var silentSince: UInt64?
    /// Deliveries given up in a row.
    private var givenUp = 0

    init(
        _ endpoint: EventEndpoint,
        id: EndpointID,
        reader: BookReader,
        nameToken: UInt64,
        journal: Journal,
        isPaused: Bool,
        now: UInt64
    ) throws {
        self.endpoint = endpoint
        endpointID = id
        self.reader = reader
        self.nameToken = nameToken
        self.journal = journal
        ids = EventIDs(endpoint.ids)
        rules = AnswerRules(endpoint.settings)
        retry = RetryPolicy(endpoint.settings)
        timeoutMilliseconds = UInt32(clamping: Int64(endpoint.settings.timeout / .milliseconds(1)))
        let (stored, isKnown) = try reader.read { db in
            (
                try EventRows.laneSeconds(endpoint: endpoint.id, db),
                try EventRows.hasDelivered(endpoint: endpoint.id, db)
            )
        }
        lane = Lane(
            endpoint.settings,
            storedTime: UInt64(max(0, stored)) * Self.second,
            // One that has taken events is no mistake, whatever it says first after a restart of ours.
            firstAnswers: FirstAnswers(cleared: isKnown),
            now: now
        )
        if endpoint.hostName != nil {
            lane.pause(.resolving, now: now)
            silentSince = now
        }
        if isPaused { lane.pause(.byOperator, now: now) }
        // What a lane before this one has sent is not sent again before the file says what became of it.
        for outcome in reader.book.unwritten(of: endpoint.id) {
            held.insert(outcome.number)
            if outcome.state == .retryable { dueOfHeld[outcome.number] = outcome.dueAt }
        }
    }

    // MARK: News

    /// The book has events to be sent.
    ///
    /// - Parameter isBehind: They are behind all that it had; else anywhere.
    func hasNewEvents(behind isBehind: Bool = false) {
        if !isBehind { taken = 0 }
        hasNews = true
        wake = 0
    }

    /// What became of an event stands in the book.
    func settled(_ number: Int64) {
        held.remove(number)
        if let due = dueOfHeld.removeValue(forKey: number) { nextDue = min(nextDue ?? .max, due) }
        wake = 0
    }

    /// What is held of a contact is not sent any more.
    func forget(contacts: Set<Int64>) {
        let forgotten = ready.filter { contacts.contains($0.contact) }
        ready.removeAll { contacts.contains($0.contact) }
        for event in forgotten { held.remove(event.number) }
    }

    /// Why it sends nothing any more, told once.
    func takeRetirement(now: UInt64) -> EventEndpoint.Retirement? {
        if retirement == nil, let silentSince, now > silentSince + EventEndpoint.longestSilence {
            retirement = .unreachable(hours: Int(EventEndpoint.longestSilence / Self.second / 3600))
        }
        guard let retirement, !isRetirementTold else { return nil }
        isRetirementTold = true
        return retirement
    }

    /// It could not do its work: it tries again in a second.
    func failed(_ error: any Error, now: UInt64) {
        journal.logger.error("webhook's events cannot be read or sent: trying again", metadata: ["error": "\(error)"])
        wake = now + Self.second
    }

    func pause(_ isPaused: Bool, now: UInt64) {
        if isPaused { lane.pause(.byOperator, now: now) } else { lane.resume(.byOperator, now: now) }
        wake = 0
    }

    func update(_ outcome: Result<[IPAddress], NameFailure>, _ loop: borrowing DeliveryLoop, now: UInt64) throws {
        switch outcome {
        case .failure(let failure): journal.nameFailed(failure)
        case .success(let addresses):
            try loop.setAddresses(addresses, of: endpointID)
            if lane.pauses.contains(.resolving) { silentSince = nil }
            lane.resume(.resolving, now: now)
            wake = 0
        }
    }

    /// What it looks like now.
    func snapshot(now: UInt64) -> LaneSnapshot { lane.snapshot(now: now) }

    // MARK: Sending

    /// What the lane may send now, rendered into `buffer`; their requests are to be submitted, or given back.
    func gather(into buffer: inout RequestBuffer, now: UInt64, unixTime: Int64) throws -> [(HeldEvent, RenderedRequest)]
    {
        wake = .max
        if retirement != nil { return [] }
        if reader.book.backlog >= EventBook.capacity {
            wake = now + Self.second / 10
            return []
        }
        let laneTime = lane.laneTime(now: now)
        let laneSeconds = Int64(laneTime / Self.second)
        let credit = min(Self.quantum, lane.credit(now: now))
        if credit > ready.count { try load(laneSeconds: laneSeconds) }
        var batch: [(HeldEvent, RenderedRequest)] = []
        while batch.count < credit, let event = ready.popFirst() {
            if !event.isFirstAttempt, retry.isPastDeadline(firstAt: event.firstAt, laneTime: laneTime) {
                giveUp(event, .deadline, laneSeconds: laneSeconds, unixTime: unixTime)
                continue
            }
            batch.append((event, render(event, unixTime: unixTime, into: &buffer)))
        }
        setWake(laneTime: laneTime, now: now)
        if batch.isEmpty { return [] }
        lane.started(batch.count, fresh: batch.count { $0.0.isFirstAttempt }, now: now)
        inFlight += batch.count
        for index in batch.indices {
            batch[index].0.startedAt = now
            if batch[index].0.isFirstAttempt { batch[index].0.firstAt = laneSeconds }
        }
        return batch
    }

    /// Requests of a batch that the loop did not take.
    func returned(_ events: [HeldEvent], now: UInt64) {
        inFlight -= events.count
        lane.returned(events.count, fresh: 0, now: now)
        for event in events.reversed() { ready.prepend(event) }
        wake = now
    }

    private func load(laneSeconds: Int64) throws {
        let isDue = nextDue.map { $0 <= laneSeconds } ?? false
        guard isDue || hasNews else { return }
        let (start, id) = (taken, endpoint.id)
        // From the first on those are read again that it holds.
        let limit = start == 0 ? Self.piece + held.count : Self.piece
        try reader.read { db in
            take(try EventRows.due(endpoint: id, laneSeconds: laneSeconds, limit: Self.piece + held.count, db))
            let fresh = hasNews ? try EventRows.ready(endpoint: id, after: start, limit: limit, db) : []
            take(fresh)
            // Read last: what fails before is read again, and whom it holds it takes no second time.
            nextDue = try EventRows.nextDue(endpoint: id, but: held, db)
            hasNews = fresh.count == limit
            taken = fresh.last?.number ?? start
        }
    }

    private func take(_ events: [HeldEvent]) {
        for event in events where held.insert(event.number).inserted { ready.append(event) }
    }

    private func render(_ event: HeldEvent, unixTime: Int64, into buffer: inout RequestBuffer) -> RenderedRequest {
        let id = ids.id(change: event.change, contact: event.contact, event.occurrence).description
        return endpoint.wrap(id: id, body: event.body, unixTime: unixTime, into: &buffer)
    }

    private func setWake(laneTime: UInt64, now: UInt64) {
        let due = nextDue.map { UInt64(max(0, $0)) * Self.second }
        // What may be sent now waits for the lane alone; that looks at time, or at an attempt that ends.
        if !ready.isEmpty || hasNews || due.map({ $0 <= laneTime }) ?? false { wake = lane.nextWake(now: now) ?? .max }
        // Lane time may stand still meanwhile: looked at again at least once a second.
        if let due, due > laneTime { wake = min(wake, now + min(Self.second, due - laneTime)) }
        // Who is not tried is not silent.
        if (held.isEmpty && !hasNews && nextDue == nil) || lane.pauses.contains(.byOperator) {
            silentSince = lane.pauses.contains(.resolving) ? now : nil
        }
        // Who has been silent for too long is told of without anything happening.
        if let silentSince { wake = min(wake, max(silentSince + EventEndpoint.longestSilence, now) + Self.second) }
    }

    // MARK: Settling

    /// Settles what ended in this turn, and counts it.
    ///
    /// - Returns: Whether the receiver could not be connected to.
    func settle(
        _ ended: [(HeldEvent, TransferCompletion)],
        counting totals: inout AttemptTotals,
        now: UInt64,
        unixTime: Int64
    ) -> Bool {
        inFlight -= ended.count
        wake = 0
        let before = Journal.Moment(lane)
        let laneTime = lane.laneTime(now: now)
        var failure: FanOutSnapshot.Failure?
        var mustRefreshName = false
        var outcomes: [EventOutcome] = []
        for (event, completion) in ended {
            if completion.flags.contains(.cancelled), !completion.flags.contains(.anythingWritten) {
                lane.recalled(fresh: event.attempts + event.uncounted == 0, startedAt: event.startedAt, now: now)
                ready.prepend(event)
                continue
            }
            var ending = AttemptEnding(completion, hiding: endpoint.template.secretMask)
            if ending.result == .connectFailed {
                mustRefreshName = true
                if endpoint.isProxied { ending.detail = .proxyUnreachable }
            }
            let hasOnlyRetries = { [self] in !hasNews && !ready.contains { $0.isFirstAttempt } }
            let breakerClosed = lane.breakerIsClosed
            let verdict = rules.verdict(
                ending,
                breakerClosed: breakerClosed,
                // Nobody is left to probe with but those that have failed before.
                countsProbes: !breakerClosed && event.history.hasFailed && hasOnlyRetries()
            )
            if ending.finalStatusLine { silentSince = nil } else { silentSince = silentSince ?? now }
            if let reason = verdict.reason { failure = .init(reason: reason, status: ending.status) }
            let (outcome, decision) = outcome(
                event,
                completion,
                ending,
                verdict,
                laneTime: laneTime,
                now: now,
                unixTime: unixTime
            )
            totals.ended(decision, verdict.reason, completion, isRetry: event.history.hasFailed)
            outcomes.append(outcome)
        }
        journal.changed(from: before, to: Journal.Moment(lane), failure)
        reader.book.settle(outcomes)
        if retirement == nil, lane.mustStop(now: now) != nil { retirement = .refusesAll }
        return mustRefreshName
    }

    private func outcome(
        _ event: HeldEvent,
        _ completion: TransferCompletion,
        _ ending: AttemptEnding,
        _ verdict: Verdict,
        laneTime: UInt64,
        now: UInt64,
        unixTime: Int64
    ) -> (EventOutcome, RetryPolicy.Decision) {
        let history = event.history
        let decision = retry.decide(
            verdict,
            history: history,
            laneTime: laneTime,
            seed: UInt64(bitPattern: event.number)
        )
        lane.ended(
            ending,
            verdict,
            final: decision.isFinal,
            failedBefore: history.hasFailed,
            startedAt: event.startedAt,
            now: now
        )
        let next = history.after(verdict)
        let (state, reason, dueAt) = decision.settlement(after: completion, verdict)
        note(state, of: event, status: ending.status, dueAt: dueAt)
        let outcome = EventOutcome(
            number: event.number,
            endpoint: endpoint.id,
            laneSeconds: Int64(laneTime / Self.second),
            state: state,
            attempts: next.attempts,
            uncounted: next.uncounted,
            firstAt: history.firstAt,
            dueAt: dueAt,
            status: Int(ending.status),
            reason: reason,
            finishedAt: unixTime,
            duration: Int64(completion.totalMicroseconds),
            failure: loggedFailure(completion, ending, verdict)
        )
        return (outcome, decision)
    }

    private func note(_ state: DeliveryState, of event: HeldEvent, status: UInt16, dueAt: Int64) {
        switch state {
        case .delivered: givenUp = 0
        case .retryable: dueOfHeld[event.number] = dueAt
        default:
            givenUp += 1
            if status == 410, endpoint.heedsGone { retirement = .gone }
            if retirement == nil, givenUp >= EventEndpoint.patience { retirement = .failing(deliveries: givenUp) }
        }
    }

    /// Also one that uses up no attempt: an event is sent seldom enough for all to be kept. Where nothing was sent, and
    /// it goes again at once, there is nothing to tell.
    private func loggedFailure(
        _ completion: TransferCompletion,
        _ ending: AttemptEnding,
        _ verdict: Verdict
    ) -> EventOutcome.Failure? {
        guard let reason = verdict.reason else { return nil }
        if case .later(counted: false, wait: .atOnce, _) = verdict { return nil }
        var excerpt = Array(UnsafeRawBufferPointer(start: completion.excerpt, count: Int(completion.excerptLength)))
        excerpt.withUnsafeMutableBytes { endpoint.template.secretMask.cover($0) }
        return .init(
            curlCode: completion.curlCode,
            reason: reason,
            excerpt: excerpt,
            location: ending.location
        )
    }

    private func giveUp(_ event: HeldEvent, _ reason: Reason, laneSeconds: Int64, unixTime: Int64) {
        note(.dead, of: event, status: 0, dueAt: 0)
        reader.book.settle([
            EventOutcome(
                number: event.number,
                endpoint: endpoint.id,
                laneSeconds: laneSeconds,
                state: .dead,
                attempts: event.attempts,
                uncounted: event.uncounted,
                firstAt: event.firstAt,
                dueAt: 0,
                status: 0,
                reason: reason,
                finishedAt: unixTime,
                duration: 0,
                failure: nil,
                isOfAttempt: false
            )
        ])
    }
}
