import FanfareStore
public import GRDB

/// What the operator ordered for one fan-out and is remembered over restarts. An order is committed before it is
/// confirmed, and holds until another takes it back or the fan-out ends. What was set outlives that: it holds when the
/// fan-out is sent from again.
public struct FanOutOrders: Sendable, Hashable {
    /// Unix seconds of the pause that holds; nil: it is not paused.
    public var pausedAt: Int64?
    /// Unix seconds of the order to cancel, which is never taken back; nil: there is none.
    public var cancelledAt: Int64?
    /// What was set over the job file.
    public var change = SettingsChange()
    /// Unix seconds of the last order to set something; nil: nothing was set.
    public var changedAt: Int64?

    /// No orders.
    public init() {}

    /// It is to send nothing until it is resumed.
    public var isPaused: Bool { pausedAt != nil }
    /// What is left of it is to be cancelled.
    public var isCancelled: Bool { cancelledAt != nil }

    /// What is left of them when the fan-out has ended.
    public var afterEnd: FanOutOrders {
        var orders = self
        (orders.pausedAt, orders.cancelledAt) = (nil, nil)
        return orders
    }
}

extension FanOutCatalogue {
    static let orderSchema = Schema(
        module: "fan-out-orders",
        steps: [.init("1 table") { try $0.execute(sql: orderTable) }]
    )

    /// `rate` 0: no limit; what is NULL was not ordered.
    private static let orderTable = """
        CREATE TABLE fan_out_orders (
            fan_out TEXT PRIMARY KEY,
            paused_at INTEGER,
            cancelled_at INTEGER,
            rate REAL,
            max_in_flight INTEGER,
            deadline_ms INTEGER,
            changed_at INTEGER
        )
        """

    /// What was ordered for a fan-out.
    ///
    /// - Parameter id: The fan-out's id.
    public func orders(for id: String) throws -> FanOutOrders { try database.read { try Self.orders(for: id, in: $0) } }

    /// The same in a catalogue that another process may own; none when the table was never made.
    public static func orders(for id: String, in db: Database) throws -> FanOutOrders {
        guard try db.tableExists("fan_out_orders"),
            let row = try Row.fetchOne(db, sql: "SELECT * FROM fan_out_orders WHERE fan_out = ?", arguments: [id])
        else { return FanOutOrders() }
        var orders = FanOutOrders()
        orders.pausedAt = row["paused_at"]
        orders.cancelledAt = row["cancelled_at"]
        orders.changedAt = row["changed_at"]
        orders.change.rate = (row["rate"] as Double?).map { $0 == 0 ? .unlimited : .perSecond($0) }
        orders.change.maxInFlight = row["max_in_flight"]
        orders.change.deadline = (row["deadline_ms"] as Int64?).map { .milliseconds($0) }
        return orders
    }

    /// Replaces what was ordered for a fan-out.
    ///
    /// - Parameters:
    ///   - orders: All of it.
    ///   - id: The fan-out's id.
    public func save(_ orders: FanOutOrders, for id: String) throws {
        try database.write { try Self.save(orders, for: id, $0) }
    }

    /// The same within a write of the caller's.
    package func save(_ orders: FanOutOrders, for id: String, _ db: Database) throws {
        try Self.save(orders, for: id, db)
    }

    /// Saves a record and what is ordered for it, both or neither.
    public func save(_ record: FanOutRecord, _ orders: FanOutOrders) throws { try save([(record, orders)]) }

    /// The same for several, in one transaction.
    public func save(_ records: [(FanOutRecord, FanOutOrders)]) throws {
        try database.write { db in
            for (record, orders) in records {
                try Self.save(record, db)
                try Self.save(orders, for: record.id, db)
            }
        }
    }

    private static func save(_ orders: FanOutOrders, for id: String, _ db: Database) throws {
        if orders == FanOutOrders() {
            return try db.execute(sql: "DELETE FROM fan_out_orders WHERE fan_out = ?", arguments: [id])
        }
        let rate: Double? =
            switch orders.change.rate {
            case .none: nil
            case .unlimited: 0
            case .perSecond(let rate): rate
            }
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO fan_out_orders (fan_out, paused_at, cancelled_at, rate, max_in_flight,
                    deadline_ms, changed_at)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                id, orders.pausedAt, orders.cancelledAt, rate, orders.change.maxInFlight,
                orders.change.deadline.map { Int64($0 / .milliseconds(1)) }, orders.changedAt,
            ]
        )
    }
}
