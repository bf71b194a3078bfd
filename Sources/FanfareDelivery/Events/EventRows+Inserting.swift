import FanfareStore
import GRDB

extension EventRows {
    /// Adds events; one that is there already, of the same endpoint and change or occurrence, stays as it is.
    static func insert(_ events: [NewEvent], _ db: Database) throws {
        if events.isEmpty { return }
        let statements = try InsertingStatements(db)
        var tally = EventTally()
        for event in events {
            guard let first = try statements.firstState(of: event) else { continue }
            let state = event.isSuppressed ? .skipped : first
            try statements.insert(event, state)
            if db.changesCount == 0 { continue }
            tally.add(1, event.endpoint, state)
            if state.isFinal, event.isAwaited { try EventTally.end(db.lastInsertedRowID, db) }
        }
        try tally.flush(db)
    }
}

/// What is run for every new event.
private struct InsertingStatements {
    private let visits: HotStatement
    private let open: HotStatement
    private let insert: HotStatement

    init(_ db: Database) throws {
        visits = try HotStatement(
            cachedIn: db,
            "SELECT entry, visit, state FROM event WHERE contact = ? AND endpoint = ?"
        )
        open = try HotStatement(
            cachedIn: db,
            "SELECT 1 FROM event WHERE endpoint = ? AND contact = ? AND state < 4 LIMIT 1"
        )
        insert = try HotStatement(
            cachedIn: db,
            """
            INSERT OR IGNORE INTO event (endpoint, contact, change, kind, created, body, entry, visit, is_awaited, state,
                reason, finished_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """
        )
    }

    /// It waits for what is open of its contact there.
    ///
    /// - Returns: Nil: the contact came by there that time already. Its changes' numbers may begin again after a restore.
    func firstState(of event: NewEvent) throws -> DeliveryState? {
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

    /// What is suppressed stands there without its body.
    func insert(_ event: NewEvent, _ state: DeliveryState) throws {
        insert.bind(1, event.endpoint)
        insert.bind(2, event.contact)
        insert.bind(3, event.change)
        insert.bind(4, event.kind)
        insert.bind(5, event.created)
        insert.bind(7, event.occurrence.entry)
        insert.bind(8, event.occurrence.visit)
        insert.bind(9, Int64(event.isAwaited ? 1 : 0))
        insert.bind(10, Int64(state.rawValue))
        insert.bind(11, Int64(event.isSuppressed ? Reason.suppressed.rawValue : 0))
        insert.bind(12, event.isSuppressed ? event.created : 0)
        if event.isSuppressed {
            insert.bindNull(6)
            return try insert.run()
        }
        try event.body.withUnsafeBytes { body in
            insert.bind(6, blob: body, .untilReset)
            try insert.run()
        }
    }
}
