@testable import FanfareDelivery

/// Plays dispatcher, clock and ledger for one lane against a simulated receiver, in simulated time.
final class LaneSimulation {
    /// One delivery of the ledger.
    struct Delivery {
        var history: RetryPolicy.History?
        var decision: RetryPolicy.Decision?
        var lastCountedAt: UInt64 = 0
    }

    /// One attempt as it was started and ended.
    private struct Flight {
        var contact: Int
        var startedAt: UInt64
        var ending: AttemptEnding
    }

    var lane: Lane
    let rules: AnswerRules
    let policy: RetryPolicy
    /// Decides by time and contact.
    var receiver: (UInt64, Int) -> Answer
    var now: UInt64
    let contacts: Int
    /// Those begun so far.
    private(set) var deliveries: [Delivery] = []
    private(set) var nextFresh = 0
    private(set) var delivered = 0
    private(set) var dead = 0
    private(set) var maxInFlight = 0
    /// Attempts started per 100 ms.
    private(set) var startsPerTenth: [Int] = []
    /// Answers per status (0: none).
    private(set) var answers: [UInt16: Int] = [:]
    /// Called after each moment.
    var watch: ((LaneSimulation) -> Void)?

    private var flights = MinimumHeap<Flight>()
    private var retries = MinimumHeap<Int>()

    init(
        _ settings: DeliverySettings,
        contacts: Int,
        canary: Canary? = nil,
        now: UInt64 = 0,
        receiver: @escaping (UInt64) -> Answer
    ) {
        lane = Lane(settings, canary: canary, now: now)
        rules = AnswerRules(settings)
        policy = RetryPolicy(settings)
        self.contacts = contacts
        self.receiver = { now, _ in receiver(now) }
        self.now = now
    }

    var finished: Int { delivered + dead }

    /// Goes on until all have ended, nothing can ever happen again, or the time is reached.
    func run(until end: UInt64) {
        while now < end, finished < contacts {
            land()
            while launch() {}
            maxInFlight = max(maxInFlight, lane.inFlight)
            watch?(self)
            guard let next = nextMoment() else { return }
            now = min(end, max(next, now + 1))
        }
        if now >= end { land() }
    }

    private func land() {
        while let at = flights.smallest, at <= now, let flight = flights.pop() {
            answers[flight.ending.status, default: 0] += 1
            var delivery = deliveries[flight.contact]
            let history = delivery.history ?? .init(firstAt: 0)
            let verdict = rules.verdict(
                flight.ending,
                breakerClosed: lane.breakerIsClosed,
                countsProbes: history.hasFailed && (nextFresh == contacts || lane.freshCredit == 0)
            )
            let time = lane.laneTime(now: now)
            let decision = policy.decide(verdict, history: history, laneTime: time, seed: UInt64(flight.contact))
            lane.ended(
                flight.ending,
                verdict,
                final: decision.isFinal,
                failedBefore: history.hasFailed,
                startedAt: flight.startedAt,
                now: now
            )
            delivery.history = history.after(verdict)
            delivery.decision = decision
            if verdict.isCountedFailure { delivery.lastCountedAt = now }
            deliveries[flight.contact] = delivery
            switch decision {
            case .delivered: delivered += 1
            case .dead, .uncertain: dead += 1
            case .retry(let dueAt): retries.push(flight.contact, at: UInt64(dueAt))
            }
        }
    }

    /// One turn of the dispatcher: due retries first, then contacts never tried; the other way round while probing.
    private func launch() -> Bool {
        let credit = min(256, lane.credit(now: now))
        if credit <= 0 { return false }
        let time = lane.laneTime(now: now)
        let freshFirst = lane.breakerIsClosed ? 0 : min(credit, min(lane.freshCredit, contacts - nextFresh))
        var taken: [Int] = []
        while taken.count < credit - freshFirst, let due = retries.smallest, due * second <= time,
            let contact = retries.pop()
        {
            taken.append(contact)
        }
        let fresh = min(credit - taken.count, min(lane.freshCredit, contacts - nextFresh))
        for contact in nextFresh..<nextFresh + fresh {
            deliveries.append(Delivery(history: .init(firstAt: Int64(time / second))))
            taken.append(contact)
        }
        nextFresh += fresh
        if taken.isEmpty { return false }
        lane.started(taken.count, fresh: fresh, now: now)
        for contact in taken { send(contact) }
        return true
    }

    private func send(_ contact: Int) {
        let tenth = Int(now / (second / 10))
        while startsPerTenth.count <= tenth { startsPerTenth.append(0) }
        startsPerTenth[tenth] += 1
        let answer = receiver(now, contact)
        flights.push(Flight(contact: contact, startedAt: now, ending: answer.ending), at: now + answer.after)
    }

    private func nextMoment() -> UInt64? {
        var next = flights.smallest
        func consider(_ moment: UInt64?) {
            if let moment { next = min(next ?? moment, moment) }
        }
        let hasFresh = nextFresh < contacts && lane.freshCredit > 0
        let due = retries.smallest.map { Int64($0) }
        let dueWake = due.flatMap { lane.wake(forDueAt: $0, now: now) }
        if hasFresh { consider(lane.nextWake(now: now)) }
        if let dueWake, let credit = lane.nextWake(now: now) { consider(max(dueWake, credit)) }
        return next
    }
}

extension Lane {
    /// When a delivery falls due, if nothing happens until then; nil: while the lane is paused or a probe is under way
    /// its time stands still.
    fileprivate mutating func wake(forDueAt dueAt: Int64, now: UInt64) -> UInt64? {
        let isProbing = !breakerIsClosed && !isHalted
        guard pauses.isEmpty, !isProbing else { return nil }
        let due = UInt64(max(0, dueAt)) * second
        let runsFrom = snapshot(now: now).nextProbe ?? now
        return runsFrom + (due - min(due, laneTime(now: now)))
    }
}

/// Elements by the moment they fall due.
struct MinimumHeap<Element> {
    private var items: [(at: UInt64, element: Element)] = []

    var smallest: UInt64? { items.first?.at }

    mutating func push(_ element: Element, at: UInt64) {
        items.append((at, element))
        var child = items.count - 1
        while child > 0, items[(child - 1) / 2].at > items[child].at {
            items.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func pop() -> Element? {
        guard let top = items.first else { return nil }
        let last = items.removeLast()
        if items.isEmpty { return top.element }
        items[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < items.count && items[child].at < items[least].at
            {
                least = child
            }
            if least == parent { return top.element }
            items.swapAt(parent, least)
            parent = least
        }
    }
}

extension Verdict {
    /// The delivery is sent again if attempts and deadline allow.
    var isLater: Bool {
        if case .later = self { true } else { false }
    }
}
