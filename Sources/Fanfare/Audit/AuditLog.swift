import Dispatch
import FanfareAudience
import FanfareStore
public import GRDB
public import Logging
import NIOConcurrencyHelpers

/// One change that somebody made: who, what and of which object; never a value or an address.
public struct AuditEntry: Sendable, Hashable {
    /// Unix time in seconds.
    public var time: Int64
    /// A key's id, `operator` and a user of the machine, `command line` or `page`.
    public var actor: String
    /// What was asked for: a method and a route of the HTTP interface, or an order.
    public var action: String
    /// What it was about, such as `list 0123456789`; empty: nothing that has an id.
    public var object: String
    /// What came of it: an HTTP status, `done` or `refused`.
    public var result: String

    /// - Parameters: see the properties of the same names.
    public init(time: Int64, actor: String, action: String, object: String, result: String) {
        (self.time, self.actor, self.action) = (time, actor, action)
        (self.object, self.result) = (object, result)
    }

    /// A change that a command has made now.
    ///
    /// - Parameters:
    ///   - action: What it did.
    ///   - object: What it was about.
    public init(byCommand action: String, object: String) {
        self.init(time: currentUnixTime(), actor: "command line", action: action, object: object, result: "done")
    }
}

/// Who changed what: a table of the catalogue, `fanfare.sqlite`. Any thread.
///
/// Entries are gathered for 0.2 seconds and written together: what thousands of requests a second note costs a few
/// commits, and no request waits for one. A death loses the trail of its last moments, not the changes, which stand in
/// the audiences' own logs. ``keptDays`` and ``keptEntries`` bound it.
public final class AuditLog: Sendable {
    /// Days after which an entry is forgotten.
    public static let keptDays: Int64 = 400
    /// Entries that are kept at most.
    public static let keptEntries: Int64 = 1_000_000

    private static let delay: DispatchTimeInterval = .milliseconds(200)
    /// Entries that wait for a disk that cannot be written; further ones are counted and lost.
    private static let patience = 20_000
    /// Entries between two looks at what is old.
    private static let slack = 1000

    private static let schema = Schema(
        module: "audit",
        steps: [
            .init("1 table") {
                try $0.execute(
                    sql: """
                        CREATE TABLE audit (
                            number INTEGER PRIMARY KEY AUTOINCREMENT,
                            time INTEGER NOT NULL,
                            actor TEXT NOT NULL,
                            action TEXT NOT NULL,
                            object TEXT NOT NULL,
                            result TEXT NOT NULL
                        );
                        CREATE INDEX audit_by_time ON audit(time);
                        """
                )
            }
        ]
    )

    private struct State {
        var waiting: [AuditEntry] = []
        var isScheduled = false
        var lost = 0
        var sinceTrim = slack
    }

    private let database: DatabaseQueue
    private let logger: Logger
    private let queue = DispatchQueue(label: "fanfare-audit")
    private let state = NIOLockedValueBox(State())

    /// - Parameters:
    ///   - database: The catalogue, opened for writing by the owner of the data directory.
    ///   - logger: Told when entries cannot be written.
    /// - Throws: `StoreError`.
    public init(_ database: DatabaseQueue, logger: Logger) throws {
        (self.database, self.logger) = (database, logger)
        try Self.schema.migrate(database)
    }

    /// Notes a change. Returns at once.
    public func note(_ entry: AuditEntry) {
        let mustSchedule = state.withLockedValue { state in
            guard state.waiting.count < Self.patience else {
                state.lost += 1
                return false
            }
            state.waiting.append(entry)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if mustSchedule { schedule() }
    }

    private func schedule() {
        queue.asyncAfter(deadline: .now() + Self.delay) { [weak self] in self?.flush() }
    }

    /// Writes what has gathered. Blocks.
    public func flush() {
        let (entries, lost, mustTrim) = state.withLockedValue { state in
            let (entries, lost) = (state.waiting, state.lost)
            (state.waiting, state.lost, state.isScheduled) = ([], 0, false)
            state.sinceTrim += entries.count
            let mustTrim = state.sinceTrim > Self.slack
            if mustTrim { state.sinceTrim = 0 }
            return (entries, lost, mustTrim)
        }
        if lost > 0 { logger.error("audit entries were lost", metadata: ["count": "\(lost)"]) }
        if entries.isEmpty { return }
        do {
            try write(entries, trims: mustTrim)
        } catch {
            logger.error("audit entries cannot be written: trying again", metadata: ["error": "\(error)"])
            let mustSchedule = state.withLockedValue { state in
                state.waiting = Array((entries + state.waiting).prefix(Self.patience))
                defer { state.isScheduled = true }
                return !state.isScheduled
            }
            if mustSchedule { schedule() }
        }
    }

    fileprivate func write(_ entries: [AuditEntry], trims: Bool) throws {
        try database.write { db in
            let insert = try HotStatement(
                db,
                "INSERT INTO audit (time, actor, action, object, result) VALUES (?, ?, ?, ?, ?)"
            )
            for entry in entries {
                insert.bind(1, entry.time)
                insert.bind(2, entry.actor)
                insert.bind(3, entry.action)
                insert.bind(4, entry.object)
                insert.bind(5, entry.result)
                try insert.run()
            }
            guard trims, let last = entries.last else { return }
            try db.execute(
                sql: "DELETE FROM audit WHERE number <= (SELECT max(number) FROM audit) - ? OR time < ?",
                arguments: [Self.keptEntries, last.time - Self.keptDays * 86_400]
            )
        }
    }

    /// The newest entries, oldest first, also in a catalogue that another process owns.
    ///
    /// - Parameters:
    ///   - database: The catalogue.
    ///   - actor: Only those of a key's id, `operator USER`, `command line` or `page`; nil: of all.
    ///   - since: From this Unix second on.
    ///   - limit: So many at most.
    /// - Returns: None where none was ever kept.
    public static func entries(
        in database: DatabaseQueue,
        actor: String? = nil,
        since: Int64 = .min,
        limit: Int
    ) throws -> [AuditEntry] {
        try database.read { db in
            guard try db.tableExists("audit") else { return [] }
            let sql = """
                SELECT * FROM audit WHERE (?1 IS NULL OR actor = ?1) AND time >= ?2 ORDER BY number DESC LIMIT ?3
                """
            return try Row.fetchAll(db, sql: sql, arguments: [actor, since, limit]).reversed().map { row in
                AuditEntry(
                    time: row["time"],
                    actor: row["actor"],
                    action: row["action"],
                    object: row["object"],
                    result: row["result"]
                )
            }
        }
    }
}

extension Installation {
    /// Notes in the audit trail what a command has changed while no daemon runs. Blocks until it is on disk.
    ///
    /// - Parameter entry: Nil: nothing was changed.
    /// - Throws: `StoreError`.
    public func note(_ entry: AuditEntry?) throws {
        guard let entry else { return }
        let log = try AuditLog(catalogue, logger: Logger(label: "fanfare") { _ in SwiftLogNoOpLogHandler() })
        try log.write([entry], trims: false)
    }
}
