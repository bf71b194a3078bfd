public import FanfareAudience
import FanfareCampaigns
import FanfareDelivery
import FanfareStore
import GRDB

/// The erasure of a contact: noted in the catalogue first, together with its address on the suppression list, then
/// applied to every file, and applied again until nothing is left.
///
/// | Death after | What the next owner does |
/// | --- | --- |
/// | the note | forgets the contact in its audience, in its events, in the ledgers of fan-outs |
/// | any of these | the same; what is done already comes to nothing |
/// | a delivery that was under way has written its answer | forgets that too |
/// | all | takes the note off the list |
extension Installation {
    /// What the erasure of a contact has come to.
    public struct ErasureOutcome: Sendable, Hashable {
        /// Nothing of the contact is left in any file.
        public let isDone: Bool
    }

    /// Forgets a contact where no daemon runs.
    ///
    /// - Parameters:
    ///   - key: The contact.
    ///   - audience: The audience's name or id.
    ///   - isQuiet: No fan-out is under way in this process.
    /// - Throws: `AudienceError` with `unknownContact`, `StoreError`.
    func erase(_ key: ContactEdit.Key, in audience: String, isQuiet: Bool) throws -> ErasureOutcome {
        let audience = try openAudience(named: audience, makesIt: false)
        if Durability.fileExists(directory.batchesPath) {
            let mention = try mention(of: key, audience)
            _ = try BatchBook(path: directory.batchesPath).erase(mention, now: currentUnixTime())
        }
        let entry = try noteErasure(of: key, audience)
        return ErasureOutcome(isDone: try finish(entry, isQuiet: isQuiet))
    }

    /// Notes for good that a contact is to be forgotten, and never to be contacted again.
    ///
    /// - Throws: `AudienceError` with `unknownContact`, `StoreError`.
    func noteErasure(of key: ContactEdit.Key, _ audience: Audience) throws -> ErasureList.Entry {
        guard let contact = try audience.member(key) else {
            throw AudienceError(.unknownContact, "the audience has no such contact")
        }
        try ErasureList.schema.migrate(catalogue)
        let now = currentUnixTime()
        return try suppression.add(erased: contact.email, now: now) { db in
            try ErasureList.add(contact.id, in: audience.id, now: now, db)
        }
    }

    /// How batches of operations tell of a contact.
    ///
    /// - Throws: `AudienceError` with `unknownContact`.
    func mention(of key: ContactEdit.Key, _ audience: Audience) throws -> BatchMention {
        guard let contact = try audience.member(key) else {
            throw AudienceError(.unknownContact, "the audience has no such contact")
        }
        return BatchMention([
            contact.email, try Audience.subscriberHash(of: contact.email), Audience.contactID(of: contact.uniqueID),
        ])
    }

    /// Contacts that are not forgotten everywhere yet.
    func openErasures() throws -> [ErasureList.Entry] { try catalogue.read(ErasureList.all) }

    /// How many contacts are still to be forgotten somewhere.
    public func erasuresUnderWay() throws -> Int { try openErasures().count }

    /// Goes on with what is to be forgotten: left by a death, or by deliveries that were under way.
    ///
    /// What cannot be done now stays on the list: it is tried again, and keeps nobody from anything else.
    ///
    /// - Parameter isQuiet: No fan-out is under way in this process.
    func finishErasures(isQuiet: Bool) {
        do {
            for entry in try openErasures() {
                do { _ = try finish(entry, isQuiet: isQuiet) } catch { continue }
            }
        } catch {
            // A catalogue that cannot be read is told by whoever needs it.
        }
    }

    /// - Returns: Whether nothing is left.
    func finish(_ entry: ErasureList.Entry, isQuiet: Bool) throws -> Bool {
        let path = directory.audiencePath(entry.audience)
        var isDone = true
        if Durability.fileExists(path) {
            let audience = try Audience(path: path, id: entry.audience, mode: .mustExist)
            do {
                _ = try audience.erase(.id(entry.contact))
            } catch {
                // It may have gone already.
                guard error.code == .unknownContact else { throw error }
            }
            isDone = try WriteAheadLog.empty(audience.database)
        }
        let events = directory.eventsPath(entry.audience)
        isDone = try EventErasure.erase(contact: entry.contact, in: events, unixTime: currentUnixTime()) && isDone
        return try finishLedgers(entry, isQuiet: isQuiet, restIsDone: isDone)
    }

    /// Forgets a contact in the ledgers of fan-outs.
    ///
    /// - Parameter restIsDone: Whether nothing is left elsewhere: then it goes from the list.
    /// - Returns: Whether nothing is left.
    func finishLedgers(_ entry: ErasureList.Entry, isQuiet: Bool, restIsDone: Bool) throws -> Bool {
        var isDone = restIsDone
        for record in try fanOutRecords(named: nil) where record.audience == entry.audience {
            let ledger = ledger(of: record)
            guard record.prunedAt == nil, Durability.fileExists(ledger.path), try ledger.isFrozen() else { continue }
            let left = try ledger.erase(contact: entry.contact)
            // What no process runs has nothing under way, and finds nobody to render when it goes on.
            if left.isLogged || (left.isOpen && !isQuiet && record.state == .running) { isDone = false }
        }
        if isDone { try catalogue.write { try ErasureList.remove(entry, $0) } }
        return isDone
    }
}
