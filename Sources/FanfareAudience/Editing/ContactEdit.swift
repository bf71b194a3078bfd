import FanfareStore
public import GRDB

/// What somebody wants changed of one contact. What is not named stays as it is.
public struct ContactEdit: Sendable, Hashable, Codable {
    /// Which contact.
    public enum Key: Sendable, Hashable, Codable {
        /// By its address; case does not count.
        case address(String)
        /// By its key.
        case id(Int64)
    }

    /// Whether the contact is there already.
    public enum Presence: String, Sendable, Hashable, Codable {
        /// It must be.
        case mustExist
        /// It must not be.
        case mustBeNew
        /// Either is accepted.
        case either
    }

    /// A tag to be put on or taken off; one that is put on and unknown is made.
    public struct TagChange: Sendable, Hashable, Codable {
        /// Told apart without regard to case.
        public var name: String
        /// Put on, or taken off.
        public var isActive: Bool

        /// - Parameters: see the properties of the same names.
        public init(_ name: String, isActive: Bool = true) {
            self.name = name
            self.isActive = isActive
        }
    }

    /// Which contact.
    public var key: Key
    /// Whether it is there already.
    public var presence: Presence
    /// Another address for it.
    public var newAddress: String?
    /// Its status from now on.
    public var status: ContactStatus?
    /// Its status if it is new, where that differs; without either it is subscribed.
    public var statusIfNew: ContactStatus?
    /// Values by the tag of their merge field; the empty text clears one.
    public var fields: [String: String] = [:]
    /// Values of standard columns; the empty text clears one.
    public var details: [SystemColumn: String] = [:]
    /// In the order in which they are made.
    public var tags: [TagChange] = []
    /// Whether the contact is taken off all tags that are not put on.
    public var replacesTags = false
    /// Groups by their ids: whether the contact is in them.
    public var groups: [Int64: Bool] = [:]
    /// Why a contact is subscribed no longer; nil: `manual`.
    ///
    /// Mailchimp knows `manual` and, for complaints, `abuse`; for addresses that are cleaned `hard` and `abuse`.
    public var reason: String?
    /// The campaign that led to it.
    public var campaign: String?

    /// - Parameters: see the properties of the same names.
    public init(_ key: Key, _ presence: Presence, status: ContactStatus? = nil) {
        self.key = key
        self.presence = presence
        self.status = status
    }
}

/// What an edit has come to.
public struct EditOutcome: Sendable, Hashable, Codable {
    /// The contact's key.
    public let contact: Int64
    /// It was not there before.
    public let isNew: Bool
    /// Anything was changed.
    public let hasChanged: Bool
}

extension Audience {
    /// Makes a change of one contact, and notes it in the change log, in one transaction.
    ///
    /// - Parameters:
    ///   - edit: What is to be changed.
    ///   - source: Who wants it.
    ///   - now: Unix time in seconds.
    /// - Throws: ``AudienceError``: `unknownContact`, `contactExists`, `invalidAddress`, `invalidValue`, `unknownField`,
    ///   `unknownGroup`; nothing is changed then.
    public func edit(
        _ edit: ContactEdit,
        by source: ChangeSource,
        now: Int64 = currentUnixTime()
    ) throws(AudienceError) -> EditOutcome {
        try write { try Audience.edit(edit, by: source, now: now, $0) }
    }

    /// The same within a write of the caller's, who takes back what was written when it throws.
    public static func edit(
        _ edit: ContactEdit,
        by source: ChangeSource,
        now: Int64,
        _ db: Database
    ) throws -> EditOutcome {
        try ContactEditor(by: source, now: now, ContactForm(db), db).apply(edit)
    }

    /// The same, with the form that the caller has read, and the contact as it is then.
    package static func edit(
        _ edit: ContactEdit,
        by source: ChangeSource,
        now: Int64,
        _ form: ContactForm,
        _ db: Database
    ) throws -> Member? {
        let outcome = try ContactEditor(by: source, now: now, form, db).apply(edit)
        return try members([outcome.contact], form, db).first
    }

    /// The same, with the form that the caller has read.
    package static func make(
        _ edit: ContactEdit,
        by source: ChangeSource,
        now: Int64,
        _ form: ContactForm,
        _ db: Database
    ) throws -> EditOutcome {
        try ContactEditor(by: source, now: now, form, db).apply(edit)
    }

    /// Makes changes of several contacts within a write of the caller's, each on its own: one that cannot be made takes
    /// back nothing of the others.
    ///
    /// - Returns: What each has come to, or why it was not made.
    /// - Throws: What the database failed by.
    package static func edit(
        _ edits: [ContactEdit],
        by source: ChangeSource,
        now: Int64,
        _ form: ContactForm,
        _ db: Database
    ) throws -> [Result<EditOutcome, AudienceError>] {
        let editor = try ContactEditor(by: source, now: now, form, db)
        return try edits.map { edit in
            do {
                return .success(try db.inPart { try editor.apply(edit) })
            } catch let error as AudienceError where error.code != .storage {
                return .failure(error)
            }
        }
    }

    /// Forgets a contact: its row, tags, groups, events and what the change log says of it.
    ///
    /// The space that it took is overwritten. No webhook tells of it, as that would carry what is to be forgotten.
    ///
    /// - Returns: Its key, under which other files know it.
    /// - Throws: ``AudienceError`` with `unknownContact`.
    public func erase(_ key: ContactEdit.Key) throws(AudienceError) -> Int64 {
        try write { try Audience.erase(key, $0) }
    }

    /// The same within a write of the caller's.
    public static func erase(_ key: ContactEdit.Key, _ db: Database) throws -> Int64 {
        let editor = try ContactEditor(by: .admin, now: 0, ContactForm(db), db)
        guard let known = try editor.find(key) else { throw ContactEditor.unknown(key) }
        try db.execute(sql: "PRAGMA secure_delete = ON")
        try editor.count { $0.remove(known.status) }
        try JourneyTables.erase(contact: known.id, db)
        for table in ["segment_contact", "contact_interest", "member_hash", "member_event", "change"] {
            try db.execute(sql: "DELETE FROM \(table) WHERE contact_id = ?", arguments: [known.id])
        }
        try db.execute(sql: "DELETE FROM contact WHERE id = ?", arguments: [known.id])
        return known.id
    }
}
