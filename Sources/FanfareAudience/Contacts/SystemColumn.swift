/// What every contact has beside address, status, tags and merge fields, by Mailchimp's names where it has one.
///
/// The raw value is the column of `contact`.
public enum SystemColumn: String, Sendable, Hashable, Codable, CaseIterable {
    /// How engaged it is, 0 to 5; whether the team marked it; its language, `html` or `text`, and where it came from.
    case rating, vip, language, emailType = "email_type", source
    /// When and from where it signed up, and when and from where it confirmed.
    case signupTime = "signup_time", signupIP = "signup_ip", optTime = "opt_time", optIP = "opt_ip"
    /// Where it is: degrees, hours from UTC in winter and summer, the zone's name, two letters of country and region.
    case latitude, longitude, gmtOffset = "gmtoff", dstOffset = "dstoff", timeZone = "time_zone", country, region
    /// When any of its values changed.
    case lastChanged = "last_changed"
    /// When it unsubscribed, over which campaign, and why.
    case unsubscribeTime = "unsubscribe_time", unsubscribeCampaignTitle = "unsubscribe_campaign_title"
    /// The same: by which id, and why in one of Mailchimp's words.
    case unsubscribeCampaignID = "unsubscribe_campaign_id", unsubscribeReason = "unsubscribe_reason"
    /// Why in its own words.
    case unsubscribeReasonOther = "unsubscribe_reason_other"
    /// When its address was given up, and over which campaign.
    case cleanTime = "clean_time", cleanCampaignTitle = "clean_campaign_title", cleanCampaignID = "clean_campaign_id"
    /// Mailchimp's two further numbers for it, the team's notes, and its consent to text messages.
    case webID = "web_id", uniqueEmailID = "euid", notes, smsStatus = "sms_status"
    /// The program that it reads e-mail with, as Mailchimp saw it.
    case emailClient = "email_client"

    /// What a cell of the column is read as.
    var content: CellContent {
        switch self {
        case .rating: .rating
        case .vip: .boolean
        case .signupTime, .optTime, .lastChanged, .unsubscribeTime, .cleanTime: .time
        case .latitude, .longitude, .gmtOffset, .dstOffset: .number
        case .webID: .number
        default: .text
        }
    }

    /// The column's type in SQLite.
    var sqlType: String {
        switch content {
        case .number: "NUMERIC"
        case .time, .rating, .boolean: "INTEGER"
        default: "TEXT"
        }
    }

    /// The header of the column in Mailchimp's contact exports; the last four are ours, in the same spelling.
    var exportHeader: String {
        switch self {
        case .rating: "MEMBER_RATING"
        case .emailType: "EMAIL_TYPE"
        case .signupTime: "OPTIN_TIME"
        case .signupIP: "OPTIN_IP"
        case .optTime: "CONFIRM_TIME"
        case .optIP: "CONFIRM_IP"
        case .latitude: "LATITUDE"
        case .longitude: "LONGITUDE"
        case .gmtOffset: "GMTOFF"
        case .dstOffset: "DSTOFF"
        case .timeZone: "TIMEZONE"
        case .country: "CC"
        case .region: "REGION"
        case .lastChanged: "LAST_CHANGED"
        case .unsubscribeTime: "UNSUB_TIME"
        case .unsubscribeCampaignTitle: "UNSUB_CAMPAIGN_TITLE"
        case .unsubscribeCampaignID: "UNSUB_CAMPAIGN_ID"
        case .unsubscribeReason: "UNSUB_REASON"
        case .unsubscribeReasonOther: "UNSUB_REASON_OTHER"
        case .cleanTime: "CLEAN_TIME"
        case .cleanCampaignTitle: "CLEAN_CAMPAIGN_TITLE"
        case .cleanCampaignID: "CLEAN_CAMPAIGN_ID"
        case .webID: "LEID"
        case .uniqueEmailID: "EUID"
        case .notes: "NOTES"
        case .smsStatus: "SMS_MARKETING_STATUS"
        case .language: "LANGUAGE"
        case .vip: "VIP"
        case .source: "SOURCE"
        case .emailClient: "EMAIL_CLIENT"
        }
    }

    static let byExportHeader = Dictionary(uniqueKeysWithValues: allCases.map { ($0.exportHeader, $0) })
}
