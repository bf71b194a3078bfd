import GRDB

extension EventBook {
    /// Events that one commit looks at.
    private static let piece = 500

    /// Sends final events again, with the same ids and bytes.
    ///
    /// - Returns: How many; those whose bodies were erased are left out, those of suppressed contacts, and those after
    ///   which the endpoint was told something else of the contact that is not sent again too.
    /// - Throws: What keeps it from being written.
    public func resend(_ numbers: [Int64]) async throws -> Int {
        let together = "later.number IN (\(numbers.map(String.init).joined(separator: ", ")))"
        let endpoints = try await write { [source] db in try Self.reopen(numbers, together, source, db) }
        tell(BookNews(endpoints: Set(endpoints)))
        return endpoints.count
    }

    /// The same for all that are meant and stand in the ledger when it begins, a piece after the other. What is meant of
    /// one contact is of one piece: a death after it must not leave an old event as the last word.
    ///
    /// - Throws: What keeps it from being written: those of earlier pieces are sent again.
    public func resend(_ query: EventQuery) async throws -> Int {
        let last = try await write { try Int64.fetchOne($0, sql: "SELECT max(number) FROM event") ?? 0 }
        var place: Int64?
        var ahead: Set<Int64> = []
        var count = 0
        while true {
            let (start, known) = (place, ahead)
            let piece = try await write { [source] db in
                try Self.reopenPiece(query, after: start, through: last, but: known, limit: Self.piece, source, db)
            }
            tell(BookNews(endpoints: Set(piece.endpoints)))
            count += piece.endpoints.count
            guard let end = piece.end else { return count }
            place = end
            ahead = ahead.union(piece.ahead).filter { $0 > end }
        }
    }

    /// What one commit reopened.
    struct ResentPiece: Sendable {
        /// The endpoint of each that was reopened.
        var endpoints: [String] = []
        /// The last that was looked at in its turn; nil: there was none.
        var end: Int64?
        /// Those behind it that went with an earlier one of their contacts.
        var ahead: Set<Int64> = []
    }

    /// - Parameter known: Those that went with an earlier piece.
    static func reopenPiece(
        _ query: EventQuery,
        after start: Int64?,
        through last: Int64,
        but known: Set<Int64>,
        limit: Int,
        _ source: any EventSource,
        _ db: Database
    ) throws -> ResentPiece {
        let numbers = try query.oldest(after: start, through: last, limit: limit, db)
        guard let end = numbers.last else { return ResentPiece() }
        let together = (query.conditions(on: "later") + ["later.number <= \(last)"]).joined(separator: " AND ")
        let own = numbers.filter { !known.contains($0) }
        let ahead = try EventRows.later(than: own, behind: end, together: together, db).subtracting(known)
        let endpoints = try reopen(own + ahead, together, source, db)
        return ResentPiece(endpoints: endpoints, end: end, ahead: ahead)
    }

    private static func reopen(
        _ numbers: [Int64],
        _ together: String,
        _ source: any EventSource,
        _ db: Database
    ) throws -> [String] {
        let contacts = try EventRows.contacts(of: numbers, db)
        let suppressed = try source.suppressed(among: Set(contacts.values))
        return try EventRows.reopen(
            numbers.filter { !suppressed.contains(contacts[$0] ?? 0) },
            together: together,
            db
        )
    }
}
