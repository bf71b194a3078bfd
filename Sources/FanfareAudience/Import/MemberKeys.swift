/// The keys of members in Mailchimp's API (`/lists/{id}/members`), and what they are here.
enum MemberKeys {
    /// Keys of standard columns, by the header that the same column has in exports.
    static let headers = [
        "member_rating": "MEMBER_RATING", "ip_signup": "OPTIN_IP", "timestamp_signup": "OPTIN_TIME",
        "ip_opt": "CONFIRM_IP", "timestamp_opt": "CONFIRM_TIME", "last_changed": "LAST_CHANGED", "language": "LANGUAGE",
        "vip": "VIP", "source": "SOURCE", "email_type": "EMAIL_TYPE", "web_id": "LEID", "unique_email_id": "EUID",
        "unsubscribe_reason": "UNSUB_REASON", "sms_subscription_status": "SMS_MARKETING_STATUS",
        "location.latitude": "LATITUDE", "location.longitude": "LONGITUDE", "location.gmtoff": "GMTOFF",
        "location.dstoff": "DSTOFF", "location.country_code": "CC", "location.timezone": "TIMEZONE",
        "location.region": "REGION", "last_note.note": "NOTES", "email_client": "EMAIL_CLIENT",
    ]

    /// What a member has that is derived, or belongs to something else than the contact.
    ///
    /// `interests` gives ids of groups without their names, so it says nothing here.
    static let ignored: Set<String> = [
        "id", "contact_id", "full_name", "consents_to_one_to_one_messaging", "stats", "list_id", "_links",
        "tags_count", "marketing_permissions", "sms_phone_number", "sms_subscription_last_updated", "interests",
        "last_note.note_id", "last_note.created_at", "last_note.created_by",
    ]
}
