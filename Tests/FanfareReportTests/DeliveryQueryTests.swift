import FanfareDelivery
import FanfareTesting
import GRDB
import Testing

@testable import FanfareReport

@Suite("A page of rare deliveries is found, not searched for")
struct DeliveryQueryTests {
    /// What SQLite means to do for a page, one step a line.
    private func plan(_ query: DeliveryQuery, _ ledger: Ledger) throws -> [String] {
        try ledger.openForWriting().writeWithoutTransaction { db in
            try db.execute(
                sql: "ATTACH ':memory:' AS audience; CREATE TABLE audience.contact (id INTEGER PRIMARY KEY, email TEXT)"
            )
            return try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN \(query.rows)", arguments: [0, 1000])
                .map { $0["detail"] }
        }
    }

    /// The page itself is gone through, and the progress, which has one row; no table that grows is.
    private func requireNoScan(_ steps: [String]) {
        let scans = steps.filter { $0.hasPrefix("SCAN") }
        #expect(scans.allSatisfy { $0 == "SCAN page" || $0 == "SCAN progress" }, "\(steps)")
    }

    private static let rare: [DeliveryFilter] = {
        var answered = DeliveryFilter(states: [.dead])
        answered.statuses = [500...599]
        var explained = DeliveryFilter(states: [.dead, .uncertain])
        explained.reasons = [.timeout]
        var late = DeliveryFilter(states: [.skipped])
        (late.since, late.until, late.minAttempts) = (1, 2, 3)
        return [
            DeliveryFilter(states: [.dead]), DeliveryFilter(states: [.dead, .cancelled]), answered, explained, late,
        ]
    }()

    @Test("by the index of what was not delivered, whatever else is asked for", arguments: rare)
    func index(_ filter: DeliveryFilter) async throws {
        try await withTemporaryFolder { folder in
            let steps = try plan(DeliveryQuery(filter: filter), GeneratedLedger(folder, hundreds: 1).ledger)
            let found = steps.filter { $0.hasPrefix("SEARCH o USING") && $0.contains("outcome_not_delivered (state=?") }
            #expect(found.count == filter.states.count, "\(steps)")
            requireNoScan(steps)
        }
    }

    private static let common: [Set<DeliveryState>] = [[], [.delivered], [.scheduled]]

    @Test("a page of all, or of a state that most are in, goes on at its place", arguments: common)
    func place(_ states: Set<DeliveryState>) async throws {
        try await withTemporaryFolder { folder in
            let query = DeliveryQuery(filter: DeliveryFilter(states: states))
            let steps = try plan(query, GeneratedLedger(folder, hundreds: 1).ledger)
            #expect(steps.contains { $0.contains("USING INTEGER PRIMARY KEY (rowid>?)") }, "\(steps)")
            requireNoScan(steps)
        }
    }
}
