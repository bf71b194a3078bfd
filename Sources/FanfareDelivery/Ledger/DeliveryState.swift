/// Where one delivery stands.
///
/// ```
/// scheduled → available → in flight → delivered | retryable → available … | dead | cancelled | skipped | uncertain
/// ```
///
/// A ledger has no row for what is `scheduled`. The raw values stand in ledgers and never change their meaning.
public enum DeliveryState: UInt8, Sendable, Hashable, Codable, CaseIterable {
    /// Frozen as a recipient, never handed to a loop. Next: `inFlight`, `skipped`, `cancelled`.
    case scheduled = 0
    /// Claimed once and given back unsent, or unfinished when the agent died and to be sent again. Next: `inFlight`.
    case available = 1
    /// Handed to a loop, no outcome yet. Stands in the ledger only under `hold`, for retries. Next: any but
    /// `scheduled`.
    case inFlight = 2
    /// Failed, waiting for its due time. Next: `inFlight`, `dead`, `skipped`, `cancelled`.
    case retryable = 3
    /// Final: the receiver accepted it (2xx).
    case delivered = 4
    /// Final: answered *never*, out of attempts or time, or blocked by policy. `retry` reopens it.
    case dead = 5
    /// Final: stopped on purpose.
    case cancelled = 6
    /// Final: the contact may not or cannot be addressed; the reason says why.
    case skipped = 7
    /// Final under `hold`: may or may not have reached the receiver; nothing more is sent.
    case uncertain = 8

    /// The state of that number in a ledger.
    init?(storedCode: Int64) {
        guard let code = UInt8(exactly: storedCode) else { return nil }
        self.init(rawValue: code)
    }

    /// Whether nothing further will be sent without an operator's word.
    public var isFinal: Bool { rawValue >= DeliveryState.delivered.rawValue }

    /// The word that interfaces and exports use, for example `in_flight`.
    public var name: String {
        switch self {
        case .scheduled: "scheduled"
        case .available: "available"
        case .inFlight: "in_flight"
        case .retryable: "retryable"
        case .delivered: "delivered"
        case .dead: "dead"
        case .cancelled: "cancelled"
        case .skipped: "skipped"
        case .uncertain: "uncertain"
        }
    }

    /// The state of that name, as ``name`` spells it.
    public init?(name: String) {
        guard let state = DeliveryState.allCases.first(where: { $0.name == name }) else { return nil }
        self = state
    }
}

/// How many deliveries of a fan-out stand in each state; the counts add up to the size of the frozen set.
public struct StateCounts: Sendable, Hashable {
    private var counts: InlineArray<9, Int64>

    /// All zero.
    public init() { counts = InlineArray(repeating: 0) }

    /// How many are in that state.
    public subscript(state: DeliveryState) -> Int64 {
        get { counts[Int(state.rawValue)] }
        set { counts[Int(state.rawValue)] = newValue }
    }

    /// All states together: the size of the frozen set.
    public var total: Int64 { DeliveryState.allCases.reduce(0) { $0 + self[$1] } }

    /// How many are in a final state.
    public var final: Int64 { DeliveryState.allCases.reduce(0) { $0 + ($1.isFinal ? self[$1] : 0) } }

    /// Moves deliveries from one state to another.
    public mutating func move(_ count: Int64 = 1, from: DeliveryState, to: DeliveryState) {
        self[from] -= count
        self[to] += count
    }

    /// All, in the order of the states.
    package var all: [Int64] { DeliveryState.allCases.map { self[$0] } }

    /// - Parameter all: In the order of the states.
    /// - Returns: Nil when they are more or fewer than there are states.
    package init?(all: [Int64]) {
        guard all.count == DeliveryState.allCases.count else { return nil }
        self.init()
        for (state, count) in zip(DeliveryState.allCases, all) { self[state] = count }
    }

    /// Equal when every state's count is.
    public static func == (lhs: StateCounts, rhs: StateCounts) -> Bool {
        DeliveryState.allCases.allSatisfy { lhs[$0] == rhs[$0] }
    }

    /// Hashes every count.
    public func hash(into hasher: inout Hasher) {
        for state in DeliveryState.allCases { hasher.combine(self[state]) }
    }
}

extension StateCounts: Codable {
    /// Writes the counts in the order of the states.
    public func encode(to encoder: any Encoder) throws { try all.encode(to: encoder) }

    /// Reads what ``encode(to:)`` wrote.
    public init(from decoder: any Decoder) throws {
        guard let counts = StateCounts(all: try [Int64](from: decoder)) else {
            let text = "\(DeliveryState.allCases.count) counts are expected"
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: text))
        }
        self = counts
    }
}
