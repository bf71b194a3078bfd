public import GRDB

/// Which events of a ledger are meant, and the SQL that finds them.
///
/// A page must not cost a look at every row: what ended and was not delivered has a partial index, and those of one
/// endpoint are found by their changes, whose order is that of their numbers.
public struct EventQuery: Sendable, Hashable {
    /// Those to this endpoint; nil: to any.
    public var endpoint: String?
    /// Which of them; one that was never tried counts as changed when it arose.
    public var filter: DeliveryFilter
    /// Those of a kind, or those of any other; nil: of any.
    public var kind: Kind?

    /// What is asked of an event's kind.
    public enum Kind: Sendable, Hashable {
        /// It is this one.
        case only(Int64)
        /// It is another than this.
        case allBut(Int64)
    }

    /// - Parameters: see the properties of the same names.
    public init(endpoint: String? = nil, _ filter: DeliveryFilter = DeliveryFilter()) {
        (self.endpoint, self.filter) = (endpoint, filter)
    }

    /// The numbers of those behind one, newest first.
    ///
    /// - Parameters:
    ///   - number: Only those that arose before it, which is there; nil: all.
    ///   - limit: At most so many.
    ///   - db: Inside an access of a connection to the file.
    package func newest(before number: Int64?, limit: Int, _ db: Database) throws -> [Int64] {
        try numbers(limit: limit, isNewestFirst: true, from: number, db)
    }

    /// The numbers of those behind one that is there, or of all, oldest first.
    func oldest(after number: Int64?, through last: Int64, limit: Int, _ db: Database) throws -> [Int64] {
        try numbers(limit: limit, isNewestFirst: false, from: number, db).filter { $0 <= last }
    }

    private func numbers(limit: Int, isNewestFirst: Bool, from number: Int64?, _ db: Database) throws -> [Int64] {
        var arguments: StatementArguments = []
        var conditions = conditions(on: "e")
        let isByChange = endpoint != nil && filter.contact == nil && !isOfUndelivered
        if let endpoint {
            conditions.append("e.endpoint = ?")
            arguments += [endpoint]
        }
        if let number {
            let place = isByChange ? "(SELECT change FROM event WHERE number = ?)" : "?"
            conditions.append("\(isByChange ? "e.change" : "e.number") \(isNewestFirst ? "<" : ">") \(place)")
            arguments += [number]
        }
        let sql = """
            SELECT e.number FROM event AS e WHERE \(conditions.isEmpty ? "1" : conditions.joined(separator: " AND "))
            ORDER BY e.\(isByChange ? "change" : "number") \(isNewestFirst ? "DESC" : "ASC") LIMIT \(limit)
            """
        return try Int64.fetchAll(db, sql: sql, arguments: arguments)
    }

    /// Nothing else can be meant than what the partial index has.
    private var isOfUndelivered: Bool {
        !filter.states.isEmpty && filter.states.allSatisfy { $0.isFinal && $0 != .delivered }
    }

    /// The conditions on a row of `event`, apart from the endpoint. Numbers only: nothing of it is foreign text.
    ///
    /// - Parameter e: What the row is called.
    func conditions(on e: String) -> [String] {
        var conditions: [String] = []
        if !filter.states.isEmpty {
            let list = filter.states.map { String($0.rawValue) }.sorted().joined(separator: ", ")
            conditions.append("\(e).state IN (\(list))")
        }
        // Word by word that of the index.
        if isOfUndelivered { conditions.append("\(e).state > 4") }
        if !filter.statuses.isEmpty {
            let ranges = filter.statuses.map { "\(e).status BETWEEN \($0.lowerBound) AND \($0.upperBound)" }
            conditions.append("(\(ranges.joined(separator: " OR ")))")
        }
        if !filter.reasons.isEmpty {
            let list = filter.reasons.map { String($0.rawValue) }.sorted().joined(separator: ", ")
            conditions.append(
                """
                (\(e).reason IN (\(list)) OR (\(e).reason IN (\(DeliveryFilter.endings)) AND (SELECT reason FROM event_attempt \
                WHERE event_attempt.event = \(e).number ORDER BY number DESC LIMIT 1) IN (\(list))))
                """
            )
        }
        switch kind {
        case .only(let kind): conditions.append("\(e).kind = \(kind)")
        case .allBut(let kind): conditions.append("\(e).kind <> \(kind)")
        case nil: break
        }
        if let contact = filter.contact { conditions.append("\(e).contact = \(contact)") }
        let changed = "coalesce(nullif(\(e).finished_at, 0), \(e).created)"
        if let since = filter.since { conditions.append("\(changed) >= \(since)") }
        if let until = filter.until { conditions.append("\(changed) < \(until)") }
        if filter.minAttempts > 0 { conditions.append("\(e).attempts >= \(filter.minAttempts)") }
        return conditions
    }
}
