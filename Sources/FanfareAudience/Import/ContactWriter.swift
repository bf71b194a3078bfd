import FanfareStore
import GRDB

/// Puts checked rows into an audience file: finds the contact by its address, adds or updates it.
///
/// Thread: that of the database access it is used in. In an empty audience it finds addresses in memory and the index
/// is built at the end; see `AddressTable`.
final class ContactWriter {
    /// What became of a row.
    enum Outcome {
        case created, updated, repeated
    }

    /// A checked row. Values stand in the order of the slots with a column.
    struct Contact {
        var email = UnsafeRawBufferPointer(start: nil, count: 0)
        var emailKey = UnsafeRawBufferPointer(start: nil, count: 0)
        /// Nil: the file says nothing.
        var status: ContactStatus?
    }

    private let options: ImportOptions
    private let slots: [Slot]
    private let insert: HotStatement
    private let update: HotStatement
    private let statusByID: HotStatement
    private let keyByID: HotStatement
    private let idByKey: HotStatement
    private var identifiers = RandomIdentifiers()
    private var addresses: AddressTable?
    private var nextID: Int64
    /// Contacts with this id and later ones were made by this import.
    private let firstNewID: Int64
    /// Addresses that were there before and have had a row, to tell a repeated row from an update.
    private var seen = IDSet()
    /// Whether the row before would have subscribed someone who has refused.
    private(set) var statusWasKept = false

    /// - Parameter slots: Those with a column, in the order in which values come.
    init(slots: [Slot], options: ImportOptions, continuing previous: ContactWriter?, _ db: Database) throws {
        self.options = options
        self.slots = slots
        insert = try HotStatement(db, ContactSQL.insert(slots))
        update = try HotStatement(db, ContactSQL.update(slots))
        statusByID = try HotStatement(db, "SELECT status FROM contact WHERE id = ?")
        keyByID = try HotStatement(db, "SELECT email_key FROM contact WHERE id = ?")
        idByKey = try HotStatement(db, "SELECT id FROM contact WHERE email_key = ?")
        if let previous {
            (addresses, nextID, firstNewID, seen) = (
                previous.addresses, previous.nextID, previous.firstNewID, previous.seen
            )
            // Or the first row to come would copy the whole table.
            previous.addresses = nil
            previous.seen = IDSet()
        } else {
            let last = try Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'contact'") ?? 0
            nextID = last + 1
            firstNewID = last + 1
            let isEmpty = try Int64.fetchOne(db, sql: "SELECT id FROM contact LIMIT 1") == nil
            addresses = isEmpty && last < Int64(UInt32.max) - Int64(AddressTable.limit) ? AddressTable() : nil
        }
        if addresses == nil { try db.execute(sql: AudienceSchema.addressIndexSQL) }
    }

    /// The id of the contact that the last row was about.
    private(set) var contactID: Int64 = 0

    func write(_ contact: Contact, values: ContiguousArray<CellValue>, _ db: Database) throws -> Outcome {
        statusWasKept = false
        var hash: UInt32 = 0
        if addresses != nil {
            if addresses?.count == AddressTable.limit {
                try buildIndex(db)
            } else {
                hash = addresses?.hash(contact.emailKey) ?? 0
            }
        }
        if let id = try find(contact.emailKey, hash) {
            contactID = id
            try change(id, contact, values)
            if id >= firstNewID { return .repeated }
            return seen.insert(id) ? .updated : .repeated
        }
        try add(contact, values)
        addresses?.insert(hash, id: contactID)
        return .created
    }

    /// Builds the index over what was written; safe to call again.
    func buildIndex(_ db: Database) throws {
        addresses = nil
        try db.execute(sql: AudienceSchema.addressIndexSQL)
    }

    private func find(_ key: UnsafeRawBufferPointer, _ hash: UInt32) throws -> Int64? {
        guard addresses != nil else {
            idByKey.bind(1, text: key, .untilReset)
            defer { idByKey.reset() }
            return try idByKey.step() ? idByKey.columnInt64(0) : nil
        }
        var found: Int64?
        _ = try addresses?.contains(hash) { id in
            keyByID.bind(1, id)
            defer { keyByID.reset() }
            guard try keyByID.step(), let stored = keyByID.columnBytes(0), stored.elementsEqual(key) else {
                return false
            }
            found = id
            return true
        }
        return found
    }

    private func add(_ contact: Contact, _ values: ContiguousArray<CellValue>) throws {
        contactID = nextID
        insert.bind(ContactSQL.id, contactID)
        insert.bind(ContactSQL.status, (contact.status ?? options.statusOfNew).storedCode)
        insert.bind(ContactSQL.now, options.now)
        insert.bind(ContactSQL.email, text: contact.email, .untilReset)
        insert.bind(ContactSQL.emailKey, text: contact.emailKey, .untilReset)
        insert.bind(ContactSQL.uniqid, text: identifiers.next(), .untilReset)
        bind(values, to: insert)
        try insert.run()
        nextID += 1
    }

    private func change(_ id: Int64, _ contact: Contact, _ values: ContiguousArray<CellValue>) throws {
        let stored = try status(of: id)
        let status = resolve(stored: stored, wanted: contact.status)
        update.bind(ContactSQL.id, id)
        update.bind(ContactSQL.status, status.storedCode)
        update.bind(ContactSQL.now, options.now)
        update.bind(ContactSQL.email, text: contact.email, .untilReset)
        bind(values, to: update)
        try update.run()
    }

    private func status(of id: Int64) throws -> ContactStatus {
        statusByID.bind(1, id)
        defer { statusByID.reset() }
        guard try statusByID.step(), let status = ContactStatus(storedCode: statusByID.columnInt64(0)) else {
            throw AudienceError(.storage, "the contact with the id \(id) has no known status")
        }
        return status
    }

    private func resolve(stored: ContactStatus, wanted: ContactStatus?) -> ContactStatus {
        guard let wanted, wanted != stored else { return stored }
        if stored.isRefusal && !wanted.isRefusal && !options.resubscribe {
            statusWasKept = true
            return stored
        }
        return wanted
    }

    private func bind(_ values: ContiguousArray<CellValue>, to statement: HotStatement) {
        for index in values.indices {
            let parameter = ContactSQL.firstValue &+ index
            switch values[index] {
            case .null: statement.bindNull(parameter)
            case .text(let bytes): statement.bind(parameter, text: bytes, .untilReset)
            case .integer(let value): statement.bind(parameter, value)
            case .real(let value): statement.bind(parameter, value)
            }
        }
    }
}
