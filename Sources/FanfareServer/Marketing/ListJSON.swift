import FanfareAudience
import FanfareDelivery
import FanfareJob
import FanfarePayload

/// Writes lists as Mailchimp does: what Fanfare does not know of them is empty.
struct ListJSON: Sendable {
    /// What has been sent to a list.
    struct Sent: Sendable {
        var campaigns = 0
        /// Unix time in seconds of the last one's start; nil: none has begun.
        var last: Int64?
    }

    private let sent: [String: Sent]

    /// - Parameter fanOuts: All of the installation.
    init(_ fanOuts: [FanOutRecord]) {
        var sent: [String: Sent] = [:]
        for record in fanOuts {
            var own = sent[record.audience] ?? Sent()
            own.campaigns += 1
            own.last = [own.last, record.startedAt].compactMap(\.self).max()
            sent[record.audience] = own
        }
        self.sent = sent
    }

    func sent(to list: String) -> Sent { sent[list] ?? Sent() }

    /// - Throws: `AudienceError`.
    func value(_ entry: AudienceCatalogue.Entry, _ audience: Audience) throws -> JSONValue {
        let details = entry.details
        return .object([
            "id": .string(entry.id), "web_id": .whole(Int64(entry.id, radix: 16) ?? 0), "name": .text(entry.name),
            "contact": contact(details.contact), "permission_reminder": .string(details.permissionReminder),
            "use_archive_bar": .bool(details.usesArchiveBar),
            "campaign_defaults": .object([
                "from_name": .string(details.campaignDefaults.fromName),
                "from_email": .string(details.campaignDefaults.fromEmail),
                "subject": .string(details.campaignDefaults.subject),
                "language": .string(details.campaignDefaults.language),
            ]),
            "notify_on_subscribe": .string(details.notifyOnSubscribe),
            "notify_on_unsubscribe": .string(details.notifyOnUnsubscribe), "date_created": .time(entry.created),
            "list_rating": 0, "email_type_option": .bool(details.emailTypeOption), "subscribe_url_short": "",
            "subscribe_url_long": "", "beamer_address": "", "visibility": .string(details.visibility.rawValue),
            "double_optin": .bool(details.doubleOptIn), "has_welcome": false,
            "marketing_permissions": .bool(details.marketingPermissions), "modules": [],
            "stats": try stats(entry.id, audience), "_links": [],
        ])
    }

    private func contact(_ contact: AudienceDetails.Contact) -> JSONValue {
        .object([
            "company": .string(contact.company), "address1": .string(contact.address1),
            "address2": .string(contact.address2), "city": .string(contact.city), "state": .string(contact.state),
            "zip": .string(contact.zip), "country": .string(contact.country), "phone": .string(contact.phone),
        ])
    }

    private func stats(_ list: String, _ audience: Audience) throws -> JSONValue {
        let counts = try ContactStatus.allCases.map { ($0, try audience.count(of: $0)) }
        let count = Dictionary(uniqueKeysWithValues: counts)
        let total = counts.reduce(0) { $0 + $1.1 } - (count[.archived] ?? 0)
        let sent = sent(to: list)
        let (joined, left) = (try audience.arrivals(at: .subscribed), try audience.arrivals(at: .unsubscribed))
        let cleaned = try audience.arrivals(at: .cleaned)
        // Of a list to which nothing was sent yet all count that are there.
        func sinceSend(_ arrivals: StatusArrivals, _ status: ContactStatus) -> JSONValue {
            .whole(sent.last == nil ? count[status] ?? 0 : arrivals.sinceSend)
        }
        return .object([
            "member_count": .whole(count[.subscribed] ?? 0), "total_contacts": .whole(total),
            "unsubscribe_count": .whole(count[.unsubscribed] ?? 0), "cleaned_count": .whole(count[.cleaned] ?? 0),
            "member_count_since_send": sinceSend(joined, .subscribed),
            "unsubscribe_count_since_send": sinceSend(left, .unsubscribed),
            "cleaned_count_since_send": sinceSend(cleaned, .cleaned),
            "campaign_count": .whole(sent.campaigns), "campaign_last_sent": .time(sent.last),
            "merge_field_count": .whole(try audience.fields().count), "avg_sub_rate": 0, "avg_unsub_rate": 0,
            "target_sub_rate": 0, "open_rate": 0, "click_rate": 0,
            "last_sub_date": .time(joined.last), "last_unsub_date": .time(left.last),
        ])
    }
}
