import FanfareStore
import FanfareTesting
import Foundation
import GRDB
import NIOConcurrencyHelpers
import Testing

/// Several files, copied as they stood at one moment.
struct SnapshotTests {
    private let folder: FixtureFolder

    init() throws { folder = try FixtureFolder() }

    private func path(_ name: String) -> String { folder.path + "/" + name + ".sqlite" }

    private func open(_ name: String) throws -> DatabaseQueue {
        let database = try DatabaseFile.open(path(name), mode: .create)
        try database.write { try $0.execute(sql: "CREATE TABLE IF NOT EXISTS entry (number INTEGER, text TEXT)") }
        return database
    }

    private func count(_ path: String) throws -> Int64 {
        let database = try DatabaseFile.open(path, mode: .unchanging)
        return try database.read { try Int64.fetchOne($0, sql: "SELECT count(*) FROM entry") ?? -1 }
    }

    @Test func `copies hold what stood there, whatever is written afterwards, page by page with checksums`() throws {
        let database = try open("a")
        let rows = String(repeating: "x", count: 3000)
        try database.write { db in
            for number in 0..<2000 {
                try db.execute(sql: "INSERT INTO entry VALUES (?, ?)", arguments: [number, rows])
            }
        }
        let snapshots = try DatabaseSnapshots.take(of: { [path("a")] })
        try database.write { try $0.execute(sql: "DELETE FROM entry WHERE number < 1500") }
        let copy = folder.path + "/copy.sqlite"
        var steps: [Int64] = []
        try snapshots.copy(path("a"), to: copy) { steps.append($0) }
        #expect(try count(copy) == 2000)
        #expect(try database.read { try Int64.fetchOne($0, sql: "SELECT count(*) FROM entry") } == 500)
        let length = try snapshots.bytes(of: path("a"))
        #expect(steps.count > 1 && steps == steps.sorted() && steps.last == length)
        // One flipped bit in the middle of the copy is told.
        var bytes = try Data(contentsOf: URL(fileURLWithPath: copy))
        #expect(bytes[20] == 8, "the copy has room for checksums")
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(fileURLWithPath: copy))
        #expect(throws: (any Error).self) {
            let database = try DatabaseFile.open(copy, mode: .unchanging)
            _ = try database.read { try String.fetchAll($0, sql: "SELECT text FROM entry") }
        }
    }

    @Test func `a file without checksums is copied as it is, and one that is empty too`() throws {
        var configuration = Configuration()
        configuration.prepareDatabase { _ = try String.fetchOne($0, sql: "PRAGMA journal_mode = WAL") }
        let plain = try DatabaseQueue(path: path("plain"), configuration: configuration)
        try plain.write { db in
            try db.execute(sql: "CREATE TABLE entry (number INTEGER); INSERT INTO entry VALUES (1), (2)")
        }
        try Data().write(to: URL(fileURLWithPath: path("empty")))
        let snapshots = try DatabaseSnapshots.take(of: { [path("empty"), path("plain")] })
        try snapshots.copy(path("plain"), to: folder.path + "/plain-copy.sqlite") { _ in }
        try snapshots.copy(path("empty"), to: folder.path + "/empty-copy.sqlite") { _ in }
        #expect(try count(folder.path + "/plain-copy.sqlite") == 2)
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path + "/plain-copy.sqlite"))[20] == 0)
    }

    @Test func `files agree although writers write all the time, each change into the first before the second`()
        async throws
    {
        let names = ["a", "b", "c"]
        let databases = try names.map(open)
        let isOver = NIOLockedValueBox(false)
        try await withThrowingTaskGroup(of: Void.self) { group in
            // What stands in the second file stands in the first, as events stand in the log before their ledger.
            for writer in 0..<3 {
                group.addTask {
                    var number = 0
                    while !isOver.withLockedValue({ $0 }) {
                        for database in databases {
                            try await database.write { [number] db in
                                try db.execute(
                                    sql: "INSERT INTO entry VALUES (?, ?)",
                                    arguments: [number, "writer \(writer)"]
                                )
                            }
                        }
                        number += 1
                    }
                }
            }
            for round in 0..<5 {
                let before = try await databases[0].read { try Int64.fetchOne($0, sql: "SELECT count(*) FROM entry") }
                let snapshots = try DatabaseSnapshots.take(of: { names.map(path) })
                let counts = try names.map { name in
                    let copy = folder.path + "/\(name)-\(round).sqlite"
                    try snapshots.copy(path(name), to: copy) { _ in }
                    return try count(copy)
                }
                // Each of the three writers is in the middle of one change at most.
                #expect(counts[0] >= (before ?? .max), "what was acknowledged before is in it")
                #expect(counts[0] >= counts[1] && counts[1] >= counts[2] && counts[0] - counts[2] <= 3, "\(counts)")
                #expect(snapshots.held < .seconds(3))
            }
            isOver.withLockedValue { $0 = true }
            try await group.waitForAll()
        }
    }

    @Test func `a writer that does not end is told of, and a missing file is not part of it`() throws {
        let database = try open("a")
        _ = try open("b")
        let isThere = NIOLockedValueBox(0)
        // Listed once, and gone when it is opened.
        let snapshots = try DatabaseSnapshots.take(of: {
            isThere.withLockedValue { $0 += 1 }
            return isThere.withLockedValue { $0 } == 1 ? [path("a"), path("gone")] : [path("a"), path("b")]
        })
        #expect(snapshots.paths == [path("a"), path("b")])
        _ = database
    }
}
