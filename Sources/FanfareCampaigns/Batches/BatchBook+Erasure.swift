import FanfareStore
import GRDB
import NIOConcurrencyHelpers

/// Who was erased is in no batch any more.
extension BatchBook {
    /// The operation that is being done, and who was erased since it was begun.
    struct UnderWay {
        let batch: Int64
        let ordinal: Int
        var erased: [BatchMention] = []

        fileprivate func holds(_ other: Erased) -> Bool { (batch, ordinal) == (other.batch, other.ordinal) }
    }

    /// An operation that names who is erased.
    fileprivate struct Erased {
        let batch: Int64
        let ordinal: Int
        let operation: BatchOperation
        let isDone: Bool
    }

    /// Forgets what batches hold of a contact: operations that name it are not done any more, and what they were and
    /// came to goes, also where it names others beside.
    ///
    /// - Parameter mention: What it is known by.
    /// - Returns: How many operations that was.
    public func erase(_ mention: BatchMention, now: Int64) throws -> Int {
        if mention.words.isEmpty { return 0 }
        let count = try write { db in
            let underWay = self.underWay.withLockedValue { underWay in
                underWay?.erased.append(mention)
                return underWay
            }
            // SQLite leaves out what cannot name it; what may be written otherwise is looked at again.
            let texts = "o.id || ' ' || o.path || ' ' || coalesce(o.body, '') || ' ' || coalesce(o.response, '')"
            let likely = mention.words.map { _ in "instr(lower(t), ?) > 0" }.joined(separator: " OR ")
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT batch, ordinal, path, body, response, status, id FROM (
                        SELECT o.*, \(texts) AS t FROM operation AS o WHERE o.method <> ''
                    ) WHERE \(likely) OR instr(t, '\\u') OR instr(t, '%') OR length(t) <> length(CAST(t AS BLOB))
                    """,
                arguments: StatementArguments(mention.words)
            )
            var found: [Erased] = []
            while let row = try rows.next() {
                let (path, body, response) = (row[2] as String, row[3] as String?, row[4] as String?)
                let operation = BatchOperation(id: row[6], method: "", path: path, body: body)
                guard mention.isIn(operation) || response.map(mention.isIn) ?? false else { continue }
                let isDone = (row[5] as Int?) != nil
                found.append(Erased(batch: row[0], ordinal: row[1], operation: operation, isDone: isDone))
            }
            for one in found { try Self.erase(one, mention, isUnderWay: underWay?.holds(one) ?? false, now: now, db) }
            return found.count
        }
        // What was written before lies in the `-wal` file until that begins anew.
        if count > 0 {
            do {
                try database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
            } catch {
                throw storeError(error)
            }
        }
        return count
    }

    private static func erase(
        _ one: Erased,
        _ mention: BatchMention,
        isUnderWay: Bool,
        now: Int64,
        _ db: Database
    ) throws {
        let place = (batch: one.batch, ordinal: one.ordinal)
        if one.isDone {
            try db.execute(
                sql: "UPDATE operation SET response = ? WHERE batch = ? AND ordinal = ?",
                arguments: [BatchMention.note, one.batch, one.ordinal]
            )
        } else if isUnderWay {
            // What it comes to is its own to say: it may be what erases.
            return try clear(place, id: BatchMention.name(of: one.operation, without: [mention]), db)
        } else {
            try finish(place, status: BatchMention.status, response: BatchMention.note, now: now, db)
        }
        try clear(place, id: "", db)
    }

    /// Forgets what an operation was; that it was, and its status, stay.
    ///
    /// - Parameter id: What it is called since.
    static func clear(_ place: (batch: Int64, ordinal: Int), id: String, _ db: Database) throws {
        try db.execute(
            sql: "UPDATE operation SET id = ?, method = '', path = '', body = NULL WHERE batch = ? AND ordinal = ?",
            arguments: [id, place.batch, place.ordinal]
        )
    }

    /// Ends operations that were under way when who they name was erased, and whose process died then: what they were is
    /// not known any more.
    func endErased(now: Int64) throws {
        try write { db in
            let sql = "SELECT batch, ordinal FROM operation WHERE status IS NULL AND method = ''"
            for row in try Row.fetchAll(db, sql: sql) {
                let place = (batch: row[0] as Int64, ordinal: row[1] as Int)
                try Self.finish(place, status: BatchMention.status, response: BatchMention.note, now: now, db)
            }
        }
    }
}
