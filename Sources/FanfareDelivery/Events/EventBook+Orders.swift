import FanfareStore
import GRDB
import Logging

/// What others want done with events beside having them sent.
extension EventBook {
    /// Gives up what has not been delivered to an endpoint: it is cancelled.
    ///
    /// - Throws: What keeps it from being written.
    public func cancel(endpoint: String, _ reason: Reason, unixTime: Int64) async throws {
        try await commits.write { try EventRows.cancel(endpoint: endpoint, reason, unixTime: unixTime, $0) }
    }

    /// The same for every endpoint but some, before anything that is asked for later; what keeps it from being written
    /// is logged.
    public func cancel(allBut endpoints: Set<String>, _ reason: Reason, unixTime: Int64) {
        commits.submit {
            try EventRows.cancel(allBut: endpoints, reason, unixTime: unixTime, $0)
        } finish: { [self] error in
            if let error { return logger.error("events stay open", metadata: ["error": "\(error)"]) }
            tell(BookNews(hasEnds: true))
        }
    }

    /// Forgets what stands in events of a contact: bodies and answers go, and what was not delivered is skipped.
    ///
    /// - Throws: What keeps it from being written.
    public func erase(contact: Int64, unixTime: Int64) async throws {
        let endpoints = try await commits.write { try EventRows.erase(contact: contact, unixTime: unixTime, $0) }
        tell(BookNews(endpoints: Set(endpoints), erased: [contact]))
    }

    /// The same before anything that is asked for later; what keeps it from being written is logged.
    public func skipSuppressed(unixTime: Int64) {
        commits.submit { [source] db in
            let contacts = try source.suppressed(among: EventRows.openContacts(db))
            try EventRows.skip(contacts, .suppressed, unixTime: unixTime, db)
        } finish: { [self] error in
            if let error {
                return logger.error("suppressed contacts are still told of", metadata: ["error": "\(error)"])
            }
            tell(BookNews(hasEnds: true))
        }
    }

    /// A write among those of the book.
    func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await commits.write(body)
    }

    /// Moves what the write-ahead log holds into the file, and cuts it to nothing.
    ///
    /// - Returns: Whether that was done; not while somebody reads an earlier state.
    /// - Throws: `StoreError`.
    public func emptyLog() throws -> Bool { try WriteAheadLog.empty(commits.database) }

    /// Gives up what is open of contacts of whom nobody is to be told any more: it is skipped.
    ///
    /// - Throws: What keeps it from being written.
    public func skipSuppressed(unixTime: Int64) async throws {
        let contacts = try await commits.write { [source] db in
            let contacts = try source.suppressed(among: EventRows.openContacts(db))
            try EventRows.skip(contacts, .suppressed, unixTime: unixTime, db)
            return contacts
        }
        if contacts.isEmpty { return }
        let endpoints = try await commits.write { db in
            try String.fetchAll(db, sql: "SELECT DISTINCT endpoint FROM event_count")
        }
        tell(BookNews(endpoints: Set(endpoints), erased: contacts))
    }

    /// What earlier installations gave ids to.
    ///
    /// - Throws: `StoreError`.
    public func epochs() throws -> [EventEpoch] {
        do { return try commits.database.read(RestoredEvents.epochs) } catch { throw StoreError(error, path: path) }
    }

    /// Follows what the operator decided of events that were restored from a backup. Nothing of the book may be in
    /// flight, or have been since it was restored.
    ///
    /// - Parameters:
    ///   - resend: Whether they are sent; else they stay uncertain.
    ///   - unixTime: Now, in seconds.
    /// - Returns: How many they are.
    /// - Throws: What keeps it from being written.
    public func settleRestored(resend: Bool, unixTime: Int64) async throws -> Int64 {
        let (count, endpoints) = try await commits.write { db in
            try RestoredEvents.settle(resend: resend, unixTime: unixTime, db)
        }
        tell(BookNews(endpoints: Set(endpoints)))
        return count
    }
}
