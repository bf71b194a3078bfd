import FanfareStore
import GRDB

/// The tables of an audience file.
///
/// `contact` begins with the standard columns; every merge field adds one of its own (`m_TAG`). An absent value is
/// NULL, never the empty text. Times are whole seconds since 1970, UTC. `segment` holds tags (kind `static`) and saved
/// segments in one space of ids, as on Mailchimp's wire.
enum AudienceSchema {
    static let schema = Schema(
        module: "audience",
        steps: [
            Schema.Step("contacts", apply: createTables),
            Schema.Step("changes") { try $0.execute(sql: changes) },
            Schema.Step("group ids") { try $0.execute(sql: groupIDs) },
            Schema.Step("counts") { try $0.execute(sql: counts) },
            Schema.Step("email client", apply: addEmailClient),
            Schema.Step("member hashes") { try $0.execute(sql: MemberHash.tables) },
            Schema.Step("field rules") {
                try $0.execute(sql: "ALTER TABLE merge_field ADD COLUMN required INTEGER NOT NULL DEFAULT 0")
                try $0.execute(sql: "ALTER TABLE merge_field ADD COLUMN help_text TEXT NOT NULL DEFAULT ''")
            },
            Schema.Step("hosted pages") {
                try $0.execute(sql: "ALTER TABLE merge_field ADD COLUMN is_public INTEGER NOT NULL DEFAULT 0")
                try $0.execute(sql: "ALTER TABLE interest_category ADD COLUMN type TEXT NOT NULL DEFAULT 'checkboxes'")
            },
            Schema.Step("campaign ends") {
                try $0.execute(sql: "CREATE TABLE campaign_end (fan_out TEXT PRIMARY KEY) WITHOUT ROWID")
            },
            Schema.Step("member events") { try $0.execute(sql: MemberEvent.table) },
            Schema.Step("contact ids") { try $0.execute(sql: MemberHash.refill) },
            Schema.Step("times of tags") {
                // Unix seconds; null for one of before.
                try $0.execute(sql: "ALTER TABLE segment_contact ADD COLUMN added INTEGER")
            },
            Schema.Step("how campaigns ended") {
                try $0.execute(sql: "ALTER TABLE campaign_end ADD COLUMN status TEXT")
            },
            Schema.Step("form versions") { try $0.execute(sql: ContactForms.tables) },
            Schema.Step("field options", apply: Audience.addFieldOptions),
            Schema.Step("display order", apply: Audience.addDisplayOrders),
            Schema.Step("status arrivals") { try $0.execute(sql: StatusArrivals.columns) },
            Schema.Step("journeys") { try $0.execute(sql: JourneyTables.sql) },
            Schema.Step("requests of journeys") { try $0.execute(sql: JourneyRequest.columns) },
            // Who is inside stands where it is.
            Schema.Step("who is inside") { try $0.execute(sql: "ALTER TABLE journey_contact DROP COLUMN inside") },
            Schema.Step("paths of contacts") { try $0.execute(sql: JourneyTables.paths) },
        ]
    )

    /// Made when the first import has filled the table: sorting once is several times faster than inserting at random
    /// places.
    static let addressIndexSQL = "CREATE UNIQUE INDEX IF NOT EXISTS contact_by_address ON contact(email_key)"
    static func hasAddressIndex(_ db: Database) throws -> Bool {
        let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = 'contact_by_address')"
        return try Bool.fetchOne(db.cachedStatement(sql: sql)) ?? false
    }

    /// For pages of all that are not archived: passing over 900,000 of them reads 10 MB instead of the whole table.
    static let listIndexSQL = "CREATE INDEX IF NOT EXISTS contact_listed ON contact(id) WHERE status <> 6"
    static let tagIndexSQL = "CREATE INDEX IF NOT EXISTS segment_contact_by_contact ON segment_contact(contact_id)"

    private static func createTables(_ db: Database) throws {
        for tables in [contacts, segments, groups] { try db.execute(sql: tables) }
    }

    /// Contacts, and the merge fields that their further columns are.
    private static var contacts: String {
        let standard = SystemColumn.allCases.map { "\($0.rawValue) \($0.sqlType)" }.joined(separator: ",\n    ")
        return """
            CREATE TABLE contact (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                status INTEGER NOT NULL,
                email TEXT NOT NULL,
                email_key TEXT NOT NULL,
                uniqid TEXT NOT NULL,
                \(standard)
            );
            CREATE TABLE merge_field (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                tag TEXT NOT NULL UNIQUE,
                name TEXT NOT NULL,
                kind TEXT NOT NULL,
                default_value TEXT NOT NULL,
                date_format TEXT NOT NULL,
                choices TEXT NOT NULL
            );
            """
    }

    /// How many contacts have a status.
    private static let counts = """
        CREATE TABLE contact_count (
            status INTEGER PRIMARY KEY,
            contacts INTEGER NOT NULL
        );
        INSERT INTO contact_count (status, contacts) SELECT status, count(*) FROM contact GROUP BY status;
        """

    /// What groups and their categories are called by over HTTP.
    private static let groupIDs = """
        ALTER TABLE interest_category ADD COLUMN uid TEXT;
        ALTER TABLE interest ADD COLUMN uid TEXT;
        UPDATE interest_category SET uid = lower(hex(randomblob(5)));
        UPDATE interest SET uid = lower(hex(randomblob(5)));
        CREATE UNIQUE INDEX interest_category_by_uid ON interest_category(uid);
        CREATE UNIQUE INDEX interest_by_uid ON interest(uid);
        """

    /// The change log, and who reads it up to where: what all have read is cut. Changes are numbered for good.
    private static let changes = """
        CREATE TABLE change (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            contact_id INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            source INTEGER NOT NULL,
            at INTEGER NOT NULL,
            facts TEXT NOT NULL
        );
        CREATE INDEX change_by_contact ON change(contact_id);
        CREATE TABLE change_reader (
            name TEXT PRIMARY KEY,
            cursor INTEGER NOT NULL
        ) WITHOUT ROWID;
        """

    /// Tags and saved segments, and who has which tag.
    private static let segments = """
        CREATE TABLE segment (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL CHECK (kind IN ('static', 'saved')),
            name TEXT NOT NULL,
            name_key TEXT NOT NULL,
            definition TEXT,
            created INTEGER NOT NULL,
            updated INTEGER NOT NULL,
            UNIQUE (kind, name_key)
        );
        CREATE TABLE segment_contact (
            segment_id INTEGER NOT NULL,
            contact_id INTEGER NOT NULL,
            PRIMARY KEY (segment_id, contact_id)
        ) WITHOUT ROWID;
        """

    /// Groups by category, and who is in which.
    private static let groups = """
        CREATE TABLE interest_category (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            title TEXT NOT NULL UNIQUE
        );
        CREATE TABLE interest (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            category_id INTEGER NOT NULL,
            name TEXT NOT NULL,
            UNIQUE (category_id, name)
        );
        CREATE TABLE contact_interest (
            contact_id INTEGER NOT NULL,
            interest_id INTEGER NOT NULL,
            PRIMARY KEY (contact_id, interest_id)
        ) WITHOUT ROWID;
        CREATE INDEX contact_interest_by_interest ON contact_interest(interest_id);
        """

    /// Files of before have no such column; the first step gives new ones every standard column there is.
    private static func addEmailClient(_ db: Database) throws {
        let column = SystemColumn.emailClient
        guard try !db.columns(in: "contact").contains(where: { $0.name == column.rawValue }) else { return }
        try db.execute(sql: "ALTER TABLE contact ADD COLUMN \(column.rawValue) \(column.sqlType)")
    }
}
