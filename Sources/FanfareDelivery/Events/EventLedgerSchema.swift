import FanfareStore
import GRDB

/// The tables of one audience's ledger of event webhooks.
///
/// | Table | Row | Written |
/// | --- | --- | --- |
/// | `event` | one request to one endpoint: what it tells of, its body, its state | when it arises, after each attempt |
/// | `event_attempt` | one per failed, counted attempt | after a failure |
/// | `event_count` | how many of an endpoint stand in a state | with the states; see `EventTally` |
/// | `event_lane` | an endpoint's lane time | with every commit of its outcomes |
/// | `event_cursor` | up to which change a source has been read | with the events made of it |
/// | `event_retention` | up to which event was forgotten what is old | with what is forgotten |
/// | `event_end` | the end of an event that somebody waits for, numbered in the order of their ends | with the states |
/// | `event_installation` | up to which change events have the ids of an earlier installation | by a restore |
///
/// States are those of `DeliveryState`. An event is `scheduled` while an earlier one of the same endpoint and contact is
/// not final, `available` when it may be sent; what is in flight is in memory alone, and after a death is sent again.
enum EventLedgerSchema {
    static let schema = Schema(
        module: "events",
        steps: [
            .init("1 tables") { try $0.execute(sql: tables + counting) },
            .init("2 installations") { try $0.execute(sql: installations) },
            .init("3 retention") { try $0.execute(sql: retention) },
            .init("4 undelivered") { try $0.execute(sql: undelivered) },
            .init("5 occurrences") { try $0.execute(sql: occurrences) },
            .init("6 counts") { try $0.execute(sql: counts) },
        ]
    )

    // Conditions of indexes are repeated word by word in queries, or SQLite does not use them.
    private static let tables = """
        CREATE TABLE event (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            endpoint TEXT NOT NULL,
            contact INTEGER NOT NULL,
            change INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            created INTEGER NOT NULL,
            body BLOB,
            state INTEGER NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            uncounted INTEGER NOT NULL DEFAULT 0,
            first_at INTEGER NOT NULL DEFAULT -1,
            due_at INTEGER NOT NULL DEFAULT 0,
            status INTEGER NOT NULL DEFAULT 0,
            reason INTEGER NOT NULL DEFAULT 0,
            finished_at INTEGER NOT NULL DEFAULT 0,
            duration INTEGER NOT NULL DEFAULT 0,
            UNIQUE (endpoint, change)
        );
        CREATE INDEX event_open ON event (endpoint, contact, number) WHERE state < 4;
        CREATE INDEX event_ready ON event (endpoint, number) WHERE state = 1;
        CREATE INDEX event_due ON event (endpoint, due_at, number) WHERE state = 3;
        CREATE INDEX event_by_contact ON event (contact);
        CREATE TABLE event_attempt (
            event INTEGER NOT NULL,
            number INTEGER NOT NULL,
            status INTEGER NOT NULL,
            reason INTEGER NOT NULL,
            curl_code INTEGER NOT NULL,
            finished_at INTEGER NOT NULL,
            duration INTEGER NOT NULL,
            excerpt BLOB NOT NULL,
            location TEXT,
            PRIMARY KEY (event, number)
        ) WITHOUT ROWID;
        CREATE TABLE event_lane (
            endpoint TEXT PRIMARY KEY,
            lane_seconds INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE event_cursor (
            source TEXT PRIMARY KEY,
            change INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE event_count (
            endpoint TEXT NOT NULL,
            state INTEGER NOT NULL,
            count INTEGER NOT NULL,
            PRIMARY KEY (endpoint, state)
        ) WITHOUT ROWID;
        """

    private static let installations = """
        CREATE TABLE event_installation (
            through INTEGER PRIMARY KEY,
            installation TEXT NOT NULL
        );
        """

    /// What ended and was not delivered is asked for, and is rare.
    private static let undelivered = "CREATE INDEX event_undelivered ON event (endpoint, number) WHERE state > 4;"

    /// Which time it is that a contact comes by, of events that tell of no change; and the ends of those that are awaited.
    private static let occurrences = """
        ALTER TABLE event ADD COLUMN entry INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE event ADD COLUMN visit INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE event ADD COLUMN is_awaited INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE event_end (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            event INTEGER NOT NULL
        );
        CREATE TRIGGER event_ends AFTER UPDATE OF state ON event
        WHEN new.is_awaited AND new.state >= 4 AND old.state < 4 BEGIN
            INSERT INTO event_end (event) VALUES (new.number);
        END;
        CREATE TRIGGER event_is_over AFTER INSERT ON event WHEN new.is_awaited AND new.state >= 4 BEGIN
            INSERT INTO event_end (event) VALUES (new.number);
        END;
        """

    /// Who changes states counts them.
    private static let counts = """
        DROP TRIGGER event_is_new;
        DROP TRIGGER event_moves;
        DROP TRIGGER event_ends;
        DROP TRIGGER event_is_over;
        """

    /// What is forgotten stays counted.
    private static let retention = """
        CREATE TABLE event_retention (
            matter TEXT PRIMARY KEY,
            through INTEGER NOT NULL
        ) WITHOUT ROWID;
        DROP TRIGGER event_goes;
        """

    private static let counting = """
        CREATE TRIGGER event_is_new AFTER INSERT ON event BEGIN
            INSERT INTO event_count (endpoint, state, count) VALUES (new.endpoint, new.state, 1)
                ON CONFLICT DO UPDATE SET count = count + 1;
        END;
        CREATE TRIGGER event_moves AFTER UPDATE OF state ON event WHEN old.state <> new.state BEGIN
            UPDATE event_count SET count = count - 1 WHERE endpoint = old.endpoint AND state = old.state;
            INSERT INTO event_count (endpoint, state, count) VALUES (new.endpoint, new.state, 1)
                ON CONFLICT DO UPDATE SET count = count + 1;
        END;
        CREATE TRIGGER event_goes AFTER DELETE ON event BEGIN
            UPDATE event_count SET count = count - 1 WHERE endpoint = old.endpoint AND state = old.state;
        END;
        """
}
