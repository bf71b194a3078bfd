import FanfareStore
import GRDB

/// How an endpoint's events stand in the ledger.
public struct EventSummary: Sendable, Hashable {
    /// The endpoint's id.
    public let endpoint: String
    /// How many stand in each state.
    public var counts = StateCounts()
    /// Unix time in seconds at which the oldest arose that may be sent or waits for a further attempt; nil: none does.
    ///
    /// Those that wait for an earlier one of their contact do not count: that one does.
    public var oldestWaiting: Int64?
}

extension EventBook {
    /// How the events of each endpoint stand; blocks.
    ///
    /// - Complexity: O(*n*) in the events that wait for a further attempt, whose index is in the order of when they are
    ///   due: half a million take about a tenth of a second.
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
                    summaries[endpoint]?.oldestWaiting = try Int64.fetchOne(
                        db,
                        sql: """
                            SELECT min(created) FROM event WHERE number IN (
                                (SELECT min(number) FROM event WHERE endpoint = ?1 AND state = 1),
                                (SELECT min(number) FROM event WHERE endpoint = ?1 AND state = 3)
                            )
                            """,
                        arguments: [endpoint]
                    )
                }
                return summaries.values.sorted { $0.endpoint < $1.endpoint }
            }
        } catch {
            throw StoreError(error, path: path)
        }
    }
}
