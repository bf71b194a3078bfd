public import FanfareDelivery
import Foundation
import GRDB

/// One attempt of a delivery, as its ledger keeps it: those that failed, and those of before it was sent again.
public struct AttemptRow: Sendable, Hashable {
    /// From 1, over every time that the delivery was sent again.
    public var number: Int
    /// HTTP status; 0: none.
    public var status: Int
    /// Why it failed; nil where it was accepted.
    public var reason: Reason?
    /// libcurl's code; 0: none.
    public var curlCode: Int
    /// The system's error number; 0: none.
    public var osError: Int
    /// Unix seconds of its end.
    public var endedAt: Int64
    /// Microseconds from its start until it was connected; 0: not reached, or kept from before.
    public var connectedMicroseconds: Int64
    /// The same until TLS was agreed on.
    public var securedMicroseconds: Int64
    /// The same until the answer's first byte.
    public var firstByteMicroseconds: Int64
    /// The same until its end.
    public var totalMicroseconds: Int64
    /// Where a 3xx says that the receiver is now, without its query.
    public var location: String?
    /// The beginning of the answer's body, as text on one line, with control characters left out; empty: none.
    public var response: String

    /// Why it failed, in one line for people; nil where it was accepted.
    public var reasonText: String? { reason?.text(status: status, location: location) }
}

extension DeliveryListing {
    /// The attempts of one delivery that its ledger keeps, oldest first: those that failed, and the one that was
    /// accepted.
    ///
    /// - Parameter ordinal: The delivery's place in the frozen set.
    /// - Throws: `StoreError`, `DeliveryError` for a ledger that is damaged.
    public func attempts(of ordinal: Int64) throws -> [AttemptRow] {
        try readAttached { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT number, status, reason, curl_code, os_error, finished_at, connected, secured, first_byte,
                        total, location, excerpt
                    FROM main.attempt WHERE ordinal = ?1
                    UNION ALL
                    SELECT 1 + coalesce((SELECT max(number) FROM main.attempt WHERE ordinal = ?1), 0), status, 0, 0, 0,
                        finished_at, 0, 0, 0, duration, NULL, NULL
                    FROM main.outcome WHERE ordinal = ?1 AND state = \(DeliveryState.delivered.rawValue)
                    ORDER BY number
                    """,
                arguments: [ordinal]
            )
            .map(AttemptRow.init)
        }
    }
}

extension AttemptRow {
    /// - Parameter row: With its columns, of whichever ledger.
    init(_ row: Row) throws {
        self.init(
            number: Int(try row.whole("number")),
            status: Int(try row.whole("status")),
            reason: Reason(row: try row.whole("reason")),
            curlCode: Int(try row.whole("curl_code")),
            osError: Int(try row.whole("os_error")),
            endedAt: try row.whole("finished_at"),
            connectedMicroseconds: try row.whole("connected"),
            securedMicroseconds: try row.whole("secured"),
            firstByteMicroseconds: try row.whole("first_byte"),
            totalMicroseconds: try row.whole("total"),
            location: row.textIfAny("location"),
            response: DeadSample.line(row.bytes("excerpt"))
        )
    }
}
