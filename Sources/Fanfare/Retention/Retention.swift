import FanfareStore
public import GRDB

/// How long what has ended is kept, by what it is; what is not named is kept for ever. A table of the catalogue.
public struct Retention: Sendable, Hashable {
    /// What is kept, or not.
    public enum Matter: String, Sendable, Hashable, CaseIterable, Codable {
        /// Deliveries of fan-outs, from their end on; counts stay. See ``Installation/prune(_:)``.
        case fanOuts = "fan_outs"
        /// What receivers answered to deliveries of fan-outs, from the fan-out's end on.
        case answers = "fan_out_answers"
        /// Webhooks of audiences, from the end of each on; counts stay.
        case events
        /// Their bodies and what receivers answered: they cannot be sent again then.
        case bodies = "event_bodies"
    }

    static let schema = Schema(
        module: "retention",
        steps: [
            .init("1 tables") {
                try $0.execute(
                    sql: """
                        CREATE TABLE retention (
                            matter TEXT PRIMARY KEY,
                            seconds INTEGER NOT NULL
                        ) WITHOUT ROWID;
                        CREATE TABLE retention_done (
                            fan_out TEXT PRIMARY KEY,
                            ended_at INTEGER NOT NULL
                        ) WITHOUT ROWID;
                        """
                )
            }
        ]
    )

    /// Seconds for which each is kept after its end.
    public var seconds: [Matter: Int64]

    /// - Parameter seconds: For which each is kept after its end; what is not named is kept for ever.
    public init(_ seconds: [Matter: Int64] = [:]) { self.seconds = seconds }

    /// Unix seconds before which a matter must have ended to be forgotten; nil: it is kept for ever.
    func limit(of matter: Matter, now: Int64) -> Int64? { seconds[matter].map { now - $0 } }

    static func read(_ db: Database) throws -> Retention {
        guard try db.tableExists("retention") else { return Retention() }
        var retention = Retention()
        for row in try Row.fetchAll(db, sql: "SELECT matter, seconds FROM retention") {
            if let matter = Matter(rawValue: row[0]) { retention.seconds[matter] = row[1] }
        }
        return retention
    }

    func save(_ db: Database) throws {
        try db.execute(sql: "DELETE FROM retention")
        for (matter, seconds) in seconds {
            try db.execute(
                sql: "INSERT INTO retention (matter, seconds) VALUES (?, ?)",
                arguments: [matter.rawValue, seconds]
            )
        }
    }
}

/// What was forgotten because it was older than is to be kept.
public struct RetentionOutcome: Sendable, Hashable, Codable {
    /// Fan-outs whose deliveries were.
    public var fanOuts = 0
    /// Attempts of fan-outs whose answers were.
    public var answers = 0
    /// Events that were.
    public var events = 0
    /// Events whose bodies were.
    public var bodies = 0

    /// Nothing.
    public init() {}

    /// Nothing was.
    public var isEmpty: Bool { self == RetentionOutcome() }

    private enum CodingKeys: String, CodingKey {
        case fanOuts = "fan_outs", answers = "fan_out_answers", events, bodies = "event_bodies"
    }
}
