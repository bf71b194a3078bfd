/// Which deliveries of a ledger are meant; what is not set does not matter.
public struct DeliveryFilter: Sendable, Hashable, Codable {
    /// Those in one of these states; all when empty.
    public var states: Set<DeliveryState>
    /// Those whose last answer had one of these statuses.
    public var statuses: [ClosedRange<Int>] = []
    /// Those that ended for one of these reasons, or whose last attempt failed for one.
    public var reasons: Set<Reason> = []
    /// The delivery to the contact with this key.
    public var contact: Int64?
    /// Last changed at this Unix second or later.
    public var since: Int64?
    /// Last changed before this Unix second.
    public var until: Int64?
    /// Those with at least so many counted attempts.
    public var minAttempts = 0

    /// - Parameter states: All when empty.
    public init(states: Set<DeliveryState> = []) { self.states = states }

    /// The reasons beside which that of the last attempt stands with the attempt.
    static let endings = Reason.allCases.filter(\.endsAttempts).map { String($0.rawValue) }.joined(separator: ", ")

    /// Whether only a delivery that has a row can be meant, apart from its state.
    package var needsRow: Bool {
        !statuses.isEmpty || !reasons.isEmpty || since != nil || until != nil || minAttempts > 0
    }

    /// The conditions on a row `o` of `outcome`, apart from its state. Numbers only: nothing of it is foreign text.
    package var rowConditions: [String] {
        var conditions: [String] = []
        if !statuses.isEmpty {
            let ranges = statuses.map { "o.status BETWEEN \($0.lowerBound) AND \($0.upperBound)" }
            conditions.append("(\(ranges.joined(separator: " OR ")))")
        }
        if !reasons.isEmpty {
            let list = reasons.map { String($0.rawValue) }.sorted().joined(separator: ", ")
            conditions.append(
                """
                (o.reason IN (\(list)) OR (o.reason IN (\(Self.endings)) AND (SELECT reason FROM attempt \
                WHERE attempt.ordinal = o.ordinal ORDER BY number DESC LIMIT 1) IN (\(list))))
                """
            )
        }
        if let since { conditions.append("o.finished_at >= \(since)") }
        if let until { conditions.append("o.finished_at < \(until)") }
        if minAttempts > 0 { conditions.append("o.attempts >= \(minAttempts)") }
        return conditions
    }
}
