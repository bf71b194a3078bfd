import FanfareStore
import FanfareTesting
import Foundation
import GRDB
import NIOConcurrencyHelpers
import Testing

@Suite struct GroupCommitTests {
    private let folder: FixtureFolder
    private let database: DatabaseQueue
    private let commits: GroupCommit

    init() throws {
        folder = try FixtureFolder()
        database = try DatabaseFile.open(folder.path + "/a.sqlite", mode: .create)
        try database.write { try $0.execute(sql: "CREATE TABLE t (x INTEGER UNIQUE)") }
        commits = GroupCommit(database)
    }

    private var values: [Int] {
        get throws { try database.read { try Int.fetchAll($0, sql: "SELECT x FROM t ORDER BY x") } }
    }

    @Test func `writes that come at once share commits and keep their order`() async throws {
        let transactions = NIOLockedValueBox(0)
        database.add(transactionObserver: CommitCounter(transactions), extent: .databaseLifetime)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<500 {
                group.addTask { [commits] in
                    try await commits.write { try $0.execute(sql: "INSERT INTO t VALUES (?)", arguments: [number]) }
                }
            }
            try await group.waitForAll()
        }
        #expect(try values == Array(0..<500))
        let count = transactions.withLockedValue { $0 }
        #expect(count >= 1 && count < 250, "\(count) commits of 500 writes")
    }

    @Test func `a body learns whether others wait`() async throws {
        let alone = try await commits.write { [commits] _ in commits.isAwaited }
        #expect(!alone)
        // One comes while it runs, and two share the next commit.
        let answers = NIOLockedValueBox<[Bool]>([])
        let ask: @Sendable (Database) -> Void = { [commits] _ in
            answers.withLockedValue { $0.append(commits.isAwaited) }
        }
        try await commits.write { [commits] db in
            ask(db)
            for _ in 0..<2 { commits.submit(ask) { _ in } }
            ask(db)
        }
        try await commits.write { _ in }
        #expect(answers.withLockedValue { $0 } == [false, true, true, true])
    }

    @Test func `one that fails takes back its own changes alone`() async throws {
        struct Refusal: Error {}
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<100 {
                group.addTask { [commits] in
                    do {
                        try await commits.write { db in
                            try db.execute(sql: "INSERT INTO t VALUES (?)", arguments: [number])
                            if number % 3 == 0 { throw Refusal() }
                        }
                        return true
                    } catch is Refusal {
                        return false
                    }
                }
            }
            var done = 0
            for try await isDone in group where isDone { done += 1 }
            #expect(done == 66)
        }
        #expect(try values == (0..<100).filter { $0 % 3 != 0 })
        // One that SQLite refuses too.
        await #expect(throws: DatabaseError.self) {
            try await commits.write { try $0.execute(sql: "INSERT INTO t VALUES (1)") }
        }
        #expect(try await commits.write { try Int.fetchOne($0, sql: "SELECT count(*) FROM t") } == 66)
    }

    @Test func `those that may be run again share commits as well, and one that fails takes back its own alone`()
        async throws
    {
        struct Refusal: Error {}
        let transactions = NIOLockedValueBox(0)
        let runs = NIOLockedValueBox(0)
        database.add(transactionObserver: CommitCounter(transactions), extent: .databaseLifetime)
        let done = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<300 {
                group.addTask { [commits] in
                    do {
                        try await commits.write(isRepeatable: true) { db in
                            runs.withLockedValue { $0 += 1 }
                            try db.execute(sql: "INSERT INTO t VALUES (?)", arguments: [number])
                            if number == 250 { throw Refusal() }
                        }
                        return true
                    } catch is Refusal {
                        return false
                    }
                }
            }
            return try await group.reduce(into: 0) { count, isDone in count += isDone ? 1 : 0 }
        }
        #expect(done == 299)
        #expect(try values == (0..<300).filter { $0 != 250 })
        // The one alone keeps its commit from being shared.
        #expect(transactions.withLockedValue { $0 } < 300)
        #expect(runs.withLockedValue { $0 } <= 600)
    }

    @Test func `a disk that is full fails who is in the commit, and nobody after it`() async throws {
        try await database.write { db in
            // As many pages as there are, and no more.
            try db.execute(sql: "PRAGMA max_page_count = 4")
        }
        let text = String(repeating: "x", count: 100_000)
        await #expect(throws: (any Error).self) {
            try await commits.write { try $0.execute(sql: "CREATE TABLE big AS SELECT ? AS y", arguments: [text]) }
        }
        try await commits.write { try $0.execute(sql: "INSERT INTO t VALUES (7)") }
        #expect(try values == [7])
    }
}

/// Counts commits.
private final class CommitCounter: TransactionObserver {
    private let count: NIOLockedValueBox<Int>

    init(_ count: NIOLockedValueBox<Int>) { self.count = count }

    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { true }
    func databaseDidChange(with event: DatabaseEvent) {}
    /// The commit's statement is stepped past GRDB, which hears of it from SQLite alone, before it is done.
    func databaseWillCommit() { count.withLockedValue { $0 += 1 } }
    func databaseDidCommit(_ db: Database) {}
    func databaseDidRollback(_ db: Database) {}
}
