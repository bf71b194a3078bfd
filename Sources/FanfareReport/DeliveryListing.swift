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
    /// Why the last attempt failed, where ``reason`` only says that no further one was made.
    public var lastReason: Reason?
    /// Where a 3xx says that the receiver is now, without its query.
    public var location: String?
    /// Unix seconds of the last change; nil: never tried.
    public var changedAt: Int64?
    /// Microseconds that the last attempt took.
    public var durationMicroseconds: Int64

    /// Why it is in this state, in one line for people; nil where nothing went wrong.
    public var reasonText: String? {
        reason.map { $0.text(status: status, last: lastReason, location: location) }
    }
}

extension Reason {
    /// Nil for 0, and for a reason that only a newer version knows.
    init?(row code: Int64?) {
        guard let reason = code.flatMap({ UInt8(exactly: $0) }).flatMap(Reason.init(rawValue:)) else { return nil }
        self = reason
    }

    /// One line for people, with why the last attempt failed where the reason only says that no further one was made.
    func text(status: Int, last: Reason?, location: String?) -> String {
        let text = text(status: status, location: location)
        // A status says it already.
        guard status == 0, let last else { return text }
        return "\(text); the last: \(last.text)"
    }

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
        try forEachPage(DeliveryFilter(states: states), body)
    }

    /// Reads the deliveries that a filter means.
    ///
    /// - Parameters:
    ///   - filter: Which.
    ///   - ordinal: Only those behind this place in the frozen set.
    ///   - limit: At most so many.
    ///   - body: Called with one page after another.
    /// - Returns: Whether there may be more behind the last.
    /// - Throws: `StoreError`, `DeliveryError` for a ledger that is damaged, and what `body` throws.
    @discardableResult
    public func forEachPage(
        _ filter: DeliveryFilter,
        after ordinal: Int64 = 0,
        limit: Int = .max,
        _ body: ([DeliveryRow]) throws -> Void
    ) throws -> Bool {
        let query = DeliveryQuery(filter: filter)
        let database = try openAttached()
        let before = try ledger.progress()
        var last = ordinal
        var left = limit
        let isWhole = ordinal == 0 && filter == DeliveryFilter(states: filter.states)
        var rows: Int64 = 0
        while left > 0 {
            let size = min(left, Self.pageSize)
            let page = try ledger.describingDamage(beside: audienceFile) {
                try database.inDatabase { try self.page(query, after: last, size: size, $0) }
            }
            if let end = page.last {
                try body(page)
                last = end.ordinal
            }
            rows += Int64(page.count)
            if page.count < size {
                if isWhole { try requireAll(filter.states, read: rows, before) }
                return false
            }
            left -= page.count
        }
        return true
    }

    /// Refuses a list that has fewer or more than the ledger's own counts say: damage that SQLite does not see can make
    /// rows unreachable. A ledger that was written to meanwhile cannot be held against them.
    private func requireAll(_ states: Set<DeliveryState>, read rows: Int64, _ before: LedgerProgress) throws {
        guard try ledger.progress() == before else { return }
        let wanted = states.isEmpty ? Set(DeliveryState.allCases) : states
        let expected = wanted.reduce(0) { $0 + before.currentCounts[$1] }
        guard rows != expected else { return }
        throw DeliveryError(
            .ledgerDamaged,
            "\(ledger.path) is damaged: \(rows) deliveries were found where it counts \(expected). What is listed above is "
                + "not all; restore the data directory from a backup"
        )
    }

    /// Asks the ledger one question, with the audience beside it.
    func readAttached<Result>(_ body: (Database) throws -> Result) throws -> Result {
        let database = try openAttached()
        return try ledger.describingDamage(beside: audienceFile) { try database.inDatabase(body) }
    }

    private func openAttached() throws -> DatabaseQueue {
        try ledger.describingDamage(beside: audienceFile) {
            let database = try ledger.openForReading()
            try database.inDatabase { try AudienceAttachment.attach(audienceFile, to: $0) }
            return database
        }
    }

    private func page(
        _ query: DeliveryQuery,
        after last: Int64,
        size: Int,
        _ db: Database
    ) throws -> [DeliveryRow] {
        try Row.fetchAll(
            db,
            sql: query.rows,
            arguments: [last, size]
        )
        .map(row)
    }

    private func row(_ row: Row) throws -> DeliveryRow {
        let number = try row.whole("state")
        guard let state = UInt8(exactly: number).flatMap(DeliveryState.init(rawValue:)) else {
            throw Contradiction(what: "it has the unknown state \(number)")
        }
        let contact = try row.whole("contact")
        let reason = Reason(row: try row.wholeIfAny("reason"))
        let last = Reason(row: try row.wholeIfAny("last_reason"))
        // The last attempt of a delivery that was reopened and accepted since says nothing of how it ended.
        let isOfLast = reason.map { $0.endsAttempts || $0 == last } ?? false
        return DeliveryRow(
            ordinal: try row.whole("ordinal"),
            contact: contact,
            email: row.textIfAny("email"),
            id: ids.id(contact: contact),
            state: state,
            attempts: Int(try row.wholeIfAny("attempts") ?? 0),
            status: Int(try row.wholeIfAny("status") ?? 0),
            reason: reason,
            lastReason: isOfLast && reason != last ? last : nil,
            location: isOfLast ? row.textIfAny("location") : nil,
            changedAt: try row.wholeIfAny("finished_at"),
            durationMicroseconds: try row.wholeIfAny("duration") ?? 0
        )
    }
}
