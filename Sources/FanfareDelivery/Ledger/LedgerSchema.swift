import FanfareStore
import GRDB

/// The tables of one fan-out's ledger file.
///
/// | Table | Row | Written |
/// | --- | --- | --- |
/// | `recipient` | ordinal, contact | by the freeze, never changed |
/// | `wave` | first ordinal, when it may go out: one per part; none: all at once | by the freeze, never changed |
/// | `outcome` | one per delivery that has been claimed and settled at least once | after an attempt |
/// | `attempt` | one per failed, counted attempt | after a failure |
/// | `progress` | one row: run, watermark, lane time, counts per state, number of commits | with every commit |
/// | `removed` | recipients gone from the contact file since | when a change is accepted |
/// | `job` | one row: the job as it was | when the fan-out starts or a change is accepted |
enum LedgerSchema {
    static let schema = Schema(
        module: "ledger",
        steps: [
            .init("1 tables") { try $0.execute(sql: tables) },
            .init("2 sums") {
                try $0.execute(sql: "ALTER TABLE progress ADD COLUMN recipient_sum INTEGER")
                try $0.execute(sql: "ALTER TABLE progress ADD COLUMN progress_sum INTEGER")
            },
            .init("3 commits") {
                try $0.execute(sql: "ALTER TABLE progress ADD COLUMN commits INTEGER NOT NULL DEFAULT 0")
            },
            .init("4 waves") {
                try $0.execute(sql: "CREATE TABLE wave (first INTEGER PRIMARY KEY, due_at INTEGER NOT NULL)")
            },
        ]
    )

    /// A sum over the frozen set that no single changed bit of a recipient leaves as it was; kept by the freeze.
    static let recipientSum = "SELECT coalesce(sum((contact * 31 + ordinal) % 1000003), 0) FROM recipient"

    private static let tables = """
        CREATE TABLE recipient (
            ordinal INTEGER PRIMARY KEY,
            contact INTEGER NOT NULL
        );
        CREATE TABLE outcome (
            ordinal INTEGER PRIMARY KEY,
            state INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            uncounted INTEGER NOT NULL,
            first_at INTEGER NOT NULL,
            due_at INTEGER NOT NULL,
            status INTEGER NOT NULL,
            reason INTEGER NOT NULL,
            finished_at INTEGER NOT NULL,
            duration INTEGER NOT NULL,
            digest INTEGER NOT NULL
        );
        CREATE INDEX outcome_due ON outcome (due_at, ordinal) WHERE state IN (1, 3);
        CREATE INDEX outcome_not_delivered ON outcome (state, ordinal) WHERE state <> 4;
        CREATE TABLE attempt (
            ordinal INTEGER NOT NULL,
            number INTEGER NOT NULL,
            status INTEGER NOT NULL,
            reason INTEGER NOT NULL,
            curl_code INTEGER NOT NULL,
            os_error INTEGER NOT NULL,
            finished_at INTEGER NOT NULL,
            connected INTEGER NOT NULL,
            secured INTEGER NOT NULL,
            first_byte INTEGER NOT NULL,
            total INTEGER NOT NULL,
            digest INTEGER NOT NULL,
            excerpt BLOB,
            location TEXT,
            PRIMARY KEY (ordinal, number)
        ) WITHOUT ROWID;
        CREATE TABLE progress (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            frozen INTEGER NOT NULL DEFAULT 0,
            run INTEGER NOT NULL,
            watermark INTEGER NOT NULL DEFAULT 0,
            claimed INTEGER NOT NULL DEFAULT 0,
            lane_seconds INTEGER NOT NULL DEFAULT 0,
            recovered INTEGER NOT NULL DEFAULT 0,
            scheduled INTEGER NOT NULL DEFAULT 0,
            available INTEGER NOT NULL DEFAULT 0,
            in_flight INTEGER NOT NULL DEFAULT 0,
            retryable INTEGER NOT NULL DEFAULT 0,
            delivered INTEGER NOT NULL DEFAULT 0,
            dead INTEGER NOT NULL DEFAULT 0,
            cancelled INTEGER NOT NULL DEFAULT 0,
            skipped INTEGER NOT NULL DEFAULT 0,
            uncertain INTEGER NOT NULL DEFAULT 0
        );
        CREATE TABLE removed (
            contact INTEGER PRIMARY KEY
        );
        CREATE TABLE job (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            document TEXT NOT NULL
        );
        """
}
