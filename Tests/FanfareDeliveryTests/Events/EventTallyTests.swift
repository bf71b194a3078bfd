import FanfareStore
import FanfareTesting
import GRDB
import Testing

@testable import FanfareDelivery

/// What `event_count` and `event_end` say, against the events themselves.
@Suite("Events' counts") struct EventTallyTests {
    private static let endpoints = ["a", "b"]

    private let database: DatabaseQueue

    init() throws {
        database = try DatabaseQueue()
        try EventLedgerSchema.schema.migrate(database)
    }

    @Test("counts are those of the events, whatever is done with them", arguments: 0..<20 as Range<UInt64>)
    func counts(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var ends: [Int64] = []
        for turn in 0..<200 as Range<Int64> {
            let before = try awaited()
            try database.write { try act(turn, &random, $0) }
            let after = try awaited()
            // Those that were open and are so no more, or came so.
            ends += after.filter { $0.value && before[$0.key] != true }.map(\.key)
            #expect(try counts() == counted(), "turn \(turn)")
        }
        let numbered = try database.read { try Int64.fetchAll($0, sql: "SELECT event FROM event_end ORDER BY number") }
        #expect(numbered.sorted() == ends.sorted())
        #expect(!ends.isEmpty)
    }

    private func act(_ turn: Int64, _ random: inout SeededGenerator, _ db: Database) throws {
        let contact = Int64.random(in: 1...20, using: &random)
        let endpoint = Self.endpoints[Int.random(in: 0...1, using: &random)]
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<8: try EventRows.insert(events(turn, &random), db)
        case 8..<14:
            // Those that were given up may have been under way.
            let sql = "SELECT number FROM event WHERE state IN (1, 3, 6, 7) ORDER BY number"
            let chosen = try Int64.fetchAll(db, sql: sql).filter { _ in Bool.random(using: &random) }
            _ = try EventRows.settle(try chosen.map { try outcome($0, &random, db) }, db)
        case 14: try EventRows.cancel(endpoint: endpoint, .endpointDisabled, unixTime: turn, db)
        case 15: try EventRows.skip([contact], .suppressed, unixTime: turn, db)
        case 16: _ = try EventRows.erase(contact: contact, unixTime: turn, db)
        case 17: try EventRows.cancel(allBut: [endpoint], .endpointDisabled, unixTime: turn, db)
        case 18: _ = try RestoredEvents.settle(resend: Bool.random(using: &random), unixTime: turn, db)
        default:
            let ended = try Int64.fetchAll(db, sql: "SELECT number FROM event WHERE state >= 4")
            let chosen = ended.filter { _ in Bool.random(using: &random) }
            let list = chosen.map(String.init).joined(separator: ", ")
            _ = try EventRows.reopen(chosen, together: "later.number IN (\(list))", db)
        }
    }

    /// Some of changes, of which some may be there already, and some of visits; now and then enough for one statement.
    private func events(_ turn: Int64, _ random: inout SeededGenerator) -> [NewEvent] {
        (0..<Int64.random(in: 1...30, using: &random)).map { place in
            var event = NewEvent(
                endpoint: Self.endpoints[Int.random(in: 0...1, using: &random)],
                contact: Int64.random(in: 0...20, using: &random),
                change: turn * 5 + place,
                kind: 1,
                created: turn,
                body: [1]
            )
            event.isSuppressed = Int.random(in: 0..<6, using: &random) == 0
            event.isAwaited = Bool.random(using: &random)
            if event.contact > 0, Bool.random(using: &random) {
                event.occurrence = .init(entry: 1, visit: Int64.random(in: 1...40, using: &random))
            }
            return event
        }
    }

    private func outcome(_ number: Int64, _ random: inout SeededGenerator, _ db: Database) throws -> EventOutcome {
        let sql = "SELECT endpoint FROM event WHERE number = ?"
        let states: [DeliveryState] = [.retryable, .delivered, .delivered, .dead]
        let endpoint = try String.fetchOne(db, sql: sql, arguments: [number]) ?? ""
        return .fixture(number, states[Int.random(in: 0..<4, using: &random)], endpoint: endpoint)
    }

    /// Events that are awaited: whether each has ended.
    private func awaited() throws -> [Int64: Bool] {
        try database.read { db in
            let rows = try Row.fetchAll(db, sql: "SELECT number, state >= 4 FROM event WHERE is_awaited")
            return Dictionary(uniqueKeysWithValues: rows.map { ($0[0] as Int64, $0[1] as Bool) })
        }
    }

    private func counts() throws -> [String] {
        try texts("SELECT endpoint || state || ' ' || count FROM event_count WHERE count <> 0 ORDER BY 1")
    }

    private func counted() throws -> [String] {
        try texts("SELECT endpoint || state || ' ' || count(*) FROM event GROUP BY endpoint, state ORDER BY 1")
    }

    private func texts(_ sql: String) throws -> [String] {
        try database.read { try String.fetchAll($0, sql: sql) }
    }
}
