import FanfareAudience
import FanfareStore
import GRDB

/// When daemons began, and whether they ended in good order: who dies again and again over what it sends shall not go on
/// sending it.
struct DaemonStarts: Sendable {
    /// Seconds within which the third start after two deaths is one with sending paused.
    static let window: Int64 = 600
    private static let limit = 2

    private static let schema = Schema(
        module: "daemon",
        steps: [
            .init("1 starts") {
                try $0.execute(
                    sql: """
                        CREATE TABLE daemon_start (
                            number INTEGER PRIMARY KEY AUTOINCREMENT,
                            began INTEGER NOT NULL,
                            ended INTEGER
                        )
                        """
                )
            }
        ]
    )

    private let catalogue: DatabaseQueue

    /// - Parameter catalogue: Opened for writing by the owner of the data directory.
    /// - Throws: `StoreError`.
    init(_ catalogue: DatabaseQueue) throws {
        self.catalogue = catalogue
        try Self.schema.migrate(catalogue)
    }

    /// Notes a start.
    ///
    /// - Returns: Whether it is one too many after deaths.
    func begin(now: Int64 = currentUnixTime()) throws -> Bool {
        try catalogue.write { db in
            let deaths = try Int.fetchOne(
                db,
                sql: "SELECT count(*) FROM daemon_start WHERE ended IS NULL AND abs(? - began) < ?",
                arguments: [now, Self.window]
            )
            try db.execute(sql: "INSERT INTO daemon_start (began) VALUES (?)", arguments: [now])
            try db.execute(
                sql: "DELETE FROM daemon_start WHERE number <= (SELECT max(number) FROM daemon_start) - 100"
            )
            return (deaths ?? 0) >= Self.limit
        }
    }

    /// Notes an end in good order: the deaths before it are forgiven.
    func end(now: Int64 = currentUnixTime()) throws {
        try catalogue.write {
            try $0.execute(sql: "UPDATE daemon_start SET ended = ? WHERE ended IS NULL", arguments: [now])
        }
    }
}
