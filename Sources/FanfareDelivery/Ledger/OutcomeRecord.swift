import FanfarePayload

/// What became of one claimed delivery: one row of the ledger to be written.
///
/// Plain numbers only, so that batches are copied between threads as memory.
struct OutcomeRecord {
    /// The recipient's place in the frozen set, from 1.
    var ordinal: Int64
    /// What the ledger holds for it now; `scheduled` means that there is no row yet.
    var before: DeliveryState
    /// What it becomes.
    var state: DeliveryState
    /// Attempts that counted.
    var attempts: Int32
    /// Failed attempts that did not count (429, 503, breaker not closed).
    var uncounted: Int32
    /// Lane time of the first attempt, in seconds; -1: none yet.
    var firstAt: Int64
    /// Lane time at which it may be tried again, in seconds.
    var dueAt: Int64
    /// HTTP status of the last attempt; 0: none.
    var status: Int32
    /// Why it is in this state (`Reason` raw value).
    var reason: Int32
    /// Unix time in seconds of this record.
    var finishedAt: Int64
    /// Length of the last attempt in microseconds.
    var duration: Int64
    /// First 64 bits of the SHA-256 of the body last sent; 0: none sent.
    var digest: Int64
}

extension OutcomeRecord {
    /// What becomes of a claimed delivery without an attempt.
    init(_ claim: Claim, _ state: DeliveryState, _ reason: Reason? = nil, dueAt: Int64 = 0, unixTime: Int64) {
        self.init(
            ordinal: claim.ordinal,
            before: claim.before,
            state: state,
            attempts: claim.attempts,
            uncounted: claim.uncounted,
            firstAt: claim.firstAt,
            dueAt: dueAt,
            status: 0,
            reason: Int32(reason?.rawValue ?? 0),
            finishedAt: unixTime,
            duration: 0,
            digest: 0
        )
    }
}

/// One failed, counted attempt, with what the receiver said.
struct AttemptRecord {
    var ordinal: Int64
    /// From 1.
    var number: Int32
    var status: Int32
    var reason: Int32
    var curlCode: Int32
    var osError: Int32
    /// Unix seconds of its end.
    var finishedAt: Int64
    /// Microseconds from the start to each point; 0: not reached.
    var connected: Int64
    var secured: Int64
    var firstByte: Int64
    var total: Int64
    var digest: Int64
    /// Where the response's first bytes stand in the batch's `excerpts`.
    var excerptOffset: Int
    var excerptLength: Int
    /// Behind the excerpt, the `Location` of a 3xx; 0: none.
    var locationLength: Int
}

/// Outcomes on their way to the ledger writer. Kept and refilled, so that the path allocates nothing once warm.
struct OutcomeBatch {
    private(set) var records: [OutcomeRecord] = []
    private(set) var attempts: [AttemptRecord] = []
    private(set) var excerpts: [UInt8] = []

    var isEmpty: Bool { records.isEmpty }
    var count: Int { records.count }

    mutating func append(_ record: OutcomeRecord) { records.append(record) }

    /// - Parameters:
    ///   - excerpt: As the receiver sent it.
    ///   - location: Fit to be shown, without secrets.
    ///   - secrets: What of the excerpt is not kept.
    mutating func append(
        _ attempt: AttemptRecord,
        excerpt: UnsafeRawBufferPointer,
        location: UnsafeRawBufferPointer,
        hiding secrets: SecretMask
    ) {
        var attempt = attempt
        attempt.excerptOffset = excerpts.count
        attempt.excerptLength = excerpt.count
        attempt.locationLength = location.count
        excerpts.append(contentsOf: excerpt)
        excerpts.withUnsafeMutableBytes { secrets.cover(.init(rebasing: $0[attempt.excerptOffset...])) }
        excerpts.append(contentsOf: location)
        attempts.append(attempt)
    }

    mutating func append(_ other: OutcomeBatch) {
        let shift = excerpts.count
        records.append(contentsOf: other.records)
        excerpts.append(contentsOf: other.excerpts)
        for attempt in other.attempts {
            var moved = attempt
            moved.excerptOffset += shift
            attempts.append(moved)
        }
    }

    /// Sorts the records by ordinal: SQLite writes rows in key order for less.
    mutating func sort() { records.sort { $0.ordinal < $1.ordinal } }

    mutating func removeAll() {
        records.removeAll(keepingCapacity: true)
        attempts.removeAll(keepingCapacity: true)
        excerpts.removeAll(keepingCapacity: true)
    }
}
