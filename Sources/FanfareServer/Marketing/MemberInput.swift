import FanfareAudience
import FanfareCampaigns
import FanfareJob
import FanfarePayload
import Foundation

/// A member as a caller gives it.
struct MemberInput: Decodable, Sendable {
    struct Location: Decodable, Sendable {
        var latitude: Double?
        var longitude: Double?
    }

    var emailAddress: String?
    var status: String?
    var statusIfNew: String?
    var emailType: String?
    var mergeFields: [String: MergeValue]?
    var interests: [String: Bool]?
    var language: String?
    var vip: Bool?
    var location: Location?
    var signupIP: String?
    var signupTime: String?
    var optIP: String?
    var optTime: String?
    var tags: [TagInput]?
    var unsubscribeReason: String?

    enum CodingKeys: String, CodingKey {
        case emailAddress = "email_address"
        case status, interests, language, vip, location, tags
        case statusIfNew = "status_if_new", emailType = "email_type", mergeFields = "merge_fields"
        case signupIP = "ip_signup", signupTime = "timestamp_signup", optIP = "ip_opt", optTime = "timestamp_opt"
        case unsubscribeReason = "unsubscribe_reason"
    }

    /// Names merge fields by their tags, whatever they were called by: case does not count, and `mergeN` is the N-th.
    ///
    /// - Throws: ``Problem`` for a field that is named twice, or, where they are asked for, one that must have a value
    ///   and would have none.
    mutating func resolveFields(_ fields: [ListedField], isNew: Bool, asksForRequired: Bool) throws {
        var resolved: [String: MergeValue] = [:]
        for (name, value) in mergeFields ?? [:] {
            let upper = name.uppercased()
            let known = fields.first { $0.field.tag == upper } ?? fields.first { "MERGE\($0.id)" == upper }
            guard resolved.updateValue(value, forKey: known?.field.tag ?? name) == nil else {
                throw Problem.invalid("Your merge fields were invalid.", name, "This field is given twice.")
            }
        }
        if mergeFields != nil { mergeFields = resolved }
        guard asksForRequired else { return }
        let missing = fields.filter(\.isRequired).first { field in
            guard let value = resolved[field.field.tag] else { return isNew }
            return value.text.isEmpty
        }
        if let missing {
            throw Problem.invalid("Your merge fields were invalid.", missing.field.tag, "Please enter a value")
        }
    }

    /// Puts what was given into an edit.
    ///
    /// - Parameter groups: The ids of groups by what they are called over HTTP.
    /// - Throws: ``Problem``.
    func apply(to edit: inout ContactEdit, groups: [String: Int64]) throws {
        try checkDetails()
        edit.status = try Self.status(status, "status")
        edit.statusIfNew = try Self.status(statusIfNew, "status_if_new")
        for (tag, value) in mergeFields ?? [:] { edit.fields[tag] = value.text }
        for (id, isIn) in interests ?? [:] {
            guard let group = groups[id] else {
                throw Problem.invalid(
                    "Your interests were invalid.",
                    "interests",
                    "There is no interest \(id.prefix(40))."
                )
            }
            edit.groups[group] = isIn
        }
        let details: [(SystemColumn, String?)] = [
            (.emailType, emailType), (.language, language), (.vip, vip.map { $0 ? "1" : "0" }),
            (.latitude, location?.latitude.map { String($0) }), (.longitude, location?.longitude.map { String($0) }),
            (.signupIP, signupIP), (.signupTime, signupTime), (.optIP, optIP), (.optTime, optTime),
        ]
        for (column, value) in details { if let value { edit.details[column] = value } }
        edit.tags += (tags ?? []).map { .init($0.name, isActive: $0.isActive) }
        edit.reason = unsubscribeReason
    }

    /// - Throws: ``Problem`` for what the audience would keep as any text. An empty one clears.
    private func checkDetails() throws {
        if let emailType, !["", "html", "text"].contains(emailType) {
            throw Problem.unfit(CodingKeys.emailType.stringValue, "Value must be one of: html, text.")
        }
        for (key, address) in [(CodingKeys.signupIP, signupIP), (CodingKeys.optIP, optIP)] {
            guard let address, !address.isEmpty, !Self.isIPAddress(address) else { continue }
            throw Problem.unfit(key.stringValue, "An IP address is expected.")
        }
    }

    private static func isIPAddress(_ text: String) -> Bool {
        var (four, six) = (in_addr(), in6_addr())
        return inet_pton(AF_INET, text, &four) == 1 || inet_pton(AF_INET6, text, &six) == 1
    }

    static func status(_ text: String?, _ field: String) throws -> ContactStatus? {
        guard let text else { return nil }
        if let status = ContactStatus(rawValue: text), status != .nonsubscribed { return status }
        let accepted = "subscribed, unsubscribed, cleaned, pending, transactional, archived"
        throw Problem.unfit(
            field,
            "Value must be one of: \(accepted)."
        )
    }
}

/// The value of a merge field: a text, a number, or the parts of an address.
enum MergeValue: Decodable, Sendable {
    case text(String)

    /// As it is stored.
    var text: String { if case .text(let text) = self { text } else { "" } }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // In an order in which few are refused, for that is slow: a text never is, a number once.
        if container.decodeNil() {
            self = .text("")
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let number = try? container.decode(Double.self) {
            // A whole one is read again, for its last digits.
            let whole = number.rounded() == number ? try? container.decode(Int64.self) : nil
            self = .text(whole.map { String($0) } ?? String(number))
        } else if let parts = try? container.decode([String: String?].self) {
            self = .text(Self.address(parts))
        } else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "A merge field is a text, a number or an address."
            )
        }
    }

    /// Parts without any text are no address.
    private static func address(_ parts: [String: String?]) -> String {
        if parts.values.allSatisfy({ ($0 ?? "").isEmpty }) { return "" }
        let members = ["addr1", "addr2", "city", "state", "zip", "country"].compactMap { name in
            (parts[name] ?? nil).map { JSONValue.Member(key: name, value: .string($0)) }
        }
        return JSONValue.object(members).compact
    }
}

/// A tag as a caller gives it: its name, or an object with name and status.
struct TagInput: Decodable, Sendable {
    let name: String
    let isActive: Bool

    private enum CodingKeys: String, CodingKey { case name, status }

    init(from decoder: any Decoder) throws {
        if let name = try? decoder.singleValueContainer().decode(String.self) {
            (self.name, isActive) = (name, true)
            return
        }
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        switch try container.decodeIfPresent(String.self, forKey: .status) ?? "active" {
        case "active": isActive = true
        case "inactive": isActive = false
        default:
            throw DecodingError.dataCorruptedError(
                forKey: .status,
                in: container,
                debugDescription: "Value must be one of: active, inactive."
            )
        }
    }
}
