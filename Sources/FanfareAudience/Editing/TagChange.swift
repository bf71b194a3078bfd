import FanfareStore
package import GRDB

/// Puts contacts on one tag, or takes them off it, one after the other: what an edit of each would come to that changes
/// nothing else, looked up once.
///
/// Thread: that of the database access it is made in, which it must not outlive.
package final class TagChange {
    /// Nil: there is no such tag to take anybody off.
    private let statement: HotStatement?

    /// Whether it stays what it is until the write ends: a tag that is not there may be made in between.
    package var isLasting: Bool { statement != nil }

    /// - Parameters:
    ///   - name: The tag's; made when there is none and it is put on.
    ///   - isPutOn: Whether contacts are put on it; else they are taken off.
    ///   - now: Unix time in seconds.
    ///   - db: A write.
    /// - Throws: ``AudienceError`` for a name that is none.
    package init(_ name: String, isPutOn: Bool, now: Int64, _ db: Database) throws {
        try Audience.check(name: name, atMost: 100, field: "tags")
        let id = isPutOn ? try TagTable.idMakingTag(named: name, now: now, db) : try TagTable.id(ofTagNamed: name, db)
        statement = try id.map { id in
            // Its own, as an edit in between may use the one that the connection keeps, with other values.
            let statement = try HotStatement(db, isPutOn ? TagTable.putSQL : TagTable.takeSQL)
            statement.bind(1, id)
            if isPutOn { statement.bind(3, now) }
            return statement
        }
    }

    /// - Parameter contact: The contact's key.
    package func make(of contact: Int64) throws {
        statement?.bind(2, contact)
        try statement?.run()
    }
}
