import GRDB
import Testing

@testable import FanfareDelivery

/// How a fan-out ended, and every row that its ledger holds afterwards.
struct FanOutResult: CustomTestStringConvertible {
    /// One delivery; what has no row is `scheduled`.
    struct Delivery {
        var state: DeliveryState
        var attempts = 0
        var uncounted = 0
        var firstAt: Int64 = -1
        var dueAt: Int64 = 0
        var status = 0
        var reason: Reason?
        var digest: Int64 = 0
    }

    /// One failed, counted attempt.
    struct Attempt {
        var ordinal: Int64
        var number: Int
        var status: Int
        var reason: Reason?
        var curlCode: Int
        var total: Int64
        var digest: Int64
        var excerpt: String
        var location: String?
    }

    var end: FanOutEnd?
    var progress: LedgerProgress
    /// By ordinal, all of the frozen set.
    var deliveries: [Int64: Delivery]
    /// By ordinal and number.
    var attempts: [Attempt]

    /// After an end; checks that the counts add up.
    init(_ end: FanOutEnd, _ fixture: EngineFixture) throws {
        try self.init(of: fixture.ledger)
        self.end = end
        #expect(progress == end.progress)
    }

    /// What a ledger holds now; checks that the counts add up.
    init(of ledger: Ledger) throws {
        (progress, deliveries, attempts) = try ledger.openForReading().read { db in
            (try Ledger.progress(db), try Self.deliveries(db), try Self.attempts(db))
        }
        for state in DeliveryState.allCases {
            #expect(progress.counts[state] == deliveries.values.count { $0.state == state }, "\(state.name)")
        }
        #expect(progress.counts.total == deliveries.count)
        #expect(progress.watermark >= progress.claimed)
    }

    /// What is complete ended so, with every row final.
    var isComplete: Bool {
        guard case .complete? = end?.cause else { return false }
        return progress.isComplete
    }

    /// Why a rule stopped it.
    var stop: StopReason? {
        if case .stopped(let reason)? = end?.cause { reason } else { nil }
    }

    /// What the agent failed with.
    var failure: (any Error)? {
        if case .failed(let error)? = end?.cause { error } else { nil }
    }

    var isInterrupted: Bool {
        if case .interrupted? = end?.cause { true } else { false }
    }

    /// How many deliveries are in each state; states without any are left out.
    var states: [DeliveryState: Int] { Dictionary(grouping: deliveries.values, by: \.state).mapValues(\.count) }

    /// The ordinals in a state.
    func ordinals(in state: DeliveryState) -> Set<Int64> {
        Set(deliveries.filter { $0.value.state == state }.keys)
    }

    var testDescription: String {
        let counts = states.map { "\($0.name) \($1)" }.sorted().joined(separator: ", ")
        return "\(counts); \(end.map { "\($0.cause)" } ?? "not run")"
    }

    private static func deliveries(_ db: Database) throws -> [Int64: Delivery] {
        let sql = """
            SELECT r.ordinal, coalesce(o.state, 0) AS state, o.* FROM recipient AS r
            LEFT JOIN outcome AS o ON o.ordinal = r.ordinal
            """
        var found: [Int64: Delivery] = [:]
        for row in try Row.fetchAll(db, sql: sql) {
            var delivery = Delivery(state: try #require(DeliveryState(rawValue: row["state"])))
            if delivery.state != .scheduled {
                delivery.attempts = row["attempts"]
                delivery.uncounted = row["uncounted"]
                delivery.firstAt = row["first_at"]
                delivery.dueAt = row["due_at"]
                delivery.status = row["status"]
                delivery.reason = Reason(rawValue: row["reason"])
                delivery.digest = row["digest"]
            }
            found[row[0]] = delivery
        }
        return found
    }

    private static func attempts(_ db: Database) throws -> [Attempt] {
        let sql = "SELECT *, CAST(excerpt AS TEXT) AS text FROM attempt ORDER BY ordinal, number"
        return try Row.fetchAll(db, sql: sql).map { row in
            Attempt(
                ordinal: row["ordinal"],
                number: row["number"],
                status: row["status"],
                reason: Reason(rawValue: row["reason"]),
                curlCode: row["curl_code"],
                total: row["total"],
                digest: row["digest"],
                excerpt: row["text"] ?? "",
                location: row["location"]
            )
        }
    }
}
