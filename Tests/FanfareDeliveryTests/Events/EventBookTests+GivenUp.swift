import FanfareTesting
import NIOConcurrencyHelpers
import Testing

@testable import FanfareDelivery

/// What becomes of events that are given up by somebody's word.
extension EventBookTests {
    @Test func `an attempt that was under way when its event was given up stands as it ended`() async throws {
        source.awaits(true)
        source.add(contacts: [1, 2, 3, 4])
        let book = try open()
        book.pull()
        try await eventually("taken over") { try states.count == 4 }
        try await book.cancel(endpoint: "a", .endpointDisabled, unixTime: 5)
        func failure(_ reason: Reason) -> EventOutcome.Failure {
            .init(curlCode: 0, reason: reason, excerpt: Array("Ada".utf8), location: "https://b.example/?Ada")
        }
        try await book.erase(contact: 3, unixTime: 6)
        book.settle([
            .fixture(1, .delivered), .fixture(2, .dead, failure: failure(.status)),
            .fixture(3, .retryable, failure: failure(.timeout)),
        ])
        await book.flush()
        // There is no further attempt; who was never tried was never tried.
        let log = "SELECT json_array(number, state, reason, attempts, status, due_at, finished_at) FROM event"
        #expect(
            try rows(log) == [
                "[1,4,0,1,200,30,1]", "[2,5,0,1,200,30,1]", "[3,6,100,1,200,0,1]", "[4,6,100,0,0,0,5]",
            ]
        )
        #expect(
            try rows("SELECT event || ' ' || excerpt || ' ' || coalesce(location, '-') FROM event_attempt") == [
                "2 Ada https://b.example/?Ada", "3  -",
            ]
        )
        #expect(try rows("SELECT state || ' ' || count FROM event_count WHERE count <> 0") == ["4 1", "5 1", "6 2"])
        // Each ended once, and is told as what it became.
        #expect(try book.ends(after: 0, limit: 9).map(\.state) == [.delivered, .dead, .cancelled, .cancelled])
        await book.close()
    }

    /// As when it is opened: nobody waits for it.
    private func skipSuppressed(_ book: EventBook) { book.skipSuppressed(unixTime: 5) }

    @Test func `what ends as a book is opened is told to who waits for it`() async throws {
        let ends = NIOLockedValueBox(0)
        source.awaits(true)
        source.add(contacts: [1, 2])
        let book = try open()
        book.listenToEnds { ends.withLockedValue { $0 += 1 } }
        book.pull()
        try await eventually("taken over") { try states.count == 2 }
        source.suppress(contact: 1)
        skipSuppressed(book)
        try await eventually("told") { ends.withLockedValue { $0 } == 1 }
        #expect(try states == ["1:7", "2:1"])
        book.cancel(allBut: [], .endpointDisabled, unixTime: 6)
        try await eventually("told") { ends.withLockedValue { $0 } == 2 }
        #expect(try book.ends(after: 0, limit: 9).map(\.state) == [.skipped, .cancelled])
        // What nobody waits for is told to nobody.
        source.awaits(false)
        source.add(contacts: [3])
        book.pull()
        try await eventually("taken over") { try states.count == 3 }
        book.settle([EventOutcome.fixture(3, .delivered)])
        await book.flush()
        #expect(ends.withLockedValue { $0 } == 2)
        await book.close()
    }

    @Test func `what was given up without an attempt changes nothing of a word that came before`() async throws {
        source.add(contacts: [1])
        let book = try open()
        book.pull()
        try await eventually("taken over") { try states.count == 1 }
        try await book.cancel(endpoint: "a", .endpointDisabled, unixTime: 5)
        var outcome = EventOutcome.fixture(1, .dead)
        outcome.isOfAttempt = false
        book.settle([outcome])
        await book.flush()
        #expect(try states == ["1:6"])
        await book.close()
    }
}
