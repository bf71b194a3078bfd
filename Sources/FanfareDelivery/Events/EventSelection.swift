import GRDB

/// Events that a condition is true of, of which there may be many.
struct EventSelection {
    private let condition: String
    private let arguments: StatementArguments

    /// - Parameters:
    ///   - condition: In SQL, of the columns of `event`.
    ///   - arguments: Of its parameters.
    init(_ condition: String, _ arguments: StatementArguments = []) {
        (self.condition, self.arguments) = (condition, arguments)
    }

    /// Brings all of them to one state.
    ///
    /// - Parameters:
    ///   - state: Which.
    ///   - reason: Why, as `Reason` numbers it; 0: for none; nil: that which it has.
    ///   - time: Unix time in seconds at which they ended; nil: that which it has.
    ///   - db: The write.
    /// - Returns: How many they were.
    func move(
        to state: DeliveryState,
        reason: Int64? = nil,
        finishedAt time: Int64? = nil,
        _ db: Database
    ) throws -> Int64 {
        var tally = EventTally()
        let counts = try Row.fetchAll(
            db,
            sql: "SELECT endpoint, state, count(*) FROM event WHERE \(condition) GROUP BY endpoint, state",
            arguments: arguments
        )
        for row in counts {
            guard let before = DeliveryState(rawValue: row[1]) else { continue }
            tally.add(-row[2], row[0], before)
            tally.add(row[2], row[0], state)
        }
        if state.isFinal {
            try db.execute(
                sql: """
                    INSERT INTO event_end (event) SELECT number FROM event
                    WHERE \(condition) AND is_awaited AND state < 4 ORDER BY number
                    """,
                arguments: arguments
            )
        }
        try db.execute(
            sql: """
                UPDATE event SET state = ?, reason = coalesce(?, reason), finished_at = coalesce(?, finished_at)
                WHERE \(condition)
                """,
            arguments: [state.rawValue, reason, time] + arguments
        )
        let count = Int64(db.changesCount)
        try tally.flush(db)
        return count
    }
}
