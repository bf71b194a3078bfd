import GRDB

extension EventBook {
    /// Events that one commit reopens.
    private static let reopened = 500

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

    /// The same for all that are meant and stand in the ledger when it begins, a piece after the other.
    ///
    /// - Throws: What keeps it from being written: those of earlier pieces are sent again.
    public func resend(_ query: EventQuery) async throws -> Int {
        let last = try await write { try Int64.fetchOne($0, sql: "SELECT max(number) FROM event") ?? 0 }
        let all = query.conditions(on: "later") + ["later.number <= \(last)"]
        let together = all.joined(separator: " AND ")
        var place: Int64?
        var count = 0
        while true {
            let start = place
            let (numbers, endpoints) = try await write { [source] db in
                let numbers = try query.oldest(after: start, through: last, limit: Self.reopened, db)
                return (numbers, try Self.reopen(numbers, together, source, db))
            }
            tell(BookNews(endpoints: Set(endpoints)))
            count += endpoints.count
            guard let end = numbers.last else { return count }
            place = end
        }
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
