import FanfareAudience

/// A list as a caller gives it; what it leaves out stays as it is.
struct ListInput: Decodable, Sendable {
    struct Contact: Decodable, Sendable {
        var company: String?
        var address1: String?
        var address2: String?
        var city: String?
        var state: String?
        var zip: String?
        var country: String?
        var phone: String?
    }

    struct CampaignDefaults: Decodable, Sendable {
        var fromName: String?
        var fromEmail: String?
        var subject: String?
        var language: String?

        enum CodingKeys: String, CodingKey {
            case subject, language
            case fromName = "from_name", fromEmail = "from_email"
        }
    }

    var name: String?
    var contact: Contact?
    var permissionReminder: String?
    var usesArchiveBar: Bool?
    var campaignDefaults: CampaignDefaults?
    var notifyOnSubscribe: String?
    var notifyOnUnsubscribe: String?
    var emailTypeOption: Bool?
    var doubleOptIn: Bool?
    var marketingPermissions: Bool?
    var visibility: String?

    enum CodingKeys: String, CodingKey {
        case name, contact, visibility
        case permissionReminder = "permission_reminder", usesArchiveBar = "use_archive_bar"
        case campaignDefaults = "campaign_defaults"
        case notifyOnSubscribe = "notify_on_subscribe", notifyOnUnsubscribe = "notify_on_unsubscribe"
        case emailTypeOption = "email_type_option", doubleOptIn = "double_optin"
        case marketingPermissions = "marketing_permissions"
    }

    /// Bytes of a text at most.
    private static let longestText = 1024

    /// What a new list must have, after Mailchimp, and this one has not.
    var missing: [String] {
        let texts = [
            ("name", name), ("contact.company", contact?.company), ("contact.address1", contact?.address1),
            ("contact.city", contact?.city), ("contact.country", contact?.country),
            ("permission_reminder", permissionReminder), ("campaign_defaults.from_name", campaignDefaults?.fromName),
            ("campaign_defaults.from_email", campaignDefaults?.fromEmail),
            ("campaign_defaults.subject", campaignDefaults?.subject),
            ("campaign_defaults.language", campaignDefaults?.language),
        ]
        // An empty subject is one; a list without a name or a company is none.
        let fields = texts.filter { field, text in
            text.map { $0.isEmpty && !field.hasSuffix("subject") } ?? true
        }
        return fields.map(\.0) + (emailTypeOption == nil ? ["email_type_option"] : [])
    }

    /// Puts what was given into the details of a list.
    ///
    /// - Throws: ``Problem`` for a text that is none, or a visibility that there is not.
    func apply(to details: inout AudienceDetails) throws {
        func put(_ text: String?, _ field: String, _ place: WritableKeyPath<AudienceDetails, String>) throws {
            guard let text else { return }
            let isText = text.unicodeScalars.allSatisfy { $0.value >= 0x20 || $0 == "\n" || $0 == "\r" || $0 == "\t" }
            guard isText, text.utf8.count <= Self.longestText else {
                throw Problem.unfit(field, "At most \(Self.longestText) bytes without control characters are accepted.")
            }
            details[keyPath: place] = text
        }
        try put(contact?.company, "contact.company", \.contact.company)
        try put(contact?.address1, "contact.address1", \.contact.address1)
        try put(contact?.address2, "contact.address2", \.contact.address2)
        try put(contact?.city, "contact.city", \.contact.city)
        try put(contact?.state, "contact.state", \.contact.state)
        try put(contact?.zip, "contact.zip", \.contact.zip)
        try put(contact?.country, "contact.country", \.contact.country)
        try put(contact?.phone, "contact.phone", \.contact.phone)
        try put(permissionReminder, "permission_reminder", \.permissionReminder)
        try put(campaignDefaults?.fromName, "campaign_defaults.from_name", \.campaignDefaults.fromName)
        try put(campaignDefaults?.fromEmail, "campaign_defaults.from_email", \.campaignDefaults.fromEmail)
        try put(campaignDefaults?.subject, "campaign_defaults.subject", \.campaignDefaults.subject)
        try put(campaignDefaults?.language, "campaign_defaults.language", \.campaignDefaults.language)
        try put(notifyOnSubscribe, "notify_on_subscribe", \.notifyOnSubscribe)
        try put(notifyOnUnsubscribe, "notify_on_unsubscribe", \.notifyOnUnsubscribe)
        details.usesArchiveBar = usesArchiveBar ?? details.usesArchiveBar
        details.emailTypeOption = emailTypeOption ?? details.emailTypeOption
        details.doubleOptIn = doubleOptIn ?? details.doubleOptIn
        details.marketingPermissions = marketingPermissions ?? details.marketingPermissions
        if let visibility {
            guard let known = AudienceDetails.Visibility(rawValue: visibility) else {
                throw Problem.unfit("visibility", "Value must be one of: pub, prv.")
            }
            details.visibility = known
        }
    }
}
