/// What a ledger knows of its fan-out as a whole: its `progress` row.
public struct LedgerProgress: Sendable, Hashable, Codable {
    /// Whether the frozen set is complete; a ledger without the mark is made anew.
    public var isFrozen = false
    /// Which run of the fan-out's name this is, from 1.
    public var run: Int64 = 1
    /// Every ordinal up to it may have been dispatched, none beyond it has.
    public var watermark: Int64 = 0
    /// Every ordinal up to it has been claimed by this or an earlier process.
    public var claimed: Int64 = 0
    /// Lane time so far, in whole seconds.
    public var laneSeconds: Int64 = 0
    /// How many deliveries were unsettled when the agent died, over all restarts.
    public var recovered: Int64 = 0
    /// How often this row was written: what the catalogue notes of it tells an earlier state from the last one.
    public var commits: Int64 = 0
    /// Deliveries per state. `scheduled` holds all that has no row, so the sum is the size of the frozen set.
    public var counts = StateCounts()

    /// Nothing frozen yet.
    public init() {}

    /// Deliveries per state, with those in flight that were claimed and have no row yet: what people are shown.
    public var currentCounts: StateCounts {
        // A row stands only for what has been claimed, or for everything once the rest was cancelled.
        let open = max(0, claimed - (counts.total - counts[.scheduled]))
        var current = counts
        current.move(open, from: .scheduled, to: .inFlight)
        return current
    }

    /// Deliveries without a row that may have been sent beyond those of ``currentCounts``, when no process runs it any
    /// more: the next one settles them.
    public var unsettledBeyondClaimed: Int64 {
        let settled = counts.total - counts[.scheduled]
        return max(0, watermark - max(claimed, settled))
    }

    /// Deliveries that may have been sent and have no outcome, when no process runs it any more; 0 after an orderly
    /// end.
    public var unsettled: Int64 { currentCounts[.inFlight] + unsettledBeyondClaimed }

    /// Whether every delivery is in a final state.
    public var isComplete: Bool { isFrozen && counts.final == counts.total }
}
