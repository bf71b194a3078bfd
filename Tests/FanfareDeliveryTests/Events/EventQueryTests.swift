import FanfareStore
import FanfareTesting
import GRDB
import Testing

@testable import FanfareDelivery

/// Which events a query means, in which order, and what finding them costs.
@Suite struct EventQueryTests {
    private let folder: FixtureFolder
    private let database: DatabaseQueue

    /// Twelve events of two webhooks and three contacts: number, webhook, contact, state, the time of their ends.
    init() throws {
        folder = try FixtureFolder()
        database = try DatabaseFile.open(folder.path + "/events.sqlite", mode: .create)
        try EventLedgerSchema.schema.migrate(database)
        try database.write { db in
            for number in 1...12 {
                let state: DeliveryState = [.delivered, .dead, .available][number % 3]
                try db.execute(
                    sql: """
                        INSERT INTO event (endpoint, contact, change, kind, created, body, state, finished_at, status, reason)
                        VALUES (?, ?, ?, 1, ?, x'01', ?, ?, ?, ?)
                        """,
                    arguments: [
                        number % 2 == 0 ? "even" : "odd", number % 3, 100 + number, number, state.rawValue,
                        state == .available ? 0 : number * 10, state == .dead ? 500 : 0,
                        state == .dead ? Reason.attemptsUsedUp.rawValue : 0,
                    ]
                )
            }
        }
    }

    private func newest(_ query: EventQuery, before number: Int64? = nil, limit: Int = 100) throws -> [Int64] {
        try database.read { try query.newest(before: number, limit: limit, $0) }
    }

    private func filter(_ change: (inout DeliveryFilter) -> Void) -> DeliveryFilter {
        var filter = DeliveryFilter()
        change(&filter)
        return filter
    }

    @Test func `all are found, the newest first, a page at a time`() throws {
        #expect(try newest(EventQuery()) == Array((1...12).reversed()))
        #expect(try newest(EventQuery(), before: 12, limit: 2) == [11, 10])
        #expect(try newest(EventQuery(endpoint: "even")) == [12, 10, 8, 6, 4, 2])
        #expect(try newest(EventQuery(endpoint: "even"), before: 8, limit: 2) == [6, 4])
        #expect(try newest(EventQuery(endpoint: "none")).isEmpty)
    }

    @Test func `states, contacts, times and answers narrow it down`() throws {
        #expect(try newest(EventQuery(DeliveryFilter(states: [.dead]))) == [10, 7, 4, 1])
        #expect(try newest(EventQuery(endpoint: "odd", DeliveryFilter(states: [.dead]))) == [7, 1])
        #expect(try newest(EventQuery(endpoint: "odd", DeliveryFilter(states: [.dead])), before: 7) == [1])
        #expect(try newest(EventQuery(endpoint: "odd", DeliveryFilter(states: [.dead, .delivered]))) == [9, 7, 3, 1])
        #expect(try newest(EventQuery(filter { $0.contact = 2 })) == [11, 8, 5, 2])
        // What was never tried counts by when it arose: 11, 8, 5 and 2.
        #expect(try newest(EventQuery(filter { $0.since = 100 })) == [12, 10])
        #expect(try newest(EventQuery(filter { ($0.since, $0.until) = (8, 40) })) == [11, 8, 3, 1])
        #expect(try newest(EventQuery(filter { $0.statuses = [500...599] })) == [10, 7, 4, 1])
        #expect(try newest(EventQuery(filter { $0.reasons = [.attemptsUsedUp] })) == [10, 7, 4, 1])
    }

    @Test func `oldest first, those of before a moment alone`() throws {
        let query = EventQuery(endpoint: "even")
        func oldest(after number: Int64?, through last: Int64, limit: Int) throws -> [Int64] {
            try database.read { try query.oldest(after: number, through: last, limit: limit, $0) }
        }
        #expect(try oldest(after: nil, through: 100, limit: 3) == [2, 4, 6])
        #expect(try oldest(after: 6, through: 9, limit: 3) == [8])
        #expect(try oldest(after: 8, through: 9, limit: 3).isEmpty)
    }

    @Test(arguments: [
        (EventQuery(endpoint: "even", DeliveryFilter(states: [.dead])), "event_undelivered"),
        (EventQuery(endpoint: "even"), "sqlite_autoindex_event_1"),
        (EventQuery(DeliveryFilter(states: [.delivered])), "SCAN e"),
    ])
    func `no page looks at rows that it sorts afterwards`(_ query: EventQuery, _ index: String) throws {
        let plan = try database.read { db in
            var sql = ""
            db.trace { if case .statement(let statement) = $0 { sql = statement.expandedSQL } }
            _ = try query.newest(before: nil, limit: 10, db)
            db.trace(nil)
            return try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN \(sql)").map { $0["detail"] as String }
        }
        #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(plan)")
        #expect(plan.contains { $0.contains(index) }, "\(plan)")
    }
}
