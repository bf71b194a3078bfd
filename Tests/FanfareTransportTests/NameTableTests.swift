import Testing

@testable import FanfareTransport

@Suite("Name table")
struct NameTableTests {
    let start = ContinuousClock.now
    let follower = NameTable.Follower(token: 1, mailbox: NameMailbox())
    let found: NameTable.Outcome
    let moved: NameTable.Outcome
    let missing = NameTable.Outcome.failure(NameFailure(code: -2, message: "unknown"))

    init() throws {
        found = .success([try #require(IPAddress("192.0.2.1"))])
        moved = .success([try #require(IPAddress("192.0.2.2"))])
    }

    /// A table with one name that has been looked up once.
    func table(_ outcome: NameTable.Outcome) -> NameTable {
        var table = NameTable(timing: .init())
        _ = table.follow("a.test", follower, now: start)
        _ = table.queueDue(now: start)
        _ = table.takeQueued()
        _ = table.finish("a.test", outcome, now: start)
        return table
    }

    @Test("a new name is looked up at once, and once for all its followers")
    func once() {
        var table = NameTable(timing: .init())
        #expect(table.follow("a.test", follower, now: start) == nil)
        #expect(table.follow("a.test", .init(token: 2, mailbox: NameMailbox()), now: start) == nil)
        #expect(table.queueDue(now: start) == 1)
        #expect(table.queueDue(now: start) == 0)
        #expect(table.takeQueued() == "a.test")
        #expect(table.takeQueued() == nil)
        #expect(table.finish("a.test", found, now: start)?.followers.map(\.token) == [1, 2])
        #expect(table.follow("a.test", .init(token: 3, mailbox: NameMailbox()), now: start) == found)
    }

    @Test("it is looked up again after a minute")
    func refreshes() {
        var table = table(found)
        #expect(table.nextInstant() == start + .seconds(60))
        #expect(table.queueDue(now: start + .seconds(59)) == 0)
        #expect(table.queueDue(now: start + .seconds(60)) == 1)
    }

    @Test("only changes are told")
    func changes() {
        var table = table(found)
        #expect(table.finish("a.test", found, now: start) == nil)
        #expect(table.finish("a.test", moved, now: start)?.outcome == moved)
        #expect(table.finish("a.test", missing, now: start) == nil)
        #expect(table.follow("a.test", follower, now: start) == moved)
    }

    @Test("a failure is told once, and tried again with growing pauses")
    func failures() {
        var table = table(missing)
        var now = start
        for pause in [5, 10, 20, 40, 60, 60] {
            #expect(table.nextInstant() == now + .seconds(pause))
            now += .seconds(pause)
            #expect(table.queueDue(now: now) == 1)
            _ = table.takeQueued()
            #expect(table.finish("a.test", missing, now: now) == nil)
        }
        #expect(table.finish("a.test", found, now: now)?.outcome == found)
        #expect(table.nextInstant() == now + .seconds(60))
    }

    @Test("asking more often than once a second changes nothing")
    func refreshOnRequest() {
        var table = table(found)
        table.refresh("a.test", now: start)
        table.refresh("a.test", now: start)
        table.refresh("unknown.test", now: start)
        #expect(table.nextInstant() == start + .seconds(1))
        table.refresh("a.test", now: start + .seconds(30))
        #expect(table.queueDue(now: start + .seconds(30)) == 1)
        table.refresh("a.test", now: start + .seconds(30))
        #expect(table.queueDue(now: start + .seconds(30)) == 0)
    }

    @Test("a name nobody follows any more is forgotten, in the queue as well")
    func unfollow() {
        var table = NameTable(timing: .init())
        _ = table.follow("a.test", follower, now: start)
        _ = table.queueDue(now: start)
        table.unfollow(token: 2, mailbox: follower.mailbox)
        table.unfollow(token: 1, mailbox: NameMailbox())
        #expect(table.hasQueued)
        table.unfollow(token: 1, mailbox: follower.mailbox)
        #expect(!table.hasQueued)
        #expect(table.finish("a.test", found, now: start) == nil)
        #expect(table.nextInstant() == nil)
    }

    @Test("a queue whose first has waited long is stuck")
    func stuck() {
        var table = NameTable(timing: .init())
        _ = table.follow("a.test", follower, now: start)
        #expect(!table.queueIsStuck(now: start + .seconds(9)))
        _ = table.queueDue(now: start)
        #expect(!table.queueIsStuck(now: start + .milliseconds(499)))
        #expect(table.queueIsStuck(now: start + .milliseconds(500)))
        #expect(table.nextInstant() == start + .milliseconds(500))
    }
}
