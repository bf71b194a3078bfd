import DequeModule
import HeapModule

/// A request of a deliverer on its way to an outcome.
struct HeldRequest {
    let request: Deliverer.Request
    let stream: OutcomeStream
    /// Counts the deliverer's requests: the seed of its jitter.
    let number: UInt64
    /// Attempts that counted, and those that did not.
    var attempts = 0
    var uncounted = 0
    /// Lane time of the first attempt, in seconds; -1: none yet.
    var firstAt: Int64 = -1
    /// Monotonic nanoseconds at which the attempt under way began.
    var startedAt: UInt64 = 0
    /// The status and the reason of the last attempt.
    var status: UInt16 = 0
    var reason: Reason?

    var isFirstAttempt: Bool { firstAt < 0 }

    var history: RetryPolicy.History { .init(attempts: attempts, uncounted: uncounted, firstAt: max(0, firstAt)) }
}

/// What a deliverer has to send: requests that were never tried, and those that are tried again at their time.
///
/// Thread: the deliverer's.
struct DelivererQueue {
    /// In the order of their time; of one second, in the order in which they were taken.
    private struct Waiting: Comparable {
        let dueAt: Int64
        let held: HeldRequest

        static func < (left: Waiting, right: Waiting) -> Bool {
            (left.dueAt, left.held.number) < (right.dueAt, right.held.number)
        }

        static func == (left: Waiting, right: Waiting) -> Bool {
            left.dueAt == right.dueAt && left.held.number == right.held.number
        }
    }

    private var fresh = Deque<HeldRequest>()
    private var waiting = Heap<Waiting>()

    var isEmpty: Bool { fresh.isEmpty && waiting.isEmpty }

    /// Nothing is there that was never tried.
    var hasOnlyRetries: Bool { fresh.isEmpty }

    mutating func append(_ held: HeldRequest) { fresh.append(held) }

    /// Takes back what was not sent after all; it goes before all others.
    mutating func putBack(_ held: HeldRequest) {
        if held.isFirstAttempt { fresh.prepend(held) } else { insert(held, dueAt: 0) }
    }

    /// Has it tried again at a second of lane time.
    mutating func insert(_ held: HeldRequest, dueAt: Int64) { waiting.insert(Waiting(dueAt: dueAt, held: held)) }

    /// Whether something could be sent now.
    func hasDue(laneSeconds: Int64) -> Bool {
        !fresh.isEmpty || waiting.min.map { $0.dueAt <= laneSeconds } ?? false
    }

    /// The next to be sent: one that is due before one that was never tried, unless told otherwise.
    mutating func next(laneSeconds: Int64, prefersFresh: Bool) -> HeldRequest? {
        if prefersFresh, let held = fresh.popFirst() { return held }
        if let first = waiting.min, first.dueAt <= laneSeconds { return waiting.popMin()?.held }
        return fresh.popFirst()
    }

    /// Takes out all of one stream, or of all.
    mutating func removeAll(of stream: OutcomeStream?) -> [HeldRequest] {
        func isMeant(_ held: HeldRequest) -> Bool { stream.map { $0 === held.stream } ?? true }
        let all = Array(fresh) + waiting.unordered.map(\.held)
        let kept = waiting.unordered.filter { !isMeant($0.held) }
        fresh.removeAll(where: isMeant)
        waiting = Heap(kept)
        return all.filter(isMeant).sorted { $0.number < $1.number }
    }
}
