public import FanfareDelivery
public import FanfarePayload
import FanfareStore
import Foundation
import GRDB

/// One request to a webhook that tells of a change, as a list or an export shows it.
public struct EventRow: Sendable, Hashable {
    /// Its place in the ledger, from 1: those that arose later have larger ones.
    public var number: Int64
    /// The webhook's id.
    public var endpoint: String
    /// The contact's internal key; 0: it concerns none.
    public var contact: Int64
    /// The contact's address as it is now; nil when it was erased, or there is none.
    public var email: String?
    /// What its source calls its kind.
    public var kind: Int64
    /// Sent as `webhook-id`.
    public var id: DeliveryID
    /// Unix seconds at which it arose.
    public var createdAt: Int64
    /// Where it stands; what is in flight shows as `available` or `retryable`.
    public var state: DeliveryState
    /// Attempts that counted.
    public var attempts: Int
    /// HTTP status of the last attempt; 0: none.
    public var status: Int
    /// Why it is in this state; nil where nothing went wrong.
    public var reason: Reason?
    /// Why the last attempt failed, where ``reason`` only says that no further one was made.
    public var lastReason: Reason?
    /// Where a 3xx says that the receiver is now, without its query.
    public var location: String?
    /// Unix seconds of the last change; nil: never tried.
    public var changedAt: Int64?
    /// Microseconds that the last attempt took.
    public var durationMicroseconds: Int64
    /// What was sent is kept, so that it can be sent again.
    public var hasBody: Bool

    /// Why it is in this state, in one line for people; nil where nothing went wrong.
    public var reasonText: String? {
        reason.map { $0.text(status: status, last: lastReason, location: location) }
    }
}

/// Reads the ledger of one audience's event webhooks, newest first, a page at a time, beside a running daemon.
///
/// Any thread. Its calls block.
public struct EventListing: Sendable {
    private let path: String
    private let audienceFile: String
    private let installation: String

    /// - Parameters:
    ///   - path: The ledger's file.
    ///   - audienceFile: The audience's file.
    ///   - installation: The installation's own id.
    public init(path: String, audienceFile: String, installation: String) {
        self.path = path
        self.audienceFile = audienceFile
        self.installation = installation
    }

    /// Whether there is a ledger: there is none before an audience has its first webhook.
    public var exists: Bool { Durability.fileExists(path) }

    /// Events that are meant, newest first.
    ///
    /// - Parameters:
    ///   - query: Which.
    ///   - number: Only those that arose before it; nil: all.
    ///   - limit: At most so many.
    /// - Throws: `StoreError`.
    public func page(_ query: EventQuery, before number: Int64? = nil, limit: Int) throws -> [EventRow] {
        try read { db in
            let epochs = try EventLedger.epochs(db)
            return try query.newest(before: number, limit: limit, db).compactMap { try row($0, epochs, db) }
        }
    }

    /// One event; nil: there is none of that number.
    ///
    /// - Throws: `StoreError`.
    public func event(_ number: Int64) throws -> EventRow? {
        try read { try row(number, EventLedger.epochs($0), $0) }
    }

    /// The attempts of one event that its ledger keeps, oldest first: those that failed, and the one that was accepted.
    ///
    /// - Throws: `StoreError`.
    public func attempts(of number: Int64) throws -> [AttemptRow] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT number, status, reason, curl_code, 0 AS os_error, finished_at, 0 AS connected, 0 AS secured,
                        0 AS first_byte, duration AS total, location, excerpt
                    FROM main.event_attempt WHERE event = ?1
                    UNION ALL
                    SELECT 1 + coalesce((SELECT max(number) FROM main.event_attempt WHERE event = ?1), 0), status, 0, 0,
                        0, finished_at, 0, 0, 0, duration, NULL, NULL
                    FROM main.event WHERE number = ?1 AND state = \(DeliveryState.delivered.rawValue)
                    ORDER BY number
                    """,
                arguments: [number]
            )
            .map(AttemptRow.init)
        }
    }

    private func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do {
            return try EventLedger.openForReading(path, beside: audienceFile).read(body)
        } catch {
            throw StoreError(error, path: path)
        }
    }

    private func row(_ number: Int64, _ epochs: [EventEpoch], _ db: Database) throws -> EventRow? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT e.*, e.body IS NOT NULL AS has_body, c.email, a.reason AS last_reason, a.location
                FROM main.event AS e LEFT JOIN \(AudienceAttachment.schema).contact AS c ON c.id = e.contact
                LEFT JOIN main.event_attempt AS a ON a.event = e.number
                    AND a.number = (SELECT max(number) FROM main.event_attempt WHERE event = e.number)
                WHERE e.number = ?
                """
        )
        return try Row.fetchOne(statement, arguments: [number]).map { try row($0, epochs) }
    }

    private func row(_ row: Row, _ epochs: [EventEpoch]) throws -> EventRow {
        let stateNumber = try row.whole("state")
        guard let state = UInt8(exactly: stateNumber).flatMap(DeliveryState.init(rawValue:)) else {
            throw StoreError(.corrupt, "\(path) has an event of the unknown state \(stateNumber)")
        }
        let endpoint = row.textIfAny("endpoint") ?? ""
        // One that is to be sent anew has the last ending's reason still.
        let isPending = state == .scheduled || state == .available
        let reason = isPending ? nil : Reason(row: try row.whole("reason"))
        let last = Reason(row: try row.wholeIfAny("last_reason"))
        let isOfLast = reason.map { $0.endsAttempts || $0 == last } ?? false
        let finishedAt = try row.whole("finished_at")
        let series = EventIDSeries(installation: installation, epochs: epochs, endpoint: endpoint)
        return EventRow(
            number: try row.whole("number"),
            endpoint: endpoint,
            contact: try row.whole("contact"),
            email: row.textIfAny("email"),
            kind: try row.whole("kind"),
            id: series.id(
                change: try row.whole("change"),
                contact: try row.whole("contact"),
                // A ledger that no daemon has opened since has none of these.
                .init(entry: try row.wholeIfAny("entry") ?? 0, visit: try row.wholeIfAny("visit") ?? 0)
            ),
            createdAt: try row.whole("created"),
            state: state,
            attempts: Int(try row.whole("attempts")),
            status: Int(try row.whole("status")),
            reason: reason,
            lastReason: isOfLast && reason != last ? last : nil,
            location: isOfLast ? row.textIfAny("location") : nil,
            changedAt: finishedAt == 0 ? nil : finishedAt,
            durationMicroseconds: try row.whole("duration"),
            hasBody: try row.whole("has_body") != 0
        )
    }
}
