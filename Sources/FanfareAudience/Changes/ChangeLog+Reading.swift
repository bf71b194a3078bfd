import FanfareStore
import GRDB

extension Audience {
    /// Changes after one, in their order.
    ///
    /// - Parameters:
    ///   - number: The last change that is known; 0: none.
    ///   - limit: At most so many.
    /// - Throws: ``AudienceError`` with `storage`, also for a change that is none of this version's.
    public func changes(after number: Int64, limit: Int) throws(AudienceError) -> [Change] {
        try read { db in
            let statement = try HotStatement(
                cachedIn: db,
                """
                SELECT number, contact_id, kind, source, at, facts, endpoint, entry, visit, is_awaited, body FROM change
                WHERE number > ? ORDER BY number LIMIT ?
                """
            )
            statement.bind(1, number)
            statement.bind(2, Int64(limit))
            var reader = FactsReader()
            var changes: [Change] = []
            while try statement.step() { changes.append(try change(statement, &reader)) }
            return changes
        }
    }

    /// The change of the current row.
    private func change(_ row: HotStatement, _ reader: inout FactsReader) throws(AudienceError) -> Change {
        let number = row.columnInt64(0)
        let kind = ChangeKind(rawValue: row.columnInt64(2))
        guard let kind, let source = ChangeSource(rawValue: row.columnInt64(3)) else {
            throw AudienceError(.storage, "the change \(number) is of a kind that this version does not know")
        }
        guard let text = row.columnBytes(5), var facts = reader.read(text) else {
            throw AudienceError(.storage, "\(path): the change \(number) is damaged")
        }
        facts.request = JourneyRequest(row, from: 6)
        return Change(
            number: number,
            contact: row.columnInt64(1),
            kind: kind,
            source: source,
            time: row.columnInt64(4),
            facts: facts
        )
    }
}
