import FanfareStore
import FanfareTesting
import Foundation
import GRDB
import Glibc
import Testing

@Suite struct DatabaseTests {
    let folder: FixtureFolder
    var path: String { folder.path + "/a b?c#d%.sqlite" }

    init() throws { folder = try FixtureFolder() }

    @Test func `a made file is private and writes ahead in full`() throws {
        let database = try DatabaseFile.open(path, mode: .create)
        try database.write { try $0.execute(sql: "CREATE TABLE t (x)") }
        #expect(mode(of: path) == 0o600)
        #expect(mode(of: path + "-wal") == 0o600)
        #expect(mode(of: path + "-shm") == 0o600)
        let settings = try database.read { db in
            (try String.fetchOne(db, sql: "PRAGMA journal_mode"), try Int.fetchOne(db, sql: "PRAGMA synchronous"))
        }
        #expect(settings.0 == "wal")
        #expect(settings.1 == 2)
    }

    @Test func `a file that must exist is never made`() throws {
        for mode in [DatabaseFile.Mode.mustExist, .readOnly] {
            let error = #expect(throws: StoreError.self) { _ = try DatabaseFile.open(path, mode: mode) }
            #expect(error?.code == .notFound)
        }
        #expect(mode(of: path) == nil)
    }

    @Test func `a file that must be new is not opened`() throws {
        do { _ = try DatabaseFile.open(path, mode: .create) }
        let error = #expect(throws: StoreError.self) { _ = try DatabaseFile.open(path, mode: .createNew) }
        #expect(error?.code == .exists)
    }

    @Test func `a file made whole is not there before its tables are, and leaves nothing beside it`() throws {
        try Data("what a death has left".utf8).write(to: URL(fileURLWithPath: path + ".new"))
        let schema = Schema(
            module: "test",
            steps: ["one", "two"].map { name in
                Schema.Step(name) { [path] db in
                    #expect(!Durability.fileExists(path))
                    try db.create(table: name) { $0.column("x") }
                }
            }
        )
        try DatabaseFile.makeWhole(path, schema)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1)
        let database = try DatabaseFile.open(path, mode: .readOnly)
        #expect(try database.read { try $0.tableExists("one") && $0.tableExists("two") })
        try DatabaseFile.makeWhole(path, Schema(module: "test", steps: []))
        #expect(try database.read { try $0.tableExists("two") }, "one that is there is left alone")
    }

    @Test func `a part of a transaction is taken back, however many pages it changed`() throws {
        struct Refusal: Error {}
        let database = try DatabaseFile.open(path, mode: .create)
        for rows in [100, 2000, 50_000] {
            try database.inDatabase { db in
                try db.inWrite {
                    try db.execute(
                        sql: """
                            DROP TABLE IF EXISTS t;
                            CREATE TABLE t AS WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT \(rows))
                                SELECT x, hex(zeroblob(100)) AS y FROM n;
                            """
                    )
                }
                try db.inWrite {
                    #expect(throws: Refusal.self) {
                        try db.inPart {
                            try db.execute(sql: "UPDATE t SET x = -x")
                            throw Refusal()
                        }
                    }
                }
                #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM t WHERE x > 0") == rows)
            }
        }
    }

    @Test func `a reader sees what a writer committed, and writes nothing`() throws {
        let writer = try DatabaseFile.open(path, mode: .create)
        try writer.write { try $0.execute(sql: "CREATE TABLE t (x); INSERT INTO t VALUES (7)") }
        let reader = try DatabaseFile.open(path, mode: .readOnly)
        #expect(try reader.read { try Int.fetchOne($0, sql: "SELECT x FROM t") } == 7)
        #expect(throws: DatabaseError.self) {
            try reader.writeWithoutTransaction { try $0.execute(sql: "DELETE FROM t") }
        }
    }

    @Test func `what is no database is called corrupt`() throws {
        let file = fopen(path, "w")
        for _ in 0..<200 { fputs("this is no database at all ", file) }
        fclose(file)
        let error = #expect(throws: StoreError.self) { _ = try DatabaseFile.open(path, mode: .mustExist) }
        #expect(error?.code == .corrupt)
    }

    @Test func `a page with a changed byte is called corrupt, wherever the byte stands`() throws {
        let bytes = try contentsOfFilledFile()
        let pages = bytes.count / 4096
        #expect(pages >= 8)
        for page in 0..<pages {
            for place in [0, 17, 2048, 4080, 4090, 4095] {
                var changed = bytes
                changed[page * 4096 + place] ^= 0x10
                let code = try codeOfReading(changed)
                // The header of the first page has other marks too: without them it is no database, or a WAL is missing.
                #expect(page == 0 ? code != nil : code == .corrupt, "byte \(place) of page \(page): \(code as Any)")
            }
        }
        #expect(try codeOfReading(bytes) == nil)
    }

    @Test func `a page of zeros is called corrupt`() throws {
        var bytes = try contentsOfFilledFile()
        bytes.replaceSubrange(2 * 4096..<3 * 4096, with: [UInt8](repeating: 0, count: 4096))
        #expect(try codeOfReading(bytes) == .corrupt)
    }

    @Test func `a file made without checksums is opened as it is`() throws {
        do {
            let plain = try DatabaseQueue(path: path)
            try plain.write { try $0.execute(sql: "CREATE TABLE t (x); INSERT INTO t VALUES (7)") }
        }
        let database = try DatabaseFile.open(path, mode: .mustExist)
        try database.write { try $0.execute(sql: "INSERT INTO t VALUES (8)") }
        #expect(try database.read { try Int.fetchOne($0, sql: "SELECT sum(x) FROM t") } == 15)
    }

    @Test func `another program reads what has checksums`() throws {
        _ = try contentsOfFilledFile()
        let plain = try DatabaseQueue(path: path)
        #expect(try plain.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM t") } == 400)
        #expect(try plain.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") } == "ok")
    }

    /// A closed file of several pages, all of it in the file.
    private func contentsOfFilledFile() throws -> [UInt8] {
        let database = try DatabaseFile.open(path, mode: .createNew)
        try database.write { db in
            try db.execute(sql: "CREATE TABLE t (x)")
            for number in 0..<400 {
                let text = String(repeating: "\(number)", count: 40)
                try db.execute(sql: "INSERT INTO t VALUES (?)", arguments: [text])
            }
        }
        try database.close()
        return try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
    }

    /// What reading all of a file with these bytes says; nil: it is read.
    private func codeOfReading(_ bytes: [UInt8]) throws -> StoreError.Code? {
        let copy = folder.path + "/copy.sqlite"
        for name in [copy, copy + "-wal", copy + "-shm"] { unlink(name) }
        try Data(bytes).write(to: URL(fileURLWithPath: copy))
        do {
            let database = try DatabaseFile.open(copy, mode: .readOnly)
            _ = try database.read { try Row.fetchAll($0, sql: "SELECT * FROM t") }
            return nil
        } catch {
            return StoreError(error, path: copy).code
        }
    }

    @Test func `deleting takes the files beside it along`() throws {
        do {
            let database = try DatabaseFile.open(path, mode: .create)
            try database.write { try $0.execute(sql: "CREATE TABLE t (x)") }
        }
        for suffix in ["-wal", "-shm"] { fclose(fopen(path + suffix, "a")) }
        try Durability.deleteDatabase(path)
        for suffix in ["", "-wal", "-shm"] { #expect(!Durability.fileExists(path + suffix)) }
        try Durability.deleteDatabase(path)
    }

    @Test func `another connection's lock is reported as busy`() throws {
        let settings = DatabaseFile.Settings(busyTimeout: .milliseconds(10))
        let first = try DatabaseFile.open(path, mode: .create, settings: settings)
        try first.write { try $0.execute(sql: "CREATE TABLE t (x)") }
        let second = try DatabaseFile.open(path, mode: .mustExist, settings: settings)
        try first.write { db in
            try db.execute(sql: "INSERT INTO t VALUES (1)")
            let error = #expect(throws: StoreError.self) {
                try second.writeWithoutTransaction { try HotStatement($0, "INSERT INTO t VALUES (2)").run() }
            }
            #expect(error?.code == .busy)
        }
    }

    @Test func `a full disk is recognised`() throws {
        let database = try DatabaseFile.open(path, mode: .create)
        try database.write { db in
            try db.execute(sql: "CREATE TABLE t (x)")
            _ = try Int.fetchOne(db, sql: "PRAGMA max_page_count = 4")
        }
        let error = #expect(throws: StoreError.self) {
            try database.write { try HotStatement($0, "INSERT INTO t VALUES (zeroblob(100000))").run() }
        }
        #expect(error?.code == .diskFull)
    }

    @Test func `an error names the path, not the URI that SQLite was given`() throws {
        let odd = path + " 100%.sqlite"
        let database = try DatabaseFile.open(odd, mode: .create)
        let error = #expect(throws: (any Error).self) { try database.write { try $0.execute(sql: "nonsense") } }
        let shown = StoreError(try #require(error), path: database.path)
        #expect(shown.message.hasPrefix(odd + ": "), "\(shown)")
    }

    // MARK: Schemas

    private func schema(_ module: String, _ steps: [String]) -> Schema {
        Schema(
            module: module,
            steps: steps.map { name in Schema.Step(name) { try $0.execute(sql: "CREATE TABLE \(name) (x)") } }
        )
    }

    @Test func `modules share a file, and steps run once`() throws {
        let database = try DatabaseFile.open(path, mode: .create)
        try schema("one", ["a"]).migrate(database)
        try schema("two", ["b"]).migrate(database)
        try schema("one", ["a", "c"]).migrate(database)
        try schema("one", ["a", "c"]).migrate(database)
        try schema("one", ["a", "c"]).require(in: database)
        let tables = try database.read { db in
            try String.fetchAll(db, sql: "SELECT name FROM sqlite_master WHERE name IN ('a', 'b', 'c') ORDER BY name")
        }
        #expect(tables == ["a", "b", "c"])
    }

    @Test func `a file of a newer version is refused`() throws {
        let database = try DatabaseFile.open(path, mode: .create)
        try schema("one", ["a", "b"]).migrate(database)
        let error = #expect(throws: StoreError.self) { try schema("one", ["a"]).migrate(database) }
        #expect(error?.code == .incompatible)
        #expect(error?.message.contains("one.b") == true)
    }

    @Test func `a reader refuses a file that lacks a step`() throws {
        let database = try DatabaseFile.open(path, mode: .create)
        try schema("one", ["a"]).migrate(database)
        let error = #expect(throws: StoreError.self) { try schema("one", ["a", "b"]).require(in: database) }
        #expect(error?.code == .incompatible)
    }

    // MARK: Hot statements

    @Test func `values come back as they were bound`() throws {
        let database = try DatabaseFile.open(path, mode: .create)
        try database.write { db in
            let statement = try HotStatement(db, "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7")
            let bytes: [UInt8] = [0, 255, 1]
            try bytes.withUnsafeBytes { (blob) throws in
                statement.bind(1, Int64.min)
                statement.bind(2, 2.5)
                statement.bind(3, "élan")
                statement.bind(4, blob: blob, .untilReset)
                statement.bindNull(5)
                statement.bind(6, text: UnsafeRawBufferPointer(start: nil, count: 0), .duringCall)
                statement.bind(7, blob: UnsafeRawBufferPointer(start: nil, count: 0), .duringCall)
                let hasRow = try statement.step()
                #expect(hasRow)
                #expect(statement.columnInt64(0) == .min)
                #expect(statement.columnString(1) == "2.5")
                #expect(statement.columnString(2) == "élan")
                #expect(statement.columnBytes(3).map(Array.init) == bytes)
                #expect(statement.columnBytes(4) == nil)
                #expect(statement.columnIsNull(4))
                #expect(statement.columnBytes(5)?.count == 0)
                #expect(!statement.columnIsNull(5))
                #expect(statement.columnBytes(6)?.count == 0)
                let isOver = try !statement.step()
                #expect(isOver)
            }
            statement.reset()
            statement.bindNull(1)
            #expect(try statement.step())
            #expect(statement.columnIsNull(0))
            #expect(statement.columnString(1) == "2.5")
        }
    }

    @Test func `a failed constraint has SQLite's extended code and leaves the statement usable`() throws {
        let database = try DatabaseFile.open(path, mode: .create)
        try database.write { db in
            try db.execute(sql: "CREATE TABLE t (x INTEGER PRIMARY KEY)")
            let statement = try HotStatement(db, "INSERT INTO t VALUES (?)")
            statement.bind(1, 1)
            try statement.run()
            let error = #expect(throws: StoreError.self) { try statement.run() }
            #expect(error?.code == .constraint)
            #expect(error?.sqliteCode == 1555)
            statement.bind(1, 2)
            try statement.run()
            #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM t") == 2)
        }
    }

    @Test func `a parameter that is not there is reported by the step`() throws {
        let database = try DatabaseFile.open(path, mode: .create)
        try database.write { db in
            let statement = try HotStatement(db, "SELECT ?")
            statement.bind(2, 1)
            #expect(throws: StoreError.self) { _ = try statement.step() }
            statement.bind(1, 5)
            #expect(try statement.step())
            #expect(statement.columnInt64(0) == 5)
        }
    }

    @Test(arguments: ["SELEC 1", "SELECT * FROM missing", ""])
    func `SQL that is none is refused`(sql: String) throws {
        let database = try DatabaseFile.open(path, mode: .create)
        let error = #expect(throws: StoreError.self) { try database.write { _ = try HotStatement($0, sql) } }
        #expect(error?.code == .misuse)
    }
}

extension HotStatement {
    /// A copy of a text of the current row; nil for NULL.
    fileprivate func columnString(_ index: Int) -> String? {
        columnBytes(index).map { String(decoding: $0, as: UTF8.self) }
    }
}
