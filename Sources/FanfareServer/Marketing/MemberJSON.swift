import FanfareAudience
import FanfareCampaigns
import FanfareJob
import FanfarePayload

/// Writes members as Mailchimp does: what Fanfare does not know of them is empty.
struct MemberJSON: Sendable {
    let list: String
    /// Every group by its id, as it is called over HTTP.
    private let groups: [(id: Int64, uid: String)]

    /// - Throws: `AudienceError`.
    init(_ audience: Audience) throws { self.init(list: audience.id, try audience.groupIDs()) }

    /// - Parameters:
    ///   - list: The audience's id.
    ///   - groups: The ids of its groups, by what they are called over HTTP.
    init(list: String, _ groups: [String: Int64]) {
        self.list = list
        self.groups = groups.map { ($0.value, $0.key) }.sorted { $0.0 < $1.0 }
    }

    func value(_ member: Member) throws -> JSONValue {
        .object([
            "id": .string(try Audience.subscriberHash(of: member.email)),
            "email_address": .string(member.email),
            "unique_email_id": .string(member[.uniqueEmailID] ?? String(member.uniqueID.prefix(10))),
            "contact_id": .string(Audience.contactID(of: member.uniqueID)),
            "full_name": .string(fullName(member)),
            "web_id": .number(member[.webID] ?? String(member.id)),
            "email_type": .string(member[.emailType] ?? "html"),
            "status": .string(member.status.rawValue),
            "unsubscribe_reason": .text(member.status == .unsubscribed ? member[.unsubscribeReason] : nil),
            "consents_to_one_to_one_messaging": true,
            "merge_fields": mergeFields(member),
            "interests": .object(groups.map { .init(key: $0.uid, value: .bool(member.groups.contains($0.id))) }),
            "stats": .object(["avg_open_rate": 0, "avg_click_rate": 0]),
            "ip_signup": .text(member[.signupIP]), "timestamp_signup": time(member[.signupTime]),
            "ip_opt": .text(member[.optIP]), "timestamp_opt": time(member[.optTime]),
            "member_rating": .number(member[.rating] ?? "2"),
            "last_changed": time(member[.lastChanged]),
            "language": .text(member[.language]), "vip": .bool(member[.vip] == "1"),
            "email_client": .text(member[.emailClient]), "location": location(member),
            "source": .text(member[.source]),
            "tags_count": .whole(member.tags.count),
            "tags": .array(member.tags.prefix(50).map { .object(["id": .whole($0.id), "name": .string($0.name)]) }),
            "list_id": .string(list), "_links": [],
        ])
    }

    private func fullName(_ member: Member) -> String {
        ["FNAME", "LNAME"].compactMap(member.value(ofField:)).joined(separator: " ")
    }

    private func mergeFields(_ member: Member) -> JSONValue {
        .object(member.fieldValues.map { .init(key: $0.tag, value: json($1, $0.kind)) })
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

    private func location(_ member: Member) -> JSONValue {
        func number(_ text: String?) -> JSONValue { text.map { isNumber($0) ? .number($0) : 0 } ?? 0 }
        return .object([
            "latitude": number(member[.latitude]), "longitude": number(member[.longitude]),
            "gmtoff": number(member[.gmtOffset]), "dstoff": number(member[.dstOffset]),
            "country_code": .text(member[.country]), "timezone": .text(member[.timeZone]),
            "region": .text(member[.region]),
        ])
    }
}
