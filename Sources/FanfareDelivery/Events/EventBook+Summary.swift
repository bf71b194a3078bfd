import FanfareStore
import GRDB

/// How an endpoint's events stand in the ledger.
public struct EventSummary: Sendable, Hashable {
    /// The endpoint's id.
    public let endpoint: String
    /// How many stand in each state.
    public var counts = StateCounts()
    /// Unix time in seconds at which the oldest that may be sent arose; nil: none may.
    public var oldestDue: Int64?
}

extension EventBook {
    /// How the events of each endpoint stand; blocks.
    ///
    /// - Throws: `StoreError`.
    public func summary() throws -> [EventSummary] {
        do {
            return try openForReading().read { db in
                var summaries: [String: EventSummary] = [:]
                for row in try Row.fetchAll(db, sql: "SELECT endpoint, state, count FROM event_count WHERE count > 0") {
                    guard let state = DeliveryState(rawValue: row[1]) else { continue }
                    let endpoint: String = row[0]
                    summaries[endpoint, default: EventSummary(endpoint: endpoint)].counts[state] = row[2]
                }
                for endpoint in summaries.keys {
                    let sql = "SELECT created FROM event WHERE endpoint = ? AND state = 1 ORDER BY number LIMIT 1"
                    summaries[endpoint]?.oldestDue = try Int64.fetchOne(db, sql: sql, arguments: [endpoint])
                }
                return summaries.values.sorted { $0.endpoint < $1.endpoint }
            }
        } catch {
            throw StoreError(error, path: path)
        }
    }
}
