import FanfarePayload

/// The types of condition that are understood; the raw value is Mailchimp's `condition_type`.
///
/// `IPGeoTimeZone` is Fanfare's own: Mailchimp holds a contact's time zone, and no condition asks for it.
enum ConditionType: String, Sendable, CaseIterable {
    case textMerge = "TextMerge", selectMerge = "SelectMerge", emailAddress = "EmailAddress", dateMerge = "DateMerge"
    case birthdayMerge = "BirthdayMerge", addressMerge = "AddressMerge", date = "Date", newSubscribers =
        "NewSubscribers"
    case language = "Language", memberRating = "MemberRating", vip = "VIP", signupSource = "SignupSource"
    case emailClient = "EmailClient", interests = "Interests", staticSegment = "StaticSegment"
    case ipGeoCountryState = "IPGeoCountryState", ipGeoIn = "IPGeoIn", ipGeoUnknown = "IPGeoUnknown"
    case ipGeoTimeZone = "IPGeoTimeZone"

    /// The names of `field` that belong to the type alone or to a few that its operators tell apart; empty for those
    /// that take a merge field or a category of groups.
    var fieldNames: [String] {
        switch self {
        case .emailAddress: ["EMAIL", "merge0"]
        case .date: ["timestamp_opt", "info_changed"]
        case .newSubscribers: ["timestamp_opt"]
        case .language: ["language"]
        case .memberRating: ["rating"]
        case .vip: ["gmonkey"]
        case .signupSource: ["source"]
        case .emailClient: ["email_client"]
        case .staticSegment: ["static_segment"]
        case .ipGeoCountryState, .ipGeoIn, .ipGeoUnknown, .ipGeoTimeZone: ["ipgeo"]
        case .interests, .textMerge, .selectMerge, .dateMerge, .birthdayMerge, .addressMerge: []
        }
    }

    var takesMergeField: Bool { fieldNames.isEmpty && self != .interests }

    /// Of a pair that says yes or no the first says yes.
    var operators: [String] {
        let blanks = ["blank", "blank_not"]
        let comparisons = Comparison.allCases.map(\.rawValue)
        return switch self {
        case .textMerge: TextOperator.allCases.map(\.rawValue) + blanks
        case .selectMerge: ["is", "not", "contains", "notcontain"] + blanks
        case .emailAddress: TextOperator.allCases.map(\.rawValue)
        case .dateMerge: comparisons + blanks
        // The last two are of Mailchimp's advanced segments: a month, and a day of any month.
        case .birthdayMerge: ["is", "not"] + blanks + ["starts", "ends"]
        case .addressMerge: ["contains", "notcontain"] + blanks
        case .date: comparisons + blanks + ["within", "notwithin"]
        case .newSubscribers: ["date_within"]
        case .language: ["is", "not"]
        case .memberRating: comparisons
        case .vip: ["member", "notmember"]
        case .signupSource: ["source_is", "source_not"]
        case .emailClient: ["client_is", "client_not"]
        case .interests: GroupTest.allCases.map(\.rawValue)
        case .staticSegment: ["static_is", "static_not"]
        case .ipGeoCountryState: ["ipgeocountry", "ipgeonotcountry", "ipgeostate", "ipgeonotstate"]
        case .ipGeoIn: ["ipgeoin", "ipgeonotin"]
        case .ipGeoUnknown: ["ipgeounknown"]
        case .ipGeoTimeZone: ["ipgeozone", "ipgeonotzone"]
        }
    }

    /// The type that compares values of a merge field.
    init(_ kind: MergeField.Kind) {
        switch kind {
        case .text, .number, .phone, .url, .imageurl, .zip: self = .textMerge
        case .radio, .dropdown: self = .selectMerge
        case .date: self = .dateMerge
        case .birthday: self = .birthdayMerge
        case .address: self = .addressMerge
        }
    }

    /// What `field` of `Interests` begins with, before the category.
    static let interestsPrefix = "interests-"
}
