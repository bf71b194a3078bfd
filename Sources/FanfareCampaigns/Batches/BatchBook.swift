import FanfareAudience
import FanfareStore
import Foundation
import GRDB
import NIOConcurrencyHelpers

/// The batches of an installation: operations that were asked for, in the order in which they came, and their results.
///
/// They stand in a file of their own, `batches.sqlite`, as they hold what contacts are known by. What was taken is on
/// disk, and so is each result before the next operation begins: after a death the one that was under way has none, and
/// is done again, and no other is. Results are kept for seven days. Calls block; any thread.
public final class BatchBook: Sendable {
    /// Batches that may wait or be under way.
    public static let mostPending = 500
    /// Operations of a batch at most.
    public static let mostOperations = 10_000
    /// Bytes of answers that are kept of a batch; past them only their statuses are.
    static let mostBytes: Int64 = 256 << 20
    /// Seconds that results are kept.
    public static let retention: Int64 = 7 * 86400

    private static let schema = Schema(
        module: "batches",
        steps: [.init("1 tables") { try $0.execute(sql: tables) }]
    )

    private static let tables = """
        CREATE TABLE batch (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            key TEXT NOT NULL,
            origin TEXT NOT NULL,
            total INTEGER NOT NULL,
            finished INTEGER NOT NULL DEFAULT 0,
            errored INTEGER NOT NULL DEFAULT 0,
            bytes INTEGER NOT NULL DEFAULT 0,
            submitted INTEGER NOT NULL,
            started INTEGER,
            completed INTEGER
        );
        CREATE TABLE completion (number INTEGER PRIMARY KEY AUTOINCREMENT, batch TEXT NOT NULL);
        CREATE INDEX batch_open ON batch(number) WHERE completed IS NULL;
        CREATE TABLE operation (
            batch INTEGER NOT NULL,
            ordinal INTEGER NOT NULL,
            id TEXT NOT NULL,
            method TEXT NOT NULL,
            path TEXT NOT NULL,
            body TEXT,
            status INTEGER,
            response TEXT
        );
        CREATE UNIQUE INDEX operation_by_batch ON operation(batch, ordinal);
        CREATE INDEX operation_open ON operation(batch, ordinal) WHERE status IS NULL;
        """

    private let path: String
    let database: DatabaseQueue
    /// Nil: nothing is.
    let underWay = NIOLockedValueBox<UnderWay?>(nil)

    /// - Parameter path: The file; made when it is missing. See `DataDirectory.batchesPath`.
    /// - Throws: `StoreError`.
    public init(path: String) throws {
        self.path = path
        database = try DatabaseFile.open(path, mode: .create, settings: .init(label: "batches"))
        try Self.schema.migrate(database)
        try write { try $0.execute(sql: "PRAGMA secure_delete = ON") }
        try endErased(now: currentUnixTime())
    }

    // MARK: Asking

    /// Takes a batch: it is on disk when this returns.
    ///
    /// - Throws: ``TooManyBatches``, `StoreError`.
    public func add(_ operations: [BatchOperation], key: String, origin: String, now: Int64) throws -> Batch {
        let id = Hexadecimal.random(digits: 10)
        return try write { db in
            let pending = try Int.fetchOne(db, sql: "SELECT count(*) FROM batch WHERE completed IS NULL") ?? 0
            guard pending < Self.mostPending else { throw TooManyBatches(limit: Self.mostPending) }
            try db.execute(
                sql: "INSERT INTO batch (id, key, origin, total, submitted) VALUES (?, ?, ?, ?, ?)",
                arguments: [id, key, origin, operations.count, now]
            )
            let number = db.lastInsertedRowID
            let insert = try db.makeStatement(
                sql: "INSERT INTO operation (batch, ordinal, id, method, path, body) VALUES (?, ?, ?, ?, ?, ?)"
            )
            for (ordinal, operation) in operations.enumerated() {
                try insert.execute(
                    arguments: [
                        number, ordinal, operation.id, operation.method, operation.path, operation.body,
                    ]
                )
            }
            // One without operations has nothing to wait for.
            if operations.isEmpty {
                let sql = "UPDATE batch SET completed = submitted, started = submitted WHERE number = ?"
                try db.execute(sql: sql, arguments: [number])
            }
            return try Self.batch(id, db)
        }
    }

    /// The batch with an id; nil: there is none.
    public func batch(_ id: String) throws -> Batch? {
        try read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM batch WHERE id = ?", arguments: [id]).map(Self.batch)
        }
    }

    /// A piece of the batches, the latest first, and how many there are in all.
    public func batches(offset: Int, count: Int) throws -> (batches: [Batch], total: Int) {
        try read { db in
            let sql = "SELECT * FROM batch ORDER BY number DESC LIMIT ? OFFSET ?"
            return (
                try Row.fetchAll(db, sql: sql, arguments: [count, offset]).map(Self.batch),
                try Int.fetchOne(db, sql: "SELECT count(*) FROM batch") ?? 0
            )
        }
    }

    /// Forgets a batch with its results; what of it was not begun is not done.
    ///
    /// - Returns: Whether there was one of that id.
    public func remove(_ id: String) throws -> Bool {
        try write { db in
            let sql = "DELETE FROM operation WHERE batch = (SELECT number FROM batch WHERE id = ?)"
            try db.execute(sql: sql, arguments: [id])
            try db.execute(sql: "DELETE FROM batch WHERE id = ?", arguments: [id])
            return db.changesCount > 0
        }
    }

    /// Results of a batch, in the order of its operations: some hundreds of kilobytes of them.
    ///
    /// - Parameter ordinal: The last one known; -1: none.
    public func results(of id: String, after ordinal: Int) throws -> [BatchResult] {
        try read { db in
            let sql = """
                SELECT o.ordinal, o.id, o.status, o.response FROM operation AS o JOIN batch AS b ON b.number = o.batch
                WHERE b.id = ? AND o.ordinal > ? AND o.status IS NOT NULL ORDER BY o.ordinal
                """
            let rows = try Row.fetchCursor(db, sql: sql, arguments: [id, ordinal])
            var results: [BatchResult] = []
            var bytes = 0
            while bytes < 512 << 10, results.count < 1000, let row = try rows.next() {
                let response = row[3] as String?
                let result = BatchResult(ordinal: row[0], operation: row[1], status: row[2], response: response ?? "")
                bytes += result.response.utf8.count
                results.append(result)
            }
            return results
        }
    }

    // MARK: Doing

    /// The next operation of the oldest batch that is not finished; nil: all are. The batch counts as begun.
    public func next(now: Int64) throws -> BatchTask? {
        let task = try write { db -> BatchTask? in
            let sql = "SELECT * FROM batch WHERE completed IS NULL ORDER BY number LIMIT 1"
            guard let batch = try Row.fetchOne(db, sql: sql) else { return nil }
            let number: Int64 = batch["number"]
            let open = "SELECT * FROM operation WHERE batch = ? AND status IS NULL ORDER BY ordinal LIMIT 1"
            guard let row = try Row.fetchOne(db, sql: open, arguments: [number]) else {
                throw StoreError(.corrupt, "\(self.path): a batch is not finished and has nothing left to do")
            }
            if (batch["started"] as Int64?) == nil {
                try db.execute(sql: "UPDATE batch SET started = ? WHERE number = ?", arguments: [now, number])
            }
            return BatchTask(
                batch: try Self.batch(batch["id"], db),
                ordinal: row["ordinal"],
                operation: BatchOperation(id: row["id"], method: row["method"], path: row["path"], body: row["body"]),
                number: number
            )
        }
        underWay.withLockedValue { $0 = task.map { UnderWay(batch: $0.number, ordinal: $0.ordinal) } }
        return task
    }

    /// Notes what became of an operation: it is on disk when this returns. Nothing when its batch was removed.
    ///
    /// - Returns: Whether its batch is finished.
    @discardableResult
    public func finish(_ task: BatchTask, status: Int, response: String, now: Int64) throws -> Bool {
        let isFinished = try write { db in
            let place = (batch: task.number, ordinal: task.ordinal)
            // Who was erased meanwhile, maybe by this very operation: its result is not to bring them back.
            let erased = self.underWay.withLockedValue { $0?.erased ?? [] }
            let isErased = erased.contains { $0.isIn(task.operation) || $0.isIn(response) }
            try Self.finish(
                place,
                status: status,
                response: isErased && !response.isEmpty ? BatchMention.note : response,
                now: now,
                db
            )
            if isErased { try Self.clear(place, id: BatchMention.name(of: task.operation, without: erased), db) }
            let sql = "SELECT completed IS NOT NULL FROM batch WHERE number = ?"
            return try Bool.fetchOne(db, sql: sql, arguments: [task.number]) ?? false
        }
        underWay.withLockedValue { $0 = nil }
        return isFinished
    }

    static func finish(
        _ place: (batch: Int64, ordinal: Int),
        status: Int,
        response: String,
        now: Int64,
        _ db: Database
    ) throws {
        let sql = "SELECT bytes FROM batch WHERE number = ?"
        guard let bytes = try Int64.fetchOne(db, sql: sql, arguments: [place.batch]) else { return }
        let isKept = bytes + Int64(response.utf8.count) <= mostBytes
        let kept = isKept ? response : tooLarge
        try db.execute(
            sql: "UPDATE operation SET status = ?, response = ? WHERE batch = ? AND ordinal = ? AND status IS NULL",
            arguments: [status, kept, place.batch, place.ordinal]
        )
        // One that an erasure has ended meanwhile has its result.
        if db.changesCount == 0 { return }
        try db.execute(
            sql: """
                UPDATE batch SET finished = finished + 1, errored = errored + ?, bytes = bytes + ?,
                    completed = iif(finished + 1 >= total, ?, NULL) WHERE number = ?
                """,
            arguments: [status < 400 ? 0 : 1, kept.utf8.count, now, place.batch]
        )
        try db.execute(
            sql: "INSERT INTO completion (batch) SELECT id FROM batch WHERE number = ? AND completed IS NOT NULL",
            arguments: [place.batch]
        )
    }

    /// In the place of an answer for which there is no room.
    private static let tooLarge = """
        {"title":"Result Too Large","detail":"The answers of this batch are larger than is kept of one; this one was \
        left out. Its status is that of the operation, which was done."}
        """

    // MARK: Telling

    /// The number of the last batch that was finished, counted from 1 in the order in which they were; 0: none was.
    package func lastCompletion() throws -> Int64 {
        try read { try Int64.fetchOne($0, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'completion'") ?? 0 }
    }

    /// Batches that were finished after one, in that order; those that were removed since are left out.
    func completions(after number: Int64, limit: Int) throws -> [(number: Int64, batch: Batch)] {
        try read { db in
            let sql = """
                SELECT b.*, c.number AS completion FROM completion AS c JOIN batch AS b ON b.id = c.batch
                WHERE c.number > ? ORDER BY c.number LIMIT ?
                """
            return try Row.fetchAll(db, sql: sql, arguments: [number, limit]).map {
                (number: $0["completion"], batch: Self.batch($0))
            }
        }
    }

    /// Notes that nobody needs to be told of those up to one any more.
    func forgetCompletions(upTo number: Int64) throws {
        try write { try $0.execute(sql: "DELETE FROM completion WHERE number <= ?", arguments: [number]) }
    }

    // MARK: Forgetting

    /// Forgets batches that ended long ago.
    public func purge(now: Int64) throws {
        try write { db in
            let old = "SELECT number FROM batch WHERE completed < ?"
            let limit = now - Self.retention
            try db.execute(sql: "DELETE FROM operation WHERE batch IN (\(old))", arguments: [limit])
            try db.execute(sql: "DELETE FROM batch WHERE completed < ?", arguments: [limit])
        }
    }

    // MARK: Inside

    private static func batch(_ id: String, _ db: Database) throws -> Batch {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM batch WHERE id = ?", arguments: [id]) else {
            throw StoreError(.corrupt, "a batch that was just there is missing")
        }
        return batch(row)
    }

    private static func batch(_ row: Row) -> Batch {
        Batch(
            id: row["id"],
            key: row["key"],
            origin: row["origin"],
            total: row["total"],
            finished: row["finished"],
            errored: row["errored"],
            submitted: row["submitted"],
            started: row["started"],
            completed: row["completed"]
        )
    }

    private func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do { return try database.read(body) } catch { throw storeError(error) }
    }

    func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do { return try database.write(body) } catch { throw storeError(error) }
    }

    func storeError(_ error: any Error) -> any Error {
        error is TooManyBatches ? error : StoreError(error, path: path)
    }
}
