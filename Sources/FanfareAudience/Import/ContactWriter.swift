import FanfareStore
import GRDB

/// Puts checked rows into an audience file: finds the contact by its address, adds or updates it.
///
/// Thread: that of the database access it is used in. In an empty audience it finds addresses in memory, inserts in
/// batches, and the index is built at the end; see `AddressTable`.
final class ContactWriter {
    /// What became of a row.
    enum Outcome {
        case created, updated, repeated, notAdded
    }

    /// A checked row.
    ///
    /// Values stand in the order of the slots with a column.
    struct Contact {
        var email = UnsafeRawBufferPointer(start: nil, count: 0)
        var emailKey = UnsafeRawBufferPointer(start: nil, count: 0)
        /// Nil: the file says nothing.
        var status: ContactStatus?
    }

    private let options: ImportOptions
    private let insert: BatchInsert
    private let update: HotStatement
    private let statusByID: HotStatement
    private let keyByID: HotStatement
    private let idByKey: HotStatement
    private let count: HotStatement
    private let changes: ImportChanges?
    @exclusivity(unchecked)
    private var tally = StatusTally()
    private var identifiers = RandomIdentifiers()
    @exclusivity(unchecked)  // As all of the writer, used by one database access at a time.
    private var addresses: AddressTable?
    private var nextID: Int64
    /// Contacts with this id and later ones were made by this import.
    private let firstNewID: Int64
    /// Contacts that were there before and have had a row, to tell a repeated row from an update.
    private(set) var seen = IDSet()
    @exclusivity(unchecked)
    private var row: ContiguousArray<CellValue> = []
    /// Whether the last row would have subscribed someone who has refused.
    private(set) var statusWasKept = false
    /// The id of the contact that the last row was about.
    private(set) var contactID: Int64 = 0

    /// - Parameters:
    ///   - slots: Those with a column, in the order in which values come.
    ///   - previous: The writer of the rows before, when the columns have changed; it is of no use afterwards.
    ///   - changes: Told of each contact before it changes.
    init(
        slots: [Slot],
        options: ImportOptions,
        continuing previous: ContactWriter?,
        changes: ImportChanges?,
        _ db: Database
    ) throws {
        self.options = options
        self.changes = changes
        let sql = ContactSQL(slots: slots, now: options.now)
        insert = try BatchInsert(width: sql.width, db, sql: sql.insert)
        update = try HotStatement(db, sql.update())
        statusByID = try HotStatement(db, "SELECT status FROM contact WHERE id = ?")
        keyByID = try HotStatement(db, "SELECT email_key FROM contact WHERE id = ?")
        idByKey = try HotStatement(db, "SELECT id FROM contact WHERE email_key = ?")
        count = try StatusTally.statement(db)
        if let previous {
            try previous.flush()
            tally = previous.tally
            (addresses, nextID, firstNewID) = (previous.addresses, previous.nextID, previous.firstNewID)
            seen = previous.seen
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

    func write(_ contact: Contact, values: ContiguousArray<CellValue>, _ db: Database) throws -> Outcome {
        statusWasKept = false
        if addresses?.count == AddressTable.limit { try buildIndex(db) }
        let hash = addresses?.hash(contact.emailKey) ?? 0
        if let id = try find(contact.emailKey, hash) {
            contactID = id
            try change(id, contact, values, db)
            if id >= firstNewID { return .repeated }
            return seen.insert(id) ? .updated : .repeated
        }
        guard options.addsContacts else { return .notAdded }
        try add(contact, values)
        addresses?.insert(hash, id: contactID)
        return .created
    }

    /// Writes what is pending.
    func flush() throws { try insert.flush() }

    /// The same, and the numbers by status; to be called before a transaction commits.
    func endChunk() throws {
        try flush()
        try tally.flush(count, now: options.now)
    }

    /// Takes note of what others have written between two chunks: their contacts have ids, and addresses that the table
    /// does not know.
    func catchUp(_ db: Database) throws {
        if addresses != nil { try buildIndex(db) }
        let last = try Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'contact'") ?? 0
        nextID = max(nextID, last + 1)
    }

    /// Builds the index over what was written; safe to call again.
    func buildIndex(_ db: Database) throws {
        try flush()
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
            try flush()
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
        let status = contact.status ?? options.statusOfNew
        tally.add(status)
        gather(contact, status, values)
        try insert.append(row)
        changes?.added(contactID)
        nextID &+= 1
        // Without the table the next look-up asks the database.
        if addresses == nil { try insert.flush() }
    }

    private func change(
        _ id: Int64,
        _ contact: Contact,
        _ values: ContiguousArray<CellValue>,
        _ db: Database
    ) throws {
        let stored = try status(of: id)
        try changes?.willChange(id, stored, db)
        let status = resolve(stored: stored, wanted: contact.status)
        tally.move(from: stored, to: status)
        update.bind(ContactSQL.id, id)
        update.bind(ContactSQL.status, status.storedCode)
        update.bind(ContactSQL.email, text: contact.email, .untilReset)
        for index in values.indices {
            let parameter = ContactSQL.firstValue &+ index
            // The statement tells "nothing said" (NULL) from "no value" (the empty text).
            if case .cleared = values[index] {
                update.bind(parameter, text: UnsafeRawBufferPointer(start: nil, count: 0), .untilReset)
            } else {
                bind(values[index], update, parameter)
            }
        }
        try update.run()
    }

    /// Puts the parameters of an insert in order.
    private func gather(_ contact: Contact, _ status: ContactStatus, _ values: ContiguousArray<CellValue>) {
        row.removeAll(keepingCapacity: true)
        row.append(.integer(contactID))
        row.append(.integer(status.storedCode))
        row.append(.text(contact.email))
        row.append(.text(contact.emailKey))
        row.append(.text(identifiers.next()))
        for index in values.indices { row.append(values[index]) }
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
}
