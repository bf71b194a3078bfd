/// What a team says of an audience beside its contacts, as Mailchimp's API has it of a list.
///
/// Fanfare keeps it and shows it; it sends no mail, so nothing is done by it but what ``doubleOptIn`` says.
public struct AudienceDetails: Sendable, Hashable, Codable {
    /// Who stands behind the audience.
    public struct Contact: Sendable, Hashable, Codable {
        /// The organisation's name.
        public var company = ""
        /// The first line of its address.
        public var address1 = ""
        /// The second line of its address.
        public var address2 = ""
        /// Where that is.
        public var city = ""
        /// The state or province.
        public var state = ""
        /// The postal code.
        public var zip = ""
        /// Two letters, or its name.
        public var country = ""
        /// A telephone number.
        public var phone = ""

        /// Nothing said.
        public init() {}
    }

    /// What a message to the audience has where it says nothing else.
    public struct CampaignDefaults: Sendable, Hashable, Codable {
        /// Who it comes from.
        public var fromName = ""
        /// From which address.
        public var fromEmail = ""
        /// Its subject.
        public var subject = ""
        /// Its language.
        public var language = ""

        /// Nothing said.
        public init() {}

        private enum CodingKeys: String, CodingKey {
            case subject, language
            case fromName = "from_name", fromEmail = "from_email"
        }
    }

    /// Whether the audience may be found by the public.
    public enum Visibility: String, Sendable, Hashable, Codable, CaseIterable {
        /// It may.
        case everybody = "pub"
        /// It may not.
        case team = "prv"
    }

    /// Who stands behind the audience.
    public var contact = Contact()
    /// Why a contact hears from the team, in a sentence.
    public var permissionReminder = ""
    /// Whether pages of campaigns show Mailchimp's archive bar.
    public var usesArchiveBar = false
    /// What a message has where it says nothing else.
    public var campaignDefaults = CampaignDefaults()
    /// The address that is told of whoever subscribes.
    public var notifyOnSubscribe = ""
    /// The address that is told of whoever unsubscribes.
    public var notifyOnUnsubscribe = ""
    /// Whether contacts choose between HTML and text.
    public var emailTypeOption = false
    /// Whether who signs up has to confirm it: on the hosted page such a contact becomes `pending`.
    public var doubleOptIn = false
    /// Whether contacts are asked for what they permit.
    public var marketingPermissions = false
    /// Whether the audience may be found by the public.
    public var visibility = Visibility.team

    /// Nothing said.
    public init() {}

    private enum CodingKeys: String, CodingKey {
        case contact, visibility
        case permissionReminder = "permission_reminder", usesArchiveBar = "use_archive_bar"
        case campaignDefaults = "campaign_defaults"
        case notifyOnSubscribe = "notify_on_subscribe", notifyOnUnsubscribe = "notify_on_unsubscribe"
        case emailTypeOption = "email_type_option", doubleOptIn = "double_optin"
        case marketingPermissions = "marketing_permissions"
    }
}
