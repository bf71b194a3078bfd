import FanfareAudience
import FanfareJob
import FanfareStore
import GRDB

/// Lets those begin to whom something has happened that a starting point asks for.
///
/// What happened while a journey was paused waits there: they begin when it goes on.
enum JourneySignals {
    /// Takes a piece of what has been noted of a journey.
    ///
    /// - Parameter limit: At most so many.
    /// - Returns: How many they were.
    /// - Throws: ``JourneyFault``, `AudienceError`, `StoreError`.
    static func take(for journey: Journey, limit: Int, _ tools: JourneyTools) throws -> Int {
        let rows = try signals(of: journey, limit: limit, tools.db)
        guard let last = rows.last else { return 0 }
        var entrance = JourneyEntrance(journey, tools)
        for row in rows {
            // A starting point that is gone, or a journey that would come back to where it began.
            guard let start = journey.start(row.point), !row.chain.hasJourney(journey.number) else { continue }
            _ = try entrance.admit(row.contact, at: start, chain: row.chain)
        }
        let statement = try HotStatement(
            cachedIn: tools.db,
            "DELETE FROM journey_signal WHERE journey = ? AND number <= ?"
        )
        statement.bind(1, journey.number)
        statement.bind(2, last.number)
        try statement.run()
        return rows.count
    }

    private struct Signal {
        let number: Int64
        let point: Int64
        let contact: Int64
        let chain: String
    }

    private static func signals(of journey: Journey, limit: Int, _ db: Database) throws -> [Signal] {
        let statement = try HotStatement(
            cachedIn: db,
            "SELECT number, point, contact_id, chain FROM journey_signal WHERE journey = ? ORDER BY number LIMIT ?"
        )
        statement.bind(1, journey.number)
        statement.bind(2, Int64(limit))
        var signals: [Signal] = []
        while try statement.step() {
            signals.append(
                Signal(
                    number: statement.columnInt64(0),
                    point: statement.columnInt64(1),
                    contact: statement.columnInt64(2),
                    chain: statement.columnText(3) ?? ""
                )
            )
        }
        return signals
    }
}
