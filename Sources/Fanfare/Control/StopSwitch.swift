public import FanfareControl
import FanfareStore
import GRDB
import NIOConcurrencyHelpers

/// The one switch that stops everything that an installation sends: a row of the catalogue, so that it holds over a
/// restart, until somebody goes on. Any thread.
///
/// Whoever pulls it has all heed it before it is noted, which may wait for the disk: whatever becomes of the note, nothing
/// is sent. It is noted before it is confirmed.
final class StopSwitch: Sendable {
    private static let schema = Schema(
        module: "stop switch",
        steps: [
            .init("1 table") {
                try $0.execute(
                    sql: """
                        CREATE TABLE stop_switch (
                            id INTEGER PRIMARY KEY CHECK (id = 1),
                            pulled_at INTEGER NOT NULL,
                            pulled_by TEXT NOT NULL,
                            reason TEXT
                        )
                        """
                )
            }
        ]
    )

    private let catalogue: DatabaseQueue
    private let state: NIOLockedValueBox<PulledStop?>

    /// - Parameter catalogue: Opened for writing by the owner of the data directory.
    /// - Throws: `StoreError`.
    init(_ catalogue: DatabaseQueue) throws {
        self.catalogue = catalogue
        try Self.schema.migrate(catalogue)
        state = NIOLockedValueBox(try catalogue.read { try Self.pulled(in: $0) })
    }

    /// Since when, by whom and why everything is stopped; nil: it is not.
    var pulled: PulledStop? { state.withLockedValue { $0 } }

    /// Pulls it in this process; whoever did first stays named. Does not block.
    ///
    /// - Returns: The switch as it stands now, to be noted.
    func pull(_ order: StopOrder, now: Int64 = currentUnixTime()) -> PulledStop {
        state.withLockedValue { state in
            let pulled = state ?? PulledStop(at: now, order: order)
            state = pulled
            return pulled
        }
    }

    /// Has it hold over a restart; again is the same.
    func note(_ pulled: PulledStop) throws {
        try catalogue.write {
            try $0.execute(
                sql: "INSERT INTO stop_switch VALUES (1, ?, ?, ?) ON CONFLICT DO NOTHING",
                arguments: [pulled.at, pulled.order.by, pulled.order.reason]
            )
        }
    }

    /// Lets everything go on.
    ///
    /// - Returns: The switch as it stood; nil: nothing was stopped.
    func release() throws -> PulledStop? {
        try catalogue.write { try $0.execute(sql: "DELETE FROM stop_switch") }
        return state.withLockedValue { state in
            defer { state = nil }
            return state
        }
    }

    /// The switch of a catalogue that may never have had one.
    static func pulled(in db: Database) throws -> PulledStop? {
        guard try db.tableExists("stop_switch"), let row = try Row.fetchOne(db, sql: "SELECT * FROM stop_switch")
        else { return nil }
        return PulledStop(
            at: row["pulled_at"],
            order: StopOrder(by: row["pulled_by"], reason: row["reason"])
        )
    }
}

extension Installation {
    /// Since when, by whom and why nothing is sent of this installation; nil: it is not stopped.
    ///
    /// - Throws: `StoreError`.
    public func pulledStop() throws -> PulledStop? { try catalogue.read(StopSwitch.pulled) }
}
