import FanfareDelivery
import FanfarePayload
import FanfareReport
import FanfareTesting
import Foundation
import GRDB

/// A frozen ledger whose rows follow from their ordinal, so that a test knows what they add up to.
///
/// Of each hundred deliveries 1 … 90 are delivered, by the first attempt but 81 … 90, which took two; 91 … 94 are dead
/// by 404; 95 … 97 are dead after three attempts, the last of which found no connection; 98 is skipped, 99 waits to be
/// tried again, and 100 has not been sent.
struct GeneratedLedger {
    static let start: Int64 = 1_795_000_000
    /// Deliveries of one second.
    static let perSecond: Int64 = 100

    let ledger: Ledger
    let hundreds: Int64

    /// - Parameter excerpt: What the receiver said to every failed attempt, as SQL.
    init(_ folder: TemporaryFolder, hundreds: Int64, excerpt: String = "'said ' || ordinal") throws {
        self.hundreds = hundreds
        ledger = try Ledger.create(at: folder.path("ledger.sqlite"), run: 1)
        let count = hundreds * 100
        try ledger.openForWriting().write { db in
            try db.execute(
                sql: """
                    WITH RECURSIVE n(i) AS (SELECT 1 WHERE \(count) > 0 UNION ALL SELECT i + 1 FROM n WHERE i < \(count))
                    INSERT INTO recipient SELECT i, i + 7 FROM n
                    """
            )
            try db.execute(sql: Self.outcomes)
            try db.execute(sql: Self.attempts(excerpt))
            try db.execute(
                sql: """
                    UPDATE progress SET frozen = 1, claimed = \(count), delivered = 90 * ?1, dead = 7 * ?1,
                        skipped = ?1, retryable = ?1, scheduled = ?1
                    """,
                arguments: [hundreds]
            )
        }
    }

    /// A place of 1 … 100 in its hundred.
    private static let place = "(ordinal - 1) % 100 + 1"
    private static let time = "\(start) + (ordinal - 1) / \(perSecond)"

    /// Microseconds: 1,000 × place.
    private static var outcomes: String {
        """
        INSERT INTO outcome (ordinal, state, attempts, uncounted, first_at, due_at, status, reason, finished_at, duration,
            digest)
        SELECT ordinal,
            CASE WHEN \(place) <= 90 THEN 4 WHEN \(place) <= 97 THEN 5 WHEN \(place) = 98 THEN 7 ELSE 3 END,
            CASE WHEN \(place) <= 80 THEN 1 WHEN \(place) <= 90 THEN 2 WHEN \(place) <= 94 THEN 1
                WHEN \(place) <= 97 THEN 3 WHEN \(place) = 98 THEN 0 ELSE 1 END,
            CASE WHEN \(place) = 1 THEN 2 ELSE 0 END, 0, 0,
            CASE WHEN \(place) <= 90 THEN 200 WHEN \(place) <= 94 THEN 404 WHEN \(place) = 99 THEN 500 ELSE 0 END,
            CASE WHEN \(place) <= 90 THEN 0 WHEN \(place) <= 94 THEN 1 WHEN \(place) <= 97 THEN 32
                WHEN \(place) = 98 THEN 67 ELSE 1 END,
            \(time), 1000 * (\(place)), 0
        FROM recipient WHERE \(place) <= 99
        """
    }

    private static func attempts(_ excerpt: String) -> String {
        """
        INSERT INTO attempt (ordinal, number, status, reason, curl_code, os_error, finished_at, connected, secured,
            first_byte, total, digest, excerpt, location)
        SELECT ordinal, number, CASE WHEN \(place) BETWEEN 95 AND 97 AND number = 3 THEN 0
                WHEN \(place) BETWEEN 91 AND 94 THEN 404 ELSE 500 END,
            CASE WHEN \(place) BETWEEN 95 AND 97 AND number = 3 THEN 3 ELSE 1 END,
            0, 0, \(time), 0, 0, 0, 0, 0, CAST(\(excerpt) AS BLOB), NULL
        FROM recipient, (SELECT 1 AS number UNION SELECT 2 UNION SELECT 3)
        WHERE (\(place) BETWEEN 81 AND 90 AND number = 1) OR (\(place) BETWEEN 91 AND 94 AND number = 1)
            OR (\(place) BETWEEN 95 AND 97) OR (\(place) = 99 AND number = 1)
        """
    }

    static let ids = DeliveryIDSeries(installation: "installation", fanOut: "fan-out", run: 1)

    func reader(_ options: SurveyReader.Options = SurveyReader.Options()) -> SurveyReader {
        SurveyReader(ledger: ledger, audienceFile: "/nowhere", ids: Self.ids, options: options)
    }

    func read() throws -> LedgerSurvey { try reader().read(startedAt: Self.start).survey }

    func change(_ sql: String) throws { try ledger.openForWriting().write { try $0.execute(sql: sql) } }
}
