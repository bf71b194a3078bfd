import FanfareAudience
public import FanfareDelivery
public import FanfarePayload
import FanfareStore
import GRDB

/// One delivery as a list or an export shows it.
public struct DeliveryRow: Sendable, Hashable {
    /// Its place in the frozen set, from 1.
    public var ordinal: Int64
    /// The contact's internal key.
    public var contact: Int64
    /// The contact's address as it is now; nil when it was erased.
    public var email: String?
    /// Sent as `webhook-id`.
    public var id: DeliveryID
    /// Where it stands.
    public var state: DeliveryState
    /// Attempts that counted.
    public var attempts: Int
    /// HTTP status of the last attempt; 0: none.
    public var status: Int
    /// Why it is in this state; nil where nothing went wrong.
    public var reason: Reason?
    /// How its last counted attempt failed: the cause behind a delivery that was given up.
    public var lastFailure: Reason?
    /// Where a 3xx says that the receiver is now, without its query.
    public var location: String?
    /// Unix seconds of the last change; nil: never tried.
    public var changedAt: Int64?
    /// Microseconds that the last attempt took.
    public var durationMicroseconds: Int64

    /// Why it is in this state, in one line for people; nil where nothing went wrong.
    public var reasonText: String? {
        let isGivenUp = reason == .attemptsUsedUp || reason == .deadline
        // A status is told beside the reason.
        guard isGivenUp, let reason, let lastFailure, lastFailure != .status else {
            return reason?.text(status: status, location: location)
        }
        return "\(reason.text): \(lastFailure.text(status: UInt16(truncatingIfNeeded: status)))"
    }
}

extension Reason {
    /// One line for people, with the status where the reason is one, and with where a 3xx points to.
    func text(status: Int, location: String?) -> String {
        let text = text(status: UInt16(truncatingIfNeeded: status))
        return location.map { "\(text); the receiver has moved to \($0)" } ?? text
    }
}

/// Reads the deliveries of one ledger in the order of the frozen set, a page at a time, beside a running agent.
public struct DeliveryListing: Sendable {
    /// Rows read at a time.
    public static let pageSize = 1000

    private let ledger: Ledger
    private let audienceFile: String
    private let ids: DeliveryIDSeries

    /// - Parameters:
    ///   - ledger: The fan-out's ledger.
    ///   - audienceFile: The audience's file.
    ///   - ids: Makes the ids of that run.
    public init(ledger: Ledger, audienceFile: String, ids: DeliveryIDSeries) {
        self.ledger = ledger
        self.audienceFile = audienceFile
        self.ids = ids
    }

    /// Reads every delivery in one of the states.
    ///
    /// - Parameters:
    ///   - states: Which; all when empty.
    ///   - body: Called with one page after another.
    /// - Throws: `StoreError`, and what `body` throws.
    public func forEachPage(in states: Set<DeliveryState>, _ body: ([DeliveryRow]) throws -> Void) throws {
        let database = try openAttached()
        var last: Int64 = 0
        while true {
            let page = try database.inDatabase { try self.page(after: last, states, $0) }
            if page.isEmpty { return }
            try body(page)
            last = page[page.count - 1].ordinal
        }
    }

    /// Asks the ledger one question, with the audience beside it.
    func readAttached<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try openAttached().inDatabase(body)
    }

    private func openAttached() throws -> DatabaseQueue {
        let database = try ledger.openForReading()
        try database.inDatabase { try AudienceAttachment.attach(audienceFile, to: $0) }
        return database
    }

    private func page(after last: Int64, _ states: Set<DeliveryState>, _ db: Database) throws -> [DeliveryRow] {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT r.ordinal, r.contact, c.email, \(Self.state) AS state, o.attempts, o.status, o.reason,
                    o.finished_at, o.duration, a.location, a.reason AS last_failure
                \(Self.source(states))
                LEFT JOIN \(AudienceAttachment.schema).contact AS c ON c.id = r.contact
                LEFT JOIN attempt AS a ON a.ordinal = o.ordinal AND a.number = o.attempts
                WHERE r.ordinal > ? \(Self.condition(states)) ORDER BY r.ordinal LIMIT \(Self.pageSize)
                """,
            arguments: [last]
        )
        return try rows.map(row)
    }

    /// A recipient without a row is in flight once it has been claimed, and scheduled before: as
    /// `LedgerProgress.currentCounts` counts them.
    private static let state = """
        coalesce(o.state, CASE WHEN r.ordinal <= (SELECT claimed FROM progress) \
        THEN \(DeliveryState.inFlight.rawValue) ELSE \(DeliveryState.scheduled.rawValue) END)
        """

    /// From the outcomes where none of the wanted states lacks a row: so the partial index serves `--state dead`.
    private static func source(_ states: Set<DeliveryState>) -> String {
        states.isEmpty || mayLackRow(states)
            ? "FROM recipient AS r LEFT JOIN outcome AS o ON o.ordinal = r.ordinal"
            : "FROM outcome AS o JOIN recipient AS r ON r.ordinal = o.ordinal"
    }

    private static func condition(_ states: Set<DeliveryState>) -> String {
        if states.isEmpty { return "" }
        let list = states.map { String($0.rawValue) }.sorted().joined(separator: ", ")
        if mayLackRow(states) { return "AND \(state) IN (\(list))" }
        return "AND o.state IN (\(list)) \(states.contains(.delivered) ? "" : "AND o.state <> 4")"
    }

    private static func mayLackRow(_ states: Set<DeliveryState>) -> Bool {
        states.contains(.scheduled) || states.contains(.inFlight)
    }

    private func row(_ row: Row) throws -> DeliveryRow {
        guard let state = DeliveryState(rawValue: row["state"]) else {
            throw DeliveryError(.ledgerDamaged, "the ledger holds the unknown state \(row["state"] as Int64)")
        }
        let contact: Int64 = row["contact"]
        return DeliveryRow(
            ordinal: row["ordinal"],
            contact: contact,
            email: row["email"],
            id: ids.id(contact: contact),
            state: state,
            attempts: row["attempts"] ?? 0,
            status: row["status"] ?? 0,
            reason: (row["reason"] as UInt8?).flatMap(Reason.init(rawValue:)),
            lastFailure: (row["last_failure"] as UInt8?).flatMap(Reason.init(rawValue:)),
            location: row["location"],
            changedAt: row["finished_at"],
            durationMicroseconds: row["duration"] ?? 0
        )
    }
}
