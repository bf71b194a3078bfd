package import GRDB

/// What an audience file holds of the journeys of its contacts, so that where a contact stands, its timer and what a
/// step does to it change in one transaction.
///
/// | Table | Row | Written |
/// | --- | --- | --- |
/// | `journey` | one journey: its map, sealed, and its state | by orders |
/// | `journey_point` | the number of a point, which stays its own over versions, and how many are there and have passed | by orders, with every step |
/// | `journey_contact` | how often a contact has begun a journey | when one begins |
/// | `journey_position` | where a contact stands in one of its entries, and until when | with every step |
/// | `journey_signal` | something happened to a contact that a starting point asks for | by triggers, with what happened |
/// | `journey_enrolment` | contacts that are to begin together, up to which all have | by orders and days, piece by piece |
/// | `journey_day` | up to which day a starting point has been asked who begins | when a day has come |
/// | `journey_path` | what one contact passed at one time, `[[point,way],…]`: the proof of its way | with every step |
/// | `journey_life` | a change of a journey's state: when, by whom | by orders |
/// | `journey_cause` | one row: what the writes of this transaction come from | within transactions, empty between them |
/// | `journey_outcome` | up to which final outcome of journeys' webhooks was taken over | with the steps that follow |
package enum JourneyTables {
    static let sql = """
        CREATE TABLE journey (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            state TEXT NOT NULL,
            reason TEXT,
            version INTEGER NOT NULL,
            sealed TEXT NOT NULL,
            created INTEGER NOT NULL,
            updated INTEGER NOT NULL
        );
        CREATE TABLE journey_point (
            journey INTEGER NOT NULL,
            number INTEGER NOT NULL,
            id TEXT NOT NULL,
            waiting INTEGER NOT NULL DEFAULT 0,
            arrived INTEGER NOT NULL DEFAULT 0,
            passed INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (journey, number),
            UNIQUE (journey, id)
        ) WITHOUT ROWID;
        CREATE TABLE journey_contact (
            journey INTEGER NOT NULL,
            contact_id INTEGER NOT NULL,
            entries INTEGER NOT NULL,
            inside INTEGER NOT NULL,
            PRIMARY KEY (journey, contact_id)
        ) WITHOUT ROWID;
        CREATE TABLE journey_position (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            journey INTEGER NOT NULL,
            contact_id INTEGER NOT NULL,
            entry INTEGER NOT NULL,
            point INTEGER NOT NULL,
            visit INTEGER NOT NULL,
            is_waiting INTEGER NOT NULL,
            arrived INTEGER NOT NULL,
            due INTEGER,
            release INTEGER NOT NULL DEFAULT 0,
            chain TEXT NOT NULL
        );
        CREATE INDEX journey_position_due ON journey_position(journey, due) WHERE due IS NOT NULL;
        CREATE INDEX journey_position_by_contact ON journey_position(contact_id);
        CREATE TABLE journey_signal (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            journey INTEGER NOT NULL,
            point INTEGER NOT NULL,
            contact_id INTEGER NOT NULL,
            chain TEXT NOT NULL
        );
        CREATE INDEX journey_signal_by_journey ON journey_signal(journey);
        CREATE TABLE journey_enrolment (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            journey INTEGER NOT NULL,
            point INTEGER NOT NULL,
            whom TEXT NOT NULL,
            through INTEGER NOT NULL,
            last INTEGER NOT NULL,
            begun INTEGER NOT NULL DEFAULT 0
        );
        CREATE TABLE journey_day (
            journey INTEGER NOT NULL,
            point INTEGER NOT NULL,
            day INTEGER NOT NULL,
            PRIMARY KEY (journey, point)
        ) WITHOUT ROWID;
        CREATE TABLE journey_step (
            contact_id INTEGER NOT NULL,
            journey INTEGER NOT NULL,
            entry INTEGER NOT NULL,
            visit INTEGER NOT NULL,
            point INTEGER NOT NULL,
            way INTEGER NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (contact_id, journey, entry, visit)
        ) WITHOUT ROWID;
        CREATE TABLE journey_life (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            journey INTEGER NOT NULL,
            state TEXT NOT NULL,
            at INTEGER NOT NULL,
            by_whom TEXT NOT NULL,
            remark TEXT
        );
        CREATE TABLE journey_cause (
            chain TEXT NOT NULL,
            is_import INTEGER NOT NULL
        );
        INSERT INTO journey_cause (chain, is_import) VALUES ('', 0);
        CREATE TABLE journey_outcome (cursor INTEGER NOT NULL);
        INSERT INTO journey_outcome (cursor) VALUES (0);
        """

    /// What a contact passes at one time stands in one row.
    static let paths = """
        CREATE TABLE journey_path (
            contact_id INTEGER NOT NULL,
            journey INTEGER NOT NULL,
            entry INTEGER NOT NULL,
            visit INTEGER NOT NULL,
            steps TEXT NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (contact_id, journey, entry, visit)
        ) WITHOUT ROWID;
        INSERT INTO journey_path (contact_id, journey, entry, visit, steps, at)
        SELECT contact_id, journey, entry, visit, json_array(json_array(point, way)), at FROM journey_step;
        DROP TABLE journey_step;
        """

    /// Forgets a contact: it is in no journey any more, and no step tells of it. That it has passed stays counted, also
    /// where it is now.
    static func erase(contact: Int64, _ db: Database) throws {
        try db.execute(
            sql: """
                UPDATE journey_point SET waiting = waiting - gone.waited, passed = passed + gone.present
                FROM (
                    SELECT journey, point, sum(is_waiting) AS waited, count(*) AS present FROM journey_position
                    WHERE contact_id = ?1 GROUP BY journey, point
                ) AS gone
                WHERE gone.journey = journey_point.journey AND gone.point = journey_point.number
                """,
            arguments: [contact]
        )
        for table in ["journey_position", "journey_signal", "journey_path", "journey_contact"] {
            try db.execute(sql: "DELETE FROM \(table) WHERE contact_id = ?", arguments: [contact])
        }
    }

    /// Whether a journey begins or waits by changes of a column of `contact`.
    static func isWatched(_ column: String, _ db: Database) throws -> Bool {
        try hasTrigger("UPDATE OF \(column) ON", db)
    }

    /// Whether a journey begins or waits by somebody's joining or leaving a group.
    static func isWatched(group: Int64, _ db: Database) throws -> Bool {
        try hasTrigger("interest_id = \(group))", db)
    }

    /// Whether a journey begins or waits by a tag, which it knows by its name.
    static func isWatched(tag key: String, _ db: Database) throws -> Bool {
        try hasTrigger("kind = 'static') = \(quotedLiteral(key)))", db)
    }

    private static func hasTrigger(_ part: String, _ db: Database) throws -> Bool {
        try Bool.fetchOne(
            db,
            sql: """
                SELECT EXISTS (
                    SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name GLOB 'journey_[0-9]*' AND instr(sql, ?)
                )
                """,
            arguments: [part]
        ) ?? false
    }

    /// Says of the writes of the transaction under way whether an import makes them; to be taken back before it ends.
    static func note(isImport: Bool, _ db: Database) throws {
        try db.execute(sql: "UPDATE journey_cause SET is_import = ?", arguments: [isImport])
    }
}
