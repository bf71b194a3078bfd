public import FanfareAudience
import FanfareDelivery
import FanfareStore

/// What is forgotten of what audience webhooks have been sent, and what becomes of it after a restore.
extension AudienceWebhooks {
    /// Forgets what stands in the ledger of events of a contact that has gone.
    ///
    /// - Throws: What keeps it from being written.
    public func eraseEvents(of contact: Int64, in audience: String, now: Int64 = currentUnixTime()) async throws {
        try await open(audience).book.erase(contact: contact, unixTime: now)
    }

    /// Has nothing more told of whom the suppression list has by now.
    ///
    /// - Throws: What keeps it from being written; asked again, it goes on.
    public func skipSuppressed(now: Int64 = currentUnixTime()) async throws {
        for open in audiences.all { try await open.book.skipSuppressed(unixTime: now) }
    }

    /// Forgets what stands of events that ended long ago, in the ledgers of all audiences that have webhooks.
    ///
    /// - Parameters:
    ///   - rows: All of events that ended before this Unix second; nil: of none.
    ///   - bodies: The bodies and answers of events that did; nil: of none.
    /// - Returns: Of how many events.
    /// - Throws: What keeps it from being written; asked again, it goes on.
    public func forget(rowsBefore rows: Int64?, bodiesBefore bodies: Int64?) async throws -> (rows: Int, bodies: Int) {
        var count = (rows: 0, bodies: 0)
        for open in audiences.all {
            if let rows { count.rows += try await open.book.forget(.rows, endedBefore: rows) }
            if let bodies { count.bodies += try await open.book.forget(.bodies, endedBefore: bodies) }
        }
        return count
    }

    /// Moves what an audience's write-ahead logs hold into their files, and cuts them to nothing.
    ///
    /// - Returns: Whether that was done; not while somebody reads an earlier state, as a backup does.
    /// - Throws: `StoreError`.
    public func emptyLogs(of audience: String) throws -> Bool {
        let open = try open(audience)
        return try WriteAheadLog.empty(open.commits.database) && open.book.emptyLog()
    }

    /// Follows what the operator decided of events that were restored from a backup, before anything is sent since.
    ///
    /// - Parameter resend: Whether they are sent; else they stay uncertain.
    /// - Returns: How many they are.
    /// - Throws: `StoreError`, `AudienceError`; asked again, it goes on.
    public func settleRestored(resend: Bool, now: Int64 = currentUnixTime()) async throws -> Int64 {
        var count: Int64 = 0
        // Those of journeys are open.
        for audience in Set(try catalogue.all().map(\.audience)).union(audiences.all.map(\.id)).sorted() {
            let book = try open(audience).book
            count += try await book.settleRestored(resend: resend, unixTime: now)
            // Those of webhooks that were disabled since.
            let enabled = try catalogue.all(of: audience).filter { $0.state == .enabled }.map(\.id)
            let unfinished = try open(audience).knownJourneys().filter { $0.state != .ended }.flatMap(\.endpoints)
            book.cancel(allBut: Set(enabled + unfinished), .endpointDisabled, unixTime: now)
        }
        return count
    }
}
