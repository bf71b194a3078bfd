import FanfareDelivery
import FanfareStore
import GRDB

/// Takes note of what became of the webhooks that contacts wait for: who had it delivered goes on, who is to leave when it
/// was given up leaves.
///
/// Up to which end that was done stands in the audience's file, in the transaction in which it is done. Thread: that of
/// the database access.
enum JourneyEnds {
    /// Takes a piece of them over.
    ///
    /// - Returns: The last one; nil: there was none.
    /// - Throws: `StoreError`.
    static func take(_ events: EventBook, limit: Int, _ tools: JourneyTools) throws -> Int64? {
        let ends = try events.ends(after: try cursor(tools.db), limit: limit)
        guard let last = ends.last else { return nil }
        for end in ends { try take(end, tools) }
        let move = try HotStatement(cachedIn: tools.db, "UPDATE journey_outcome SET cursor = ?")
        move.bind(1, last.number)
        try move.run()
        return last.number
    }

    /// Up to which end all were taken over.
    private static func cursor(_ db: Database) throws -> Int64 {
        let statement = try HotStatement(cachedIn: db, "SELECT cursor FROM journey_outcome")
        return try statement.step() ? statement.columnInt64(0) : 0
    }

    private static func take(_ end: EventEnd, _ tools: JourneyTools) throws {
        guard let place = Journey.place(of: end.endpoint) else { return }
        let release: JourneyRelease
        switch end.state {
        case .delivered: release = .happened
        // Nothing was to be sent to it: it is no failure.
        case .skipped: release = .needless
        case .dead, .cancelled, .uncertain: release = .failed
        case .scheduled, .available, .inFlight, .retryable: return
        }
        let statement = try HotStatement(
            cachedIn: tools.db,
            """
            UPDATE journey_position SET release = ?1, due = 0
            WHERE contact_id = ?2 AND entry = ?3 AND visit = ?4 AND is_waiting
                AND journey = (SELECT number FROM journey WHERE id = ?5)
                AND point = (
                    SELECT p.number FROM journey_point AS p JOIN journey AS j ON j.number = p.journey
                    WHERE j.id = ?5 AND p.id = ?6
                )
            """
        )
        statement.bind(1, release.rawValue)
        statement.bind(2, end.contact)
        statement.bind(3, end.occurrence.entry)
        statement.bind(4, end.occurrence.visit)
        statement.bind(5, place.journey)
        statement.bind(6, place.point)
        try statement.run()
    }
}
