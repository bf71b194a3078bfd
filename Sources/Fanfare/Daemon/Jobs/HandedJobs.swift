import FanfareControl
import FanfarePayload
import FanfareStore
import Foundation
import GRDB

/// The jobs that a daemon has been handed and has not brought to their end: a table of the catalogue, `fanfare.sqlite`,
/// so that the next start goes on with them.
///
/// An order is sealed as a whole, as it may hold secrets of whoever gave it. Any thread.
struct HandedJobs: Sendable {
    /// A job that was handed over.
    struct Entry {
        let ticket: String
        /// The fan-out that it has become; nil: it has not been taken up.
        let fanOut: String?
        let order: RunOrder
        /// Until when it is known to have waited for its turn, after its time had come: Unix seconds; nil: it has not.
        let waitedUntil: Int64?
    }

    private static let schema = Schema(
        module: "handed jobs",
        steps: [
            .init("1 table") {
                try $0.execute(
                    sql: """
                        CREATE TABLE handed_job (
                            number INTEGER PRIMARY KEY AUTOINCREMENT,
                            ticket TEXT NOT NULL UNIQUE,
                            fan_out TEXT,
                            sealed TEXT NOT NULL
                        )
                        """
                )
            },
            .init("2 turns") { try $0.execute(sql: "ALTER TABLE handed_job ADD COLUMN waited_until INTEGER") },
        ]
    )
    /// What orders are sealed as.
    private static let purpose = "handed job"

    private let catalogue: DatabaseQueue
    private let sealer: SecretSealer

    /// - Parameter installation: Owned by this process.
    /// - Throws: `StoreError`, `PayloadError`.
    init(_ installation: Installation) throws {
        catalogue = installation.catalogue
        sealer = try installation.sealer()
        try Self.schema.migrate(catalogue)
    }

    /// What is to be gone on with, oldest first, and the tickets of what does not open any more.
    func all() throws -> (entries: [Entry], unreadable: [String]) {
        let rows = try catalogue.read { try Row.fetchAll($0, sql: "SELECT * FROM handed_job ORDER BY number") }
        var entries: [Entry] = []
        var unreadable: [String] = []
        for row in rows {
            do {
                let text = try sealer.open(row["sealed"], for: Self.purpose).reveal()
                let order = try JSONDecoder().decode(RunOrder.self, from: Data(text))
                entries.append(
                    Entry(
                        ticket: row["ticket"],
                        fanOut: row["fan_out"],
                        order: order,
                        waitedUntil: row["waited_until"]
                    )
                )
            } catch {
                unreadable.append(row["ticket"])
            }
        }
        return (entries, unreadable)
    }

    /// Keeps a job that was handed over.
    func add(_ order: RunOrder, ticket: String) throws {
        let sealed = try seal(order)
        try catalogue.write {
            try $0.execute(
                sql: "INSERT INTO handed_job (ticket, sealed) VALUES (?, ?)",
                arguments: [ticket, sealed]
            )
        }
    }

    /// Keeps the next of a series in the place of one that is over.
    func replace(_ ticket: String, by order: RunOrder, ticket next: String) throws {
        let sealed = try seal(order)
        try catalogue.write { db in
            try db.execute(sql: "DELETE FROM handed_job WHERE ticket = ?", arguments: [ticket])
            try db.execute(sql: "INSERT INTO handed_job (ticket, sealed) VALUES (?, ?)", arguments: [next, sealed])
        }
    }

    private func seal(_ order: RunOrder) throws -> String {
        sealer.seal(Secret(Array(try JSONEncoder().encode(order))), for: Self.purpose)
    }

    /// Notes which fan-out a job has become; one that had been it before is that no longer.
    func note(_ fanOut: String, ticket: String) throws {
        try catalogue.write { db in
            try db.execute(
                sql: "DELETE FROM handed_job WHERE fan_out = ? AND ticket <> ?",
                arguments: [fanOut, ticket]
            )
            try db.execute(sql: "UPDATE handed_job SET fan_out = ? WHERE ticket = ?", arguments: [fanOut, ticket])
        }
    }

    /// Notes that the time of a job has come, and that it waits for its turn alone.
    ///
    /// - Parameter now: Unix seconds.
    func noteWaiting(_ ticket: String, at now: Int64) throws {
        try catalogue.write { db in
            try db.execute(
                sql: "UPDATE handed_job SET waited_until = ? WHERE ticket = ?",
                arguments: [now, ticket]
            )
        }
    }

    /// Forgets a job that is over.
    func remove(_ ticket: String) throws {
        try catalogue.write { try $0.execute(sql: "DELETE FROM handed_job WHERE ticket = ?", arguments: [ticket]) }
    }

    /// Forgets the job that has become a fan-out: another process has taken it over. Nothing where no daemon ever ran.
    static func remove(fanOut: String, from catalogue: DatabaseQueue) throws {
        try catalogue.write { db in
            guard try db.tableExists("handed_job") else { return }
            try db.execute(sql: "DELETE FROM handed_job WHERE fan_out = ?", arguments: [fanOut])
        }
    }
}
