public import FanfareAudience
import FanfareCampaigns
import FanfareStore

extension Daemon {
    /// Forgets a contact in every file, and has its address never contacted again.
    ///
    /// - Parameters:
    ///   - key: The contact.
    ///   - audience: The audience's id.
    /// - Returns: Whether nothing of it is left: what is under way is waited for by nobody, and forgotten when it has
    ///   ended.
    /// - Throws: `AudienceError` with `unknownContact`, `StoreError`. When it was noted already, it is done in the end
    ///   all the same.
    public func erase(_ key: ContactEdit.Key, in audience: String) async throws -> Installation.ErasureOutcome {
        let (entry, mention) = try await OwnThread.run { [installation, webhooks, batches] _ in
            let contacts = try webhooks.reading(audience)
            let mention = try installation.mention(of: key, contacts)
            // Before it goes, and after, as an operation under way may tell of it meanwhile.
            _ = try batches.erase(mention, now: currentUnixTime())
            return (try installation.noteErasure(of: key, contacts), mention)
        }
        let isDone = try await finish(entry)
        _ = try await OwnThread.run { [batches] _ in try batches.erase(mention, now: currentUnixTime()) }
        // A batch of which nothing else was left is finished by that.
        batchWebhooks.pull()
        return Installation.ErasureOutcome(isDone: isDone)
    }

    /// Forgets a contact that was noted; again as often as something of it is left.
    ///
    /// - Returns: Whether nothing is.
    func finish(_ entry: ErasureList.Entry) async throws -> Bool {
        do {
            try await webhooks.erase(.id(entry.contact), in: entry.audience)
        } catch let error as AudienceError where error.code == .unknownContact {
            // It has gone already; what was in flight may have been written since.
            try await webhooks.eraseEvents(of: entry.contact, in: entry.audience)
        }
        return try await OwnThread.run { [installation, webhooks] _ in
            let isDone = try webhooks.emptyLogs(of: entry.audience)
            return try installation.finishLedgers(entry, isQuiet: !installation.runsFanOut, restIsDone: isDone)
        }
    }
}
