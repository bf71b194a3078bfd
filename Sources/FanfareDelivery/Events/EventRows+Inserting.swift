import FanfareStore
import GRDB

extension EventRows {
    /// Adds events; one that is there already, of the same endpoint and change or occurrence, stays as it is.
    static func insert(_ events: [NewEvent], _ db: Database) throws {
        if events.isEmpty { return }
        let last = try lastNumber(db)
        var inserter = try EventInserter(db)
        for event in events { try inserter.take(event) }
        try inserter.flush()
        try EventTally.countNew(behind: last, db)
        if events.contains(where: { $0.isSuppressed && $0.isAwaited }) { try EventTally.endNew(behind: last, db) }
    }

    /// The number of the last event that there has been; 0: none.
    private static func lastNumber(_ db: Database) throws -> Int64 {
        let statement = try HotStatement(cachedIn: db, "SELECT seq FROM sqlite_sequence WHERE name = 'event'")
        return try statement.step() ? statement.columnInt64(0) : 0
    }
}

/// Inserts new events, several at a time.
private struct EventInserter {
    /// Events at which they are written.
    private static let capacity = 16

    private let visits: HotStatement
    private let open: HotStatement
    private var inserter: RowInserter
    private var pending: [(event: NewEvent, state: DeliveryState)] = []

    init(_ db: Database) throws {
        visits = try HotStatement(
            cachedIn: db,
            "SELECT entry, visit, state FROM event WHERE contact = ? AND endpoint = ?"
        )
        open = try HotStatement(
            cachedIn: db,
            "SELECT 1 FROM event WHERE endpoint = ? AND contact = ? AND state < 4 LIMIT 1"
        )
        inserter = try RowInserter(
            cachedIn: db,
            """
            INSERT OR IGNORE INTO event (endpoint, contact, change, kind, created, body, entry, visit, is_awaited, state,
                reason, finished_at)
            """,
            row: "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        )
    }

    mutating func take(_ event: NewEvent) throws {
        // What it may have to wait for must be there to be found.
        let follows = pending.contains { $0.event.contact == event.contact && $0.event.endpoint == event.endpoint }
        if event.contact != 0, follows { try flush() }
        guard let first = try firstState(of: event) else { return }
        pending.append((event, event.isSuppressed ? .skipped : first))
        if pending.count == Self.capacity { try flush() }
    }

    /// It waits for what is open of its contact there.
    ///
    /// - Returns: Nil: the contact came by there that time already. Its changes' numbers may begin again after a
    ///   restore.
    private func firstState(of event: NewEvent) throws -> DeliveryState? {
        if event.contact == 0 { return .available }
        if event.occurrence != .none { return try firstState(ofVisit: event) }
        defer { open.reset() }
        open.bind(1, event.endpoint)
        open.bind(2, event.contact)
        return try open.step() ? .scheduled : .available
    }

    private func firstState(ofVisit event: NewEvent) throws -> DeliveryState? {
        defer { visits.reset() }
        visits.bind(1, event.contact)
        visits.bind(2, event.endpoint)
        var state = DeliveryState.available
        while try visits.step() {
            if event.occurrence == .init(entry: visits.columnInt64(0), visit: visits.columnInt64(1)) { return nil }
            if visits.columnInt64(2) < 4 { state = .scheduled }
        }
        return state
    }

    mutating func flush() throws {
        try inserter.insert(pending.count) { [pending] row, statement, offset in
            Self.bind(pending[row].event, pending[row].state, statement, offset)
        }
        pending.removeAll(keepingCapacity: true)
    }

    /// What is suppressed stands there without its body.
    private static func bind(_ event: NewEvent, _ state: DeliveryState, _ statement: HotStatement, _ offset: Int) {
        statement.bind(offset + 1, event.endpoint)
        statement.bind(offset + 2, event.contact)
        statement.bind(offset + 3, event.change)
        statement.bind(offset + 4, event.kind)
        statement.bind(offset + 5, event.created)
        if event.isSuppressed {
            statement.bindNull(offset + 6)
        } else {
            event.body.withUnsafeBytes { statement.bind(offset + 6, blob: $0, .duringCall) }
        }
        statement.bind(offset + 7, event.occurrence.entry)
        statement.bind(offset + 8, event.occurrence.visit)
        statement.bind(offset + 9, Int64(event.isAwaited ? 1 : 0))
        statement.bind(offset + 10, Int64(state.rawValue))
        statement.bind(offset + 11, Int64(event.isSuppressed ? Reason.suppressed.rawValue : 0))
        statement.bind(offset + 12, event.isSuppressed ? event.created : 0)
    }
}
