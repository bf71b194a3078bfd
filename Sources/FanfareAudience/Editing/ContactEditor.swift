import FanfarePayload
import FanfareStore
import GRDB

/// Makes changes of single contacts within one transaction, each with its entries in the change log.
///
/// Thread: that of the database access it is made in.
struct ContactEditor {
    /// A contact that is there.
    struct Known {
        let id: Int64
        let status: ContactStatus
        let address: String
    }

    let db: Database
    let form: ContactForm
    let source: ChangeSource
    let now: Int64

    init(by source: ChangeSource, now: Int64, _ form: ContactForm, _ db: Database) throws {
        self.db = db
        self.source = source
        self.now = now
        self.form = form
        // An import that is not over, or an audience that never had one, has no index to find contacts by.
        // It is not made without need: each change of the schema has GRDB forget its statements.
        if !form.hasAddressIndex {
            try db.execute(sql: AudienceSchema.addressIndexSQL)
            // If the index is taken back, nobody goes on with a form that knows of it.
            try ContactForms.noteChange(db)
        }
    }

    /// - Throws: `AudienceError`; the caller takes back what was written.
    func apply(_ edit: ContactEdit) throws -> EditOutcome {
        for (field, text) in [("unsubscribe_reason", edit.reason), ("campaign_id", edit.campaign)] {
            try Audience.check(text: text, field: field)
        }
        guard let known = try find(edit.key) else {
            if edit.presence == .mustExist { throw ContactEditor.unknown(edit.key) }
            return try add(edit)
        }
        if edit.presence == .mustBeNew {
            throw AudienceError(.contactExists, "\(known.address) is in the audience already")
        }
        return try change(known, edit)
    }

    func find(_ key: ContactEdit.Key) throws -> Known? {
        let contact: HotStatement
        switch key {
        case .id(let id):
            contact = try HotStatement(cachedIn: db, "SELECT id, status, email FROM contact WHERE id = ?")
            contact.bind(1, id)
        case .address(let address):
            contact = try HotStatement(cachedIn: db, "SELECT id, status, email FROM contact WHERE email_key = ?")
            contact.bind(1, try folded(address))
        }
        guard try contact.step() else { return nil }
        guard let status = ContactStatus(storedCode: contact.columnInt64(1)) else {
            throw AudienceError(.storage, "the contact with the id \(contact.columnInt64(0)) has no known status")
        }
        return Known(id: contact.columnInt64(0), status: status, address: contact.columnText(2) ?? "")
    }

    static func unknown(_ key: ContactEdit.Key) -> AudienceError {
        switch key {
        case .id(let id): AudienceError(.unknownContact, "the audience has no contact with the id \(id)")
        case .address(let address): AudienceError(.unknownContact, "the audience has no contact \(address.brief)")
        }
    }

    /// - Parameter key: The address, folded.
    private func refuseSuppressed(_ key: String, _ address: String) throws {
        let statement = try HotStatement(cachedIn: db, "SELECT is_suppressed(?)")
        statement.bind(1, key)
        guard try statement.step(), statement.columnInt64(0) != 0 else { return }
        throw AudienceError(
            .suppressed,
            "\(address) is on the suppression list: it was deleted for good, or asked never to be contacted again",
            field: "email_address"
        )
    }

    // MARK: New ones

    private func add(_ edit: ContactEdit) throws -> EditOutcome {
        guard case .address(let address) = edit.key else { throw ContactEditor.unknown(edit.key) }
        let key = try check(address: address)
        try refuseSuppressed(key, address)
        let status = edit.statusIfNew ?? edit.status ?? .subscribed
        var values = try checkedValues(edit)
        values.setUnlessThere(.lastChanged, .integer(now))
        values.setUnlessThere(.rating, .integer(2))
        values.setUnlessThere(.vip, .integer(0))
        values.setUnlessThere(.source, .text(ContactEditor.name(of: source)))
        values.setUnlessThere(.signupTime, .integer(now))
        if status == .subscribed { values.setUnlessThere(.optTime, .integer(now)) }
        for (column, value) in marks(of: status, edit) { values.setUnlessThere(column, value) }
        try insert(status, address, key, values)
        let id = db.lastInsertedRowID
        try count { $0.add(status) }
        _ = try changeMemberships(of: id, edit)
        try noteChange(of: id, from: nil, to: status, changesProfile: false, edit)
        return EditOutcome(contact: id, isNew: true, hasChanged: true)
    }

    private func insert(_ status: ContactStatus, _ address: String, _ key: String, _ values: CheckedValues) throws {
        let names = values.columns.map { ", \($0)" }.joined()
        let places = String(repeating: ", ?", count: values.columns.count)
        let statement = try HotStatement(
            cachedIn: db,
            "INSERT INTO contact (status, email, email_key, uniqid\(names)) VALUES (?, ?, ?, ?\(places))"
        )
        statement.bind(1, status.storedCode)
        statement.bind(2, address)
        statement.bind(3, key)
        statement.bind(4, Hexadecimal.random(digits: RandomIdentifiers.length))
        _ = statement.bind(values.values, from: 5)
        try statement.run()
    }

    /// What a contact says of where it came from.
    private static func name(of source: ChangeSource) -> String {
        switch source {
        case .user: "Hosted page"
        case .admin: "Admin Add"
        case .api: "API - Generic"
        }
    }

    /// Keeps the numbers of contacts by status.
    func count(_ change: (inout StatusTally) -> Void) throws {
        var tally = StatusTally()
        change(&tally)
        try tally.flush(db, now: now)
    }

    // MARK: Known ones

    private func change(_ known: Known, _ edit: ContactEdit) throws -> EditOutcome {
        let status = edit.status ?? known.status
        if status == .subscribed, known.status != .subscribed {
            try refuseSuppressed(try folded(known.address), known.address)
        }
        let values = try checkedValues(edit)
        let address = try newAddress(edit, known)
        let isProfileChanged = try differs(known.id, values)
        let hasMoved = try changeMemberships(of: known.id, edit)
        let isChanged = isProfileChanged || status != known.status || address != nil
        if isChanged {
            try write(known, status: status, address: address, values, edit)
            try count { $0.move(from: known.status, to: status) }
            if let address, !address.isSame { try MemberHash.note(known.id, key: address.key, db) }
        }
        if let address {
            try note(.upemail, known.id, ChangeLog.Remarks(oldEmail: known.address), unless: address.isSame)
        }
        try noteChange(
            of: known.id,
            from: known.status,
            to: status,
            changesProfile: isProfileChanged || hasMoved.groups || address != nil,
            edit
        )
        return EditOutcome(
            contact: known.id,
            isNew: false,
            hasChanged: isChanged || hasMoved.groups || hasMoved.tags
        )
    }

    /// Another address, or the same one spelled otherwise.
    private struct NewAddress {
        let text: String
        let key: String
        /// It differs in case alone.
        let isSame: Bool
    }

    private func newAddress(_ edit: ContactEdit, _ known: Known) throws -> NewAddress? {
        guard let wanted = edit.newAddress, wanted != known.address else { return nil }
        let key = try check(address: wanted)
        let isSame = try key == folded(known.address)
        if !isSame, try find(.address(wanted)) != nil {
            throw AudienceError(.contactExists, "\(wanted) is another contact's address already")
        }
        if !isSame { try refuseSuppressed(key, wanted) }
        return NewAddress(text: wanted, key: key, isSame: isSame)
    }

    private func write(
        _ known: Known,
        status: ContactStatus,
        address: NewAddress?,
        _ values: CheckedValues,
        _ edit: ContactEdit
    ) throws {
        var written = values
        written.setUnlessThere(.lastChanged, .integer(now))
        if status != known.status {
            if status == .subscribed {
                written.setUnlessThere(.optTime, .integer(now))
                let ended: [SystemColumn] = [
                    .unsubscribeTime, .unsubscribeReason, .unsubscribeReasonOther, .unsubscribeCampaignID,
                    .unsubscribeCampaignTitle, .cleanTime, .cleanCampaignID, .cleanCampaignTitle,
                ]
                for column in ended { written.setUnlessThere(column, .null) }
            }
            for (column, value) in marks(of: status, edit) { written.setUnlessThere(column, value) }
        }
        written.set("status", .integer(status.storedCode))
        if let address {
            written.set("email", .text(address.text))
            written.set("email_key", .text(address.key))
        }
        let sets = written.columns.map { "\($0) = ?" }.joined(separator: ", ")
        let statement = try HotStatement(cachedIn: db, "UPDATE contact SET \(sets) WHERE id = ?")
        statement.bind(statement.bind(written.values, from: 1), known.id)
        try statement.run()
    }

    /// Whether any of the values is another than the contact has.
    private func differs(_ id: Int64, _ values: CheckedValues) throws -> Bool {
        if values.columns.isEmpty { return false }
        let same = values.columns.map { "\($0) IS ?" }.joined(separator: " AND ")
        let statement = try HotStatement(cachedIn: db, "SELECT NOT (\(same)) FROM contact WHERE id = ?")
        statement.bind(statement.bind(values.values, from: 1), id)
        return try statement.step() && statement.columnInt64(0) != 0
    }

    /// What a status leaves on the contact.
    private func marks(
        of status: ContactStatus,
        _ edit: ContactEdit
    ) -> [(SystemColumn, StoredValue)] {
        switch status {
        case .unsubscribed:
            [
                (.unsubscribeTime, .integer(now)), (.unsubscribeReason, .text(edit.reason ?? "manual")),
                (.unsubscribeCampaignID, StoredValue(edit.campaign)),
            ]
        case .cleaned: [(.cleanTime, .integer(now)), (.cleanCampaignID, StoredValue(edit.campaign))]
        default: []
        }
    }

    // MARK: The log

    /// One entry at most beside that of a new address.
    private func noteChange(
        of contact: Int64,
        from old: ContactStatus?,
        to new: ContactStatus,
        changesProfile: Bool,
        _ edit: ContactEdit
    ) throws {
        guard let kind = ChangeKind.of(old, becoming: new, changesProfile: changesProfile) else { return }
        try note(kind, contact, ChangeLog.Remarks(kind, new, reason: edit.reason, campaign: edit.campaign))
    }

    private func note(
        _ kind: ChangeKind,
        _ contact: Int64,
        _ remarks: ChangeLog.Remarks = ChangeLog.Remarks(),
        unless isNothing: Bool = false
    ) throws {
        if isNothing { return }
        try form.log.note(kind, of: contact, by: source, at: now, remarks, db)
    }
}
