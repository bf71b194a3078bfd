public import GRDB

/// What a person gives who signs up to an audience.
public struct SignUp: Sendable, Hashable {
    /// The address.
    public var address: String
    /// Values by the tag of their merge field; those that are empty are not given.
    public var fields: [String: String]
    /// Where it comes from.
    public var ip: String?
    /// Whether it is to be confirmed before it counts: whoever is new becomes `pending`.
    public var isToBeConfirmed: Bool

    /// - Parameters: see the properties of the same names.
    public init(address: String, fields: [String: String] = [:], ip: String? = nil, isToBeConfirmed: Bool = false) {
        self.address = address
        self.fields = fields
        self.ip = ip
        self.isToBeConfirmed = isToBeConfirmed
    }
}

/// What contacts do themselves, on hosted pages.
extension Audience {
    /// Signs somebody up, within a write of the caller's, who takes back what was written when it throws.
    ///
    /// Who is a member already stays as it is, so that nobody can change another's values; an address that was cleaned
    /// does too. One that left comes back. What this throws depends on what is given, never on who is a member.
    ///
    /// - Parameters:
    ///   - signUp: What the person gives.
    ///   - now: Unix time in seconds.
    ///   - db: The audience's file.
    /// - Throws: ``AudienceError``: `invalidAddress`, `invalidValue`, `unknownField`, and `suppressed`, which the person is
    ///   not told.
    public static func signUp(_ signUp: SignUp, now: Int64, _ db: Database) throws {
        let editor = try ContactEditor(by: .user, now: now, ContactForm(db), db)
        let status: ContactStatus = signUp.isToBeConfirmed ? .pending : .subscribed
        var edit = ContactEdit(.address(signUp.address), .either, status: status)
        edit.fields = signUp.fields.filter { !$0.value.isEmpty }
        if let ip = signUp.ip { edit.details[.signupIP] = ip }
        if let ip = signUp.ip, status == .subscribed { edit.details[.optIP] = ip }
        // Before it is looked up, for all alike.
        _ = try editor.check(address: signUp.address)
        _ = try editor.checkedValues(edit)
        switch try editor.find(edit.key)?.status {
        case .subscribed, .cleaned: return
        case .pending where signUp.isToBeConfirmed: return
        case nil, .pending, .unsubscribed, .archived, .transactional, .nonsubscribed: _ = try editor.apply(edit)
        }
    }

    /// Takes a contact out by its own wish, within a write of the caller's, who takes back what was written when it
    /// throws. Repeated it comes to the same; whoever is not subscribed stays as it is.
    ///
    /// - Parameters:
    ///   - contact: The contact's key.
    ///   - campaign: The campaign that led to it; nil: none is known.
    ///   - now: Unix time in seconds.
    ///   - db: The audience's file.
    /// - Returns: Whether there is such a contact.
    /// - Throws: ``AudienceError`` with `storage`.
    public static func leave(
        _ contact: Int64,
        campaign: String? = nil,
        now: Int64,
        _ db: Database
    ) throws -> Bool {
        let editor = try ContactEditor(by: .user, now: now, ContactForm(db), db)
        switch try editor.find(.id(contact))?.status {
        case nil: return false
        case .unsubscribed, .cleaned, .archived: return true
        case .subscribed, .pending, .transactional, .nonsubscribed:
            var edit = ContactEdit(.id(contact), .mustExist, status: .unsubscribed)
            edit.campaign = campaign
            _ = try editor.apply(edit)
            return true
        }
    }
}
