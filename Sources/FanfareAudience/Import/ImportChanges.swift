import GRDB

/// Notes in the change log what an import makes of contacts, as edits of single ones would, in the transaction of their
/// rows: of each contact and chunk one change at most.
///
/// Thread: that of the database access it is used in.
final class ImportChanges {
    /// What a contact was before the chunk.
    private struct Before {
        let status: ContactStatus?
        let profile: Int
    }

    /// Set by the import itself, or by a status.
    private static let besideProfile: Set<SystemColumn> = [
        .lastChanged, .optTime, .unsubscribeTime, .unsubscribeReason, .unsubscribeReasonOther, .unsubscribeCampaignID,
        .unsubscribeCampaignTitle, .cleanTime, .cleanCampaignID, .cleanCampaignTitle,
    ]

    private let now: Int64
    private var sql = ""
    private var known: [Int64: Before] = [:]
    /// In the order in which they had their first row.
    private var order: ContiguousArray<Int64> = []

    /// - Returns: Nil when nobody reads what would be noted.
    init?(now: Int64, _ db: Database) throws {
        guard try ChangeLog.isRead(db) else { return nil }
        self.now = now
        try columnsChanged(db)
    }

    /// Fields were added.
    func columnsChanged(_ db: Database) throws {
        let fields = try FieldTable(db).entries.map(\.column)
        let system = SystemColumn.allCases.filter { !Self.besideProfile.contains($0) }.map(\.rawValue)
        sql = """
            SELECT \((["status"] + fields + system).joined(separator: ", ")), (
                SELECT group_concat(interest_id) FROM (
                    SELECT interest_id FROM contact_interest WHERE contact_id = contact.id ORDER BY interest_id
                )
            ) FROM contact WHERE id = ?
            """
    }

    /// A contact that was there is about to be changed.
    func willChange(_ contact: Int64, _ status: ContactStatus, _ db: Database) throws {
        guard known[contact] == nil else { return }
        known[contact] = Before(status: status, profile: try state(of: contact, db)?.profile ?? 0)
        order.append(contact)
    }

    /// A contact was added.
    func added(_ contact: Int64) {
        known[contact] = Before(status: nil, profile: 0)
        order.append(contact)
    }

    /// Notes what became of the chunk's contacts; all of them stand in the database.
    func endChunk(_ db: Database) throws {
        if order.isEmpty { return }
        let log = try ChangeLog(FieldTable(db), db)
        for contact in order {
            guard let before = known[contact], let after = try state(of: contact, db) else { continue }
            let changesProfile = before.profile != after.profile
            let kind = ChangeKind.of(before.status, becoming: after.status, changesProfile: changesProfile)
            guard let kind else { continue }
            let remarks = ChangeLog.Remarks(kind, after.status, reason: nil, campaign: nil)
            try log.note(kind, of: contact, by: .admin, at: now, remarks, db)
        }
        known.removeAll(keepingCapacity: true)
        order.removeAll(keepingCapacity: true)
    }

    /// What a contact is now; its values as a number that differs when they do. Those without a value do not count, so
    /// that a field that is added changes nobody.
    private func state(of contact: Int64, _ db: Database) throws -> (status: ContactStatus, profile: Int)? {
        guard let row = try Row.fetchOne(try db.cachedStatement(sql: sql), arguments: [contact]) else { return nil }
        guard let status = ContactStatus(storedCode: row[0]) else {
            throw AudienceError(.storage, "the contact with the id \(contact) has no known status")
        }
        var hasher = Hasher()
        for (name, value) in row.dropFirst() where !value.isNull {
            hasher.combine(name)
            hasher.combine(value)
        }
        return (status, hasher.finalize())
    }
}
