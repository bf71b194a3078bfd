/// One delivery taken from the ledger, to be sent now: what is needed of its row.
struct Claim {
    /// The recipient's place in the frozen set, from 1.
    var ordinal: Int64
    /// What the ledger holds for it: `scheduled` (no row), `available`, `retryable`, or `inFlight` once marked.
    var before: DeliveryState
    /// Attempts that counted so far.
    var attempts: Int32 = 0
    /// Attempts that failed and did not count.
    var uncounted: Int32 = 0
    /// Lane time of the first attempt, in seconds; -1: none yet; -2: none since it was reopened, after it had failed.
    var firstAt: Int64 = -1
    /// It had failed before it was reopened: a further error says nothing about the receiver.
    var failedBeforeReopening = false
    /// Lane time at which it was due, in seconds.
    var dueAt: Int64 = 0
}

/// What one turn of a loop has claimed: a range that has never been tried, and single rows.
struct ClaimBatch {
    /// Fresh ordinals; they have no row.
    var fresh: Range<Int64> = 0..<0
    /// Rows that were given back or have failed.
    var due: [Claim] = []

    var count: Int { fresh.count + due.count }
    var isEmpty: Bool { count == 0 }

    /// Each of them.
    var claims: [Claim] { fresh.map { Claim(ordinal: $0, before: .scheduled) } + due }

    mutating func removeAll() {
        fresh = 0..<0
        due.removeAll(keepingCapacity: true)
    }
}
