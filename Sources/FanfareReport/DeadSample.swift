public import FanfareDelivery
import FanfareStore
import Foundation
import GRDB

/// What a receiver said to a delivery that died: for a person who wonders why.
public struct DeadSample: Sendable, Hashable {
    /// The contact's address as it is now; nil when it was erased.
    public var email: String?
    /// HTTP status of the last attempt; 0: none.
    public var status: Int
    /// Why the last attempt failed.
    public var reason: Reason?
    /// Where a 3xx says that the receiver is now, without its query.
    public var location: String?
    /// The beginning of the last answer's body, as text on one line, with control characters left out; empty: none.
    public var response: String

    /// Why the last attempt failed, in one line for people.
    public var reasonText: String? { reason?.text(status: status, location: location) }
}

extension DeliveryListing {
    /// The first deliveries of the frozen set that died in an attempt.
    ///
    /// - Parameter count: At most so many.
    /// - Throws: `StoreError`.
    public func deadSamples(_ count: Int) throws -> [DeadSample] {
        let dead = DeliveryState.dead.rawValue
        // The second condition lets SQLite use the partial index.
        return try readAttached { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT c.email, a.status, a.reason, a.location, a.excerpt
                    FROM outcome AS o JOIN recipient AS r ON r.ordinal = o.ordinal
                    JOIN attempt AS a ON a.ordinal = o.ordinal
                        AND a.number = (SELECT max(number) FROM attempt WHERE ordinal = o.ordinal)
                    LEFT JOIN \(AudienceAttachment.schema).contact AS c ON c.id = r.contact
                    WHERE o.state = \(dead) AND o.state <> 4 ORDER BY o.ordinal LIMIT ?
                    """,
                arguments: [count]
            )
            .map { row in
                DeadSample(
                    email: row.textIfAny("email"),
                    status: Int(try row.whole("status")),
                    reason: Reason(row: try row.whole("reason")),
                    location: row.textIfAny("location"),
                    response: DeadSample.line(row.bytes("excerpt"))
                )
            }
        }
    }
}

extension DeadSample {
    /// An answer's bytes as text that a terminal may show.
    static func line(_ bytes: Data) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        let words = text.split { $0.isWhitespace }.joined(separator: " ")
        let shown = String(String.UnicodeScalarView(words.unicodeScalars.filter(isShown)))
        return shown.count > 120 ? shown.prefix(120) + "…" : shown
    }

    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }
}

extension Row {
    /// A column that holds bytes or nothing; what is neither counts as nothing.
    func bytes(_ column: String) -> Data { (self[column] as DatabaseValue?).flatMap(Data.fromDatabaseValue) ?? Data() }
}
