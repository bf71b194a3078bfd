import GRDB

/// Recipients in the order in which they are due by their zones, within a freeze.
///
/// When each zone is due stands in a table of the connection's own: a join is decided by name for each contact, of
/// which there may be millions, of zones there are some hundreds.
enum ZoneOrder {
    /// Makes the table.
    ///
    /// - Returns: What the selection of recipients joins, and what it orders by.
    static func prepare(_ plan: ZonePlan, _ db: Database) throws -> (join: String, terms: String) {
        try db.execute(sql: "CREATE TEMP TABLE zone_due (zone TEXT PRIMARY KEY, due_at INTEGER NOT NULL) WITHOUT ROWID")
        for (zone, due) in plan.due {
            try db.execute(sql: "INSERT INTO temp.zone_due VALUES (?, ?)", arguments: [zone, due])
        }
        return (join, "\(due(plan)), contact.id")
    }

    /// One part for each time at which somebody is due.
    static func waves(_ plan: ZonePlan, _ db: Database) throws -> Waves {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT \(due(plan)), count(*) FROM recipient
                JOIN audience.contact AS contact ON contact.id = recipient.contact\(join)
                GROUP BY 1 ORDER BY 1
                """
        )
        var first: Int64 = 1
        return Waves(
            rows.map { row in
                defer { first += row[1] }
                return .init(first: first, dueAt: row[0])
            }
        )
    }

    private static let join = " LEFT JOIN temp.zone_due AS zone_due ON zone_due.zone = contact.time_zone"

    private static func due(_ plan: ZonePlan) -> String { "coalesce(zone_due.due_at, \(plan.dueElsewhere))" }
}
