/// What a receiver has counted since it started.
public struct ReceiverCounts: Sendable, Hashable {
    /// All requests.
    public var requests = 0
    /// Different `webhook-id`s.
    public var distinctIDs = 0
    /// Requests whose `webhook-id` had come before.
    public var repeats = 0
    /// Requests without a `webhook-id`.
    public var withoutID = 0
    /// Requests whose signature was missing or wrong; 0 where none is checked.
    public var badSignatures = 0
    /// Answers by the first digit of their status, from 1xx to 5xx.
    public var answersByClass = [0, 0, 0, 0, 0]
    /// Bytes of all bodies.
    public var bodyBytes = 0
    /// The most requests that came within one second of the session.
    public var busiestSecond = 0
}

/// Keeps the counts of a receiver and which ids it has seen.
///
/// An id is kept as a 64-bit hash under a seed of this process: 24 bytes an id, and among ten million ids the chance
/// that one is taken for another is 1 in 370,000.
struct Tally {
    private(set) var counts = ReceiverCounts()
    private var seen: Set<Int> = []
    private var second: Int64 = -1
    private var inSecond = 0

    /// Counts one request.
    ///
    /// - Parameters:
    ///   - id: Its `webhook-id`.
    ///   - bodyBytes: The length of its body.
    ///   - status: What it is answered with.
    ///   - isBadlySigned: Whether its signature was found wrong.
    ///   - second: The second of the session in which it came, from 0.
    /// - Returns: Whether its id had come before.
    mutating func count(id: String?, bodyBytes: Int, status: Int, isBadlySigned: Bool, second: Int64) -> Bool {
        counts.requests += 1
        counts.bodyBytes += bodyBytes
        if (100..<600).contains(status) { counts.answersByClass[status / 100 - 1] += 1 }
        if isBadlySigned { counts.badSignatures += 1 }
        countRate(second)
        guard let id else {
            counts.withoutID += 1
            return false
        }
        let isNew = seen.insert(id.hashValue).inserted
        if isNew { counts.distinctIDs += 1 } else { counts.repeats += 1 }
        return !isNew
    }

    private mutating func countRate(_ second: Int64) {
        if second != self.second {
            self.second = second
            inSecond = 0
        }
        inSecond += 1
        counts.busiestSecond = max(counts.busiestSecond, inSecond)
    }
}
