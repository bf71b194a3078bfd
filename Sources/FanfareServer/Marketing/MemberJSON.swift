import FanfareAudience
import FanfareCampaigns
import FanfareJob
import FanfarePayload

/// Writes members as Mailchimp does: what Fanfare does not know of them is empty.
struct MemberJSON: Sendable {
    let list: String
    private let fields: [MergeField]
    /// Every group by its id, as it is called over HTTP.
    private let groups: [(id: Int64, uid: String)]

    /// - Throws: `AudienceError`.
    init(_ audience: Audience) throws {
        self.init(list: audience.id, try audience.fields(), try audience.groupIDs())
    }

    /// - Parameters:
    ///   - list: The audience's id.
    ///   - fields: Its merge fields, in their order.
    ///   - groups: The ids of its groups, by what they are called over HTTP.
    init(list: String, _ fields: [MergeField], _ groups: [String: Int64]) {
        (self.list, self.fields) = (list, fields)
        self.groups = groups.map { ($0.value, $0.key) }.sorted { $0.0 < $1.0 }
    }

    func value(_ member: Member) throws -> JSONValue {
        let contact = member.contact
        let details = contact.details
        return .object([
            "id": .string(try Audience.subscriberHash(of: contact.email)),
            "email_address": .string(contact.email),
            "unique_email_id": .string(details["EUID"] ?? String(contact.uniqueID.prefix(10))),
            "contact_id": .string(Audience.contactID(of: contact.uniqueID)),
            "full_name": .string(fullName(contact)),
            "web_id": .number(details["LEID"] ?? String(contact.id)),
            "email_type": .string(details["EMAIL_TYPE"] ?? "html"),
            "status": .string(contact.status.rawValue),
            "unsubscribe_reason": .text(contact.status == .unsubscribed ? details["UNSUB_REASON"] : nil),
            "consents_to_one_to_one_messaging": true,
            "merge_fields": mergeFields(contact),
            "interests": .object(groups.map { .init(key: $0.uid, value: .bool(member.groups.contains($0.id))) }),
            "stats": .object(["avg_open_rate": 0, "avg_click_rate": 0]),
            "ip_signup": .text(details["OPTIN_IP"]), "timestamp_signup": time(details["OPTIN_TIME"]),
            "ip_opt": .text(details["CONFIRM_IP"]), "timestamp_opt": time(details["CONFIRM_TIME"]),
            "member_rating": .number(details["MEMBER_RATING"] ?? "2"),
            "last_changed": time(details["LAST_CHANGED"]),
            "language": .text(details["LANGUAGE"]), "vip": .bool(details["VIP"] == "1"),
            "email_client": .text(details["EMAIL_CLIENT"]), "location": location(details),
            "source": .text(details["SOURCE"]),
            "tags_count": .whole(member.tags.count),
            "tags": .array(member.tags.prefix(50).map { .object(["id": .whole($0.id), "name": .string($0.name)]) }),
            "list_id": .string(list), "_links": [],
        ])
    }

    private func fullName(_ contact: Contact) -> String {
        ["FNAME", "LNAME"].compactMap { contact.fields[$0] }.joined(separator: " ")
    }

    private func mergeFields(_ contact: Contact) -> JSONValue {
        .object(
            fields.map { field in
                let value = contact.fields[field.tag]
                return .init(key: field.tag, value: json(value, field.kind))
            }
        )
    }

    private func json(_ value: String?, _ kind: MergeField.Kind) -> JSONValue {
        guard let value else { return "" }
        switch kind {
        case .number: return isNumber(value) ? .number(value) : .string(value)
        case .address:
            guard let parts = AddressParts(value) else { return .string(value) }
            return .object(parts.all.map { .init(key: $0.name, value: .string($0.text)) })
        default: return .string(value)
        }
    }

    /// Whether SQLite's text of a number is one of JSON's: an infinity is not.
    private func isNumber(_ text: String) -> Bool { Double(text).map(\.isFinite) ?? false && !text.hasPrefix(".") }

    private func time(_ seconds: String?) -> JSONValue { .time(seconds.flatMap { Int64($0) }) }

    private func location(_ details: [String: String]) -> JSONValue {
        func number(_ text: String?) -> JSONValue { text.map { isNumber($0) ? .number($0) : 0 } ?? 0 }
        return .object([
            "latitude": number(details["LATITUDE"]), "longitude": number(details["LONGITUDE"]),
            "gmtoff": number(details["GMTOFF"]), "dstoff": number(details["DSTOFF"]),
            "country_code": .text(details["CC"]), "timezone": .text(details["TIMEZONE"]),
            "region": .text(details["REGION"]),
        ])
    }
}
