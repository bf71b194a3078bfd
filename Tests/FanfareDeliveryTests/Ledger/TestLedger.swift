import FanfareStore
import FanfareTesting
import GRDB

@testable import FanfareDelivery

/// A frozen ledger of its own for one test, in a folder that goes with it.
final class TestLedger {
    private let folder: FixtureFolder
    let ledger: Ledger

    /// Recipients 1 … `count`, whose contacts are 1001, 1002, ….
    init(recipients count: Int64) throws {
        folder = try FixtureFolder()
        ledger = try Ledger.create(at: folder.path + "/ledger.sqlite", run: 1)
        try ledger.openForWriting().write { db in
            for ordinal in 0..<count {
                try db.execute(sql: "INSERT INTO recipient (contact) VALUES (?)", arguments: [1001 + ordinal])
            }
            try db.execute(sql: "UPDATE progress SET frozen = 1, scheduled = ?", arguments: [count])
        }
    }

    /// Counts the rows themselves, not the kept counts.
    func countedStates() throws -> [DeliveryState: Int64] {
        try ledger.openForReading().read { db in
            var states: [DeliveryState: Int64] = [:]
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT coalesce(o.state, 0) AS state, count(*) AS n FROM recipient r
                    LEFT JOIN outcome o ON o.ordinal = r.ordinal GROUP BY 1
                    """
            )
            for row in rows { states[DeliveryState(rawValue: row["state"])!] = row["n"] }
            return states
        }
    }
}

extension OutcomeRecord {
    /// A record as an attempt would leave it.
    static func record(
        _ ordinal: Int64,
        from before: DeliveryState = .scheduled,
        to state: DeliveryState,
        attempts: Int32 = 1,
        dueAt: Int64 = 0
    ) -> OutcomeRecord {
        OutcomeRecord(
            ordinal: ordinal,
            before: before,
            state: state,
            attempts: attempts,
            uncounted: 0,
            firstAt: 0,
            dueAt: dueAt,
            status: 200,
            reason: 0,
            finishedAt: 1,
            duration: 1,
            digest: 1
        )
    }
}

extension OutcomeBatch {
    init(_ records: [OutcomeRecord]) {
        self.init()
        for record in records { append(record) }
    }
}
