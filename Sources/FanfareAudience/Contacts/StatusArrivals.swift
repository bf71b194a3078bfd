public import GRDB

/// Who has come to a status over time.
public struct StatusArrivals: Sendable, Hashable {
    /// Unix time in seconds at which somebody last came to it; nil: nobody has since that is kept.
    public var last: Int64?
    /// How many have come to it since the audience was last sent to.
    public var sinceSend: Int64 = 0

    /// What stands beside the numbers of contacts by status: how many have ever come to it, what that was when the
    /// audience was last sent to, and when somebody came last.
    static let columns = """
        ALTER TABLE contact_count ADD COLUMN arrived INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE contact_count ADD COLUMN arrived_by_send INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE contact_count ADD COLUMN last_arrival INTEGER;
        """
}

extension Audience {
    /// Who has come to a status: as new contacts, or from another one.
    ///
    /// Of an audience that was made before this was kept, it is those since then.
    public func arrivals(at status: ContactStatus) throws(AudienceError) -> StatusArrivals {
        try read { db in
            let sql = "SELECT last_arrival, arrived - arrived_by_send FROM contact_count WHERE status = ?"
            var arrivals = StatusArrivals()
            if let row = try Row.fetchOne(db, sql: sql, arguments: [status.storedCode]) {
                arrivals.last = row[0]
                arrivals.sinceSend = row[1]
            }
            return arrivals
        }
    }

    /// Notes within a write of the caller's that the audience is being sent to: who comes from now on has come since.
    public static func noteSend(_ db: Database) throws {
        try db.execute(sql: "UPDATE contact_count SET arrived_by_send = arrived")
    }
}
