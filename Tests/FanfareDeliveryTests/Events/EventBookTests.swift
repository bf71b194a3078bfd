import FanfareStore
import FanfareTesting
import GRDB
import NIOConcurrencyHelpers
import Testing

@testable import FanfareDelivery

/// The ledger of events: what it takes over, in which order it lets events go, and what orders make of them.
@Suite struct EventBookTests {
    let folder: FixtureFolder
    let source = ListedSource()

    init() throws { folder = try FixtureFolder() }

    func open() throws -> EventBook {
        try EventBook(path: folder.path + "/events.sqlite", source: source, sourceName: "list", start: 0)
    }

    func rows(_ sql: String) throws -> [String] {
        let database = try DatabaseFile.open(folder.path + "/events.sqlite", mode: .readOnly)
        return try database.read { try String.fetchAll($0, sql: sql) }
    }

    /// `number:state` of every event.
    var states: [String] {
        get throws { try rows("SELECT number || ':' || state FROM event ORDER BY number") }
    }

    @Test func `telling of news costs the hundred thousandth time what it did the first`() throws {
        let book = try open()
        let told = NIOLockedValueBox(0)
        book.listen { _ in told.withLockedValue { $0 += 1 } }
        for _ in 0..<100_000 { book.tell(EventBook.BookNews()) }
        #expect(told.withLockedValue { $0 } == 100_000)
    }

    @Test func `what ends as it is taken over is told to who waits for it`() async throws {
        let ends = NIOLockedValueBox(0)
        let book = try open()
        book.listenToEnds { ends.withLockedValue { $0 += 1 } }
        source.add(contacts: [1])
        book.pull()
        try await eventually("taken over") { try states == ["1:1"] }
        source.suppresses(true)
        source.add(contacts: [2])
        book.pull()
        try await eventually("told") { ends.withLockedValue { $0 } == 1 }
        #expect(try states == ["1:1", "2:7"])
        #expect(try book.ends(after: 0, limit: 9).map(\.contact) == [2])
        await book.close()
    }

    @Test func `events of one contact wait for each other, in the order of their changes`() async throws {
        source.add(contacts: [1, 2, 1, 0, 0, 1])
        let book = try open()
        book.pull()
        try await eventually("taken over") { try states.count == 6 }
        #expect(try states == ["1:1", "2:1", "3:0", "4:1", "5:1", "6:0"])
        book.settle([EventOutcome.fixture(1, .retryable)])
        await book.flush()
        #expect(try states[2] == "3:0")
        book.settle([EventOutcome.fixture(1, .delivered)])
        await book.flush()
        #expect(try states == ["1:4", "2:1", "3:1", "4:1", "5:1", "6:0"])
        book.settle([EventOutcome.fixture(3, .dead), EventOutcome.fixture(2, .delivered)])
        await book.flush()
        #expect(try states == ["1:4", "2:4", "3:5", "4:1", "5:1", "6:1"])
        await book.close()
        #expect(
            try rows("SELECT state || ' ' || count FROM event_count WHERE count > 0 ORDER BY state") == [
                "1 3", "4 2", "5 1",
            ]
        )
        #expect(try rows("SELECT lane_seconds FROM event_lane") == ["7"])
    }

    @Test func `an endpoint's lane time is the latest of its outcomes that stand, and never goes back`() async throws {
        source.add(contacts: [1, 2, 3])
        let book = try open()
        book.pull()
        try await eventually("taken over") { try states.count == 3 }
        let laneTimes = "SELECT endpoint || ' ' || lane_seconds FROM event_lane"
        // Of an event that is gone nothing is written, nor its lane time.
        book.settle([EventOutcome.fixture(99, .delivered, laneSeconds: 70)])
        await book.flush()
        #expect(try rows(laneTimes).isEmpty)
        let outcomes = [
            EventOutcome.fixture(1, .retryable, laneSeconds: 8), EventOutcome.fixture(2, .delivered, laneSeconds: 9),
            EventOutcome.fixture(1, .delivered, laneSeconds: 5), EventOutcome.fixture(2, .dead, laneSeconds: 70),
        ]
        let released = try await book.write { try EventRows.settle(outcomes, $0).released }
        #expect(released.isEmpty)
        #expect(try states == ["1:4", "2:4", "3:1"])
        #expect(try rows(laneTimes) == ["a 9"])
        book.settle([EventOutcome.fixture(3, .delivered, laneSeconds: 3)])
        await book.flush()
        #expect(try rows(laneTimes) == ["a 9"])
        await book.close()
    }

    @Test func `failed attempts are counted, with what was answered`() async throws {
        source.add(contacts: [1])
        let book = try open()
        book.pull()
        try await eventually("taken over") { try states.count == 1 }
        func fail(_ excerpt: String, to location: String?) -> EventOutcome {
            let failure = EventOutcome.Failure(
                curlCode: 28,
                reason: .transport,
                excerpt: Array(excerpt.utf8),
                location: location
            )
            return EventOutcome.fixture(1, .retryable, failure: failure)
        }
        book.settle([fail("no\0w\u{e9}", to: "https://b.example/"), fail("", to: nil)])
        await book.flush()
        let columns = "event, number, status, reason, curl_code, finished_at, duration, hex(excerpt), location"
        #expect(
            try rows("SELECT json_array(\(columns)) FROM event_attempt") == [
                #"[1,1,200,\#(Reason.transport.rawValue),28,1,1,"6E6F0077C3A9","https://b.example/"]"#,
                #"[1,2,200,\#(Reason.transport.rawValue),28,1,1,"",null]"#,
            ]
        )
        #expect(try rows("SELECT typeof(excerpt) FROM event_attempt") == ["blob", "blob"])
        await book.close()
    }

    @Test func `what is taken over is held as it was made, an empty body too`() throws {
        let database = try DatabaseQueue()
        try EventLedgerSchema.schema.migrate(database)
        func event(_ change: Int64, _ body: [UInt8], suppressed: Bool = false) -> NewEvent {
            var event = NewEvent(endpoint: "é", contact: 0, change: change, kind: 3, created: 5, body: body)
            event.isSuppressed = suppressed
            return event
        }
        let bodies: [[UInt8]] = [[], [0, 255, 10], Array(repeating: 7, count: 100_000)]
        try database.write { db in
            let events = bodies.enumerated().map { event(Int64($0 + 1), $1) }
            // Those that are there already stay; those that are suppressed have no body, and are not sent.
            try EventRows.insert(events + [event(2, [1]), event(4, [1], suppressed: true)], db)
            try EventRows.insert([], db)
            let held = try EventRows.ready(endpoint: "é", limit: 9, db)
            #expect(held.map(\.body) == bodies && held.map(\.change) == [1, 2, 3])
            #expect(held.allSatisfy { $0.isFirstAttempt && $0.attempts == 0 && $0.uncounted == 0 && $0.contact == 0 })
            let rows = try String.fetchAll(db, sql: "SELECT typeof(body) || kind || created FROM event ORDER BY change")
            #expect(rows == ["blob35", "blob35", "blob35", "null35"])
        }
    }

    @Test func `a change makes its events once, whatever is opened and pulled how often`() async throws {
        source.add(contacts: [1, 2, 3])
        for _ in 0..<3 {
            let book = try open()
            for _ in 0..<20 { book.pull() }
            try await eventually("taken over") { try states.count == 3 }
            await book.close()
            // After its end it takes nothing, and its end does not hang.
            book.pull()
            await book.close()
        }
        source.add(contacts: [4])
        let book = try open()
        book.pull()
        try await eventually("taken over") { try states.count == 4 }
        #expect(try book.cursor() == 4)
        await book.close()
    }

    @Test func `what is cancelled, erased or sent again keeps its order and its word`() async throws {
        source.add(contacts: [1, 1, 1, 2])
        let book = try open()
        book.pull()
        try await eventually("taken over") { try states.count == 4 }
        try await book.cancel(endpoint: "a", .endpointDisabled, unixTime: 5)
        #expect(try states == ["1:6", "2:6", "3:6", "4:6"])
        #expect(try await book.resend([3, 1, 2, 99]) == 3)
        #expect(try states == ["1:1", "2:0", "3:0", "4:6"])
        try await book.erase(contact: 1, unixTime: 6)
        #expect(try states == ["1:7", "2:7", "3:7", "4:6"])
        #expect(
            try rows("SELECT coalesce(body, 'gone') FROM event ORDER BY number") == ["gone", "gone", "gone", "body 4"]
        )
        #expect(try await book.resend([1, 2, 3]) == 0)
        book.cancel(allBut: ["b"], .endpointDisabled, unixTime: 7)
        await book.close()
        #expect(try states == ["1:7", "2:7", "3:7", "4:6"])
    }

    @Test func `nothing is sent again that would undo what was told since`() async throws {
        source.add(contacts: [1, 1, 2, 1, 0, 0])
        let book = try open()
        book.pull()
        try await eventually("taken over") { try states.count == 6 }
        for number in [1, 2, 3, 5, 6] as [Int64] {
            book.settle([EventOutcome.fixture(number, number == 1 ? .dead : .delivered)])
            await book.flush()
        }
        #expect(try states == ["1:5", "2:4", "3:4", "4:1", "5:4", "6:4"])
        // Of contact 1 the fourth is about to be told; what concerns nobody stands by itself.
        #expect(try await book.resend([1]) == 0)
        #expect(try await book.resend([1, 2]) == 0)
        #expect(try await book.resend([3, 5]) == 2)
        // That they were accepted before stays in their history.
        #expect(
            try rows("SELECT event || ':' || number || ':' || status FROM event_attempt WHERE reason = 0 ORDER BY 1")
                == ["3:1:200", "5:1:200"]
        )
        book.settle([
            EventOutcome.fixture(4, .cancelled), EventOutcome.fixture(3, .delivered),
            EventOutcome.fixture(5, .delivered),
        ])
        await book.flush()
        // The fourth was never told, so the second is the last word.
        #expect(try await book.resend([1]) == 0)
        #expect(try await book.resend(EventQuery(endpoint: "a", DeliveryFilter(states: [.dead]))) == 0)
        #expect(try await book.resend(EventQuery(endpoint: "a", DeliveryFilter(states: [.dead, .delivered]))) == 5)
        #expect(try states == ["1:1", "2:0", "3:1", "4:6", "5:1", "6:1"])
        await book.close()
    }

    @Test func `what is sent again of one contact is of one commit, whatever dies behind it`() async throws {
        source.add(contacts: [1, 2, 1, 0, 1])
        let book = try open()
        book.pull()
        try await eventually("taken over") { try states.count == 5 }
        for number in [1, 2, 3, 4, 5] as [Int64] {
            book.settle([EventOutcome.fixture(number, .delivered)])
            await book.flush()
        }
        let query = EventQuery(endpoint: "a", DeliveryFilter(states: [.delivered]))
        func piece(after start: Int64?, but known: Set<Int64>) async throws -> EventBook.ResentPiece {
            try await book.write { [source] db in
                try EventBook.reopenPiece(query, after: start, through: 5, but: known, limit: 1, source, db)
            }
        }
        let first = try await piece(after: nil, but: [])
        #expect(first.end == 1 && first.ahead == [3, 5] && first.endpoints.count == 3)
        // A death here leaves nothing of the contact untold.
        #expect(try states == ["1:1", "2:4", "3:0", "4:4", "5:0"])
        for number in [1, 3, 5] as [Int64] {
            book.settle([EventOutcome.fixture(number, .delivered)])
            await book.flush()
        }
        // Those that went with it and are delivered by now are not sent a third time.
        let second = try await piece(after: 1, but: first.ahead)
        #expect(second.end == 2 && second.ahead.isEmpty && second.endpoints.count == 1)
        let third = try await piece(after: 2, but: first.ahead)
        #expect(third.end == 3 && third.endpoints.isEmpty)
        #expect(try states == ["1:4", "2:1", "3:4", "4:4", "5:4"])
        await book.close()
    }

    @Test func `the next repetition is the earliest of those that nobody holds`() async throws {
        source.add(contacts: [1, 2, 3])
        let book = try open()
        book.pull()
        try await eventually("taken over") { try states.count == 3 }
        book.settle([EventOutcome.fixture(1, .retryable), EventOutcome.fixture(3, .retryable)])
        await book.flush()
        let database = try book.openForReading()
        let found = try await database.read { db in
            (
                try EventRows.nextDue(endpoint: "a", but: [], db),
                try EventRows.nextDue(endpoint: "a", but: [1, 3], db),
                try EventRows.due(endpoint: "a", laneSeconds: 30, limit: 9, db).map(\.number),
                try EventRows.due(endpoint: "a", laneSeconds: 29, limit: 9, db).map(\.number),
                try EventRows.ready(endpoint: "a", limit: 9, db).map(\.number)
            )
        }
        #expect(found.0 == 30 && found.1 == nil && found.2 == [1, 3] && found.3.isEmpty && found.4 == [2])
        await book.close()
    }

    @Test func `the oldest that waits is told, also while it waits for a further attempt`() async throws {
        source.add(contacts: [1, 2, 1])
        let book = try open()
        func oldest() throws -> Int64? { try book.summary().first { $0.endpoint == "a" }?.oldestWaiting }
        book.pull()
        try await eventually("taken over") { try states.count == 3 }
        #expect(try oldest() == 100)
        book.settle([EventOutcome.fixture(1, .retryable)])
        await book.flush()
        #expect(try oldest() == 100)
        book.settle([EventOutcome.fixture(2, .delivered)])
        await book.flush()
        // None may be sent now.
        #expect(try states == ["1:3", "2:4", "3:0"])
        #expect(try oldest() == 100)
        book.settle([EventOutcome.fixture(1, .dead)])
        await book.flush()
        #expect(try oldest() == 102)
        book.settle([EventOutcome.fixture(3, .delivered)])
        await book.flush()
        #expect(try oldest() == nil)
        await book.close()
    }

    @Test func `who waits for outcomes waits for those that were handed over by then`() async throws {
        let book = try open()
        let isWaiting = NIOLockedValueBox(true)
        // Of events that are gone, without end.
        let others = Task {
            while isWaiting.withLockedValue({ $0 }) {
                book.settle([EventOutcome.fixture(99, .delivered)])
                try await Task.sleep(for: .milliseconds(1))
            }
        }
        for _ in 0..<5 { await book.flush() }
        isWaiting.withLockedValue { $0 = false }
        try await others.value
        await book.flush()
        #expect(book.backlog == 0)
        await book.close()
    }

    @Test func `a source that fails is asked again, and the end waits for nobody`() async throws {
        source.add(contacts: [1])
        source.fails(true)
        let book = try open()
        book.pull()
        try await eventually("it stalls") { book.stall != nil }
        source.fails(false)
        try await eventually("taken over") { try states.count == 1 }
        #expect(book.stall == nil)
        source.fails(true)
        source.add(contacts: [2])
        book.pull()
        try await eventually("it stalls") { book.stall != nil }
        await book.close()
    }
}
