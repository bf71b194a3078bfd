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
    /// Texts that are too long are cut.
    ///
    /// - Throws: ``Problem`` with all fields that are unknown, named twice, whose value is none of them, or, where they
    ///   are asked for, that must have a value and would have none.
    mutating func resolveFields(_ fields: [ListedField], isNew: Bool, asksForRequired: Bool) throws {
        var resolved: [String: MergeValue] = [:]
        var faults: [Problem.Field] = []
        if let mergeFields {
            var check = ValueCheck()
            // In the order of their names, as a caller's own is lost, so that the same body has the same answer.
            for (name, value) in mergeFields.sorted(by: { $0.key < $1.key }) {
                guard let field = Self.field(named: name, in: fields) else {
                    faults.append(.init(field: name, message: Self.unknown(name, fields)))
                    continue
                }
                let value = value.cut(for: field.kind)
                if resolved.updateValue(value, forKey: field.tag) != nil {
                    faults.append(.init(field: name, message: "This field is given twice."))
                } else if let fault = value.fault(in: field, &check) {
                    faults.append(.init(field: field.tag, message: fault))
                }
            }
            self.mergeFields = resolved
        }
        for field in fields where asksForRequired && field.isRequired {
            if resolved[field.field.tag]?.text.isEmpty ?? isNew {
                faults.append(.init(field: field.field.tag, message: "Please enter a value"))
            }
        }
        if faults.isEmpty { return }
        var problem = Problem.invalid("Your merge fields were invalid.")
        problem.errors = faults
        throw problem
    }

    private static func field(named name: String, in fields: [ListedField]) -> MergeField? {
        let upper = name.uppercased()
        return (fields.first { $0.field.tag == upper } ?? fields.first { "MERGE\($0.id)" == upper })?.field
    }

    private static func unknown(_ name: String, _ fields: [ListedField]) -> String {
        let near = nearestName(to: name.uppercased(), among: fields.map(\.field.tag))
        return "the audience has no field \(name.prefix(60))" + (near.map { "; did you mean \($0)?" } ?? "")
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
        if let language, !language.isEmpty, !Self.isLanguage(language) {
            throw Problem.unfit(CodingKeys.language.stringValue, "A language's code is expected, such as fr or pt_BR.")
        }
        for (name, degrees, most) in [("latitude", location?.latitude, 90.0), ("longitude", location?.longitude, 180)] {
            guard let degrees, abs(degrees) > most else { continue }
            throw Problem.unfit("location.\(name)", "Degrees from -\(Int(most)) to \(Int(most)) are expected.")
        }
    }

    /// Whether a text has the form of a language's code: two to five letters, of which some may name the country.
    private static func isLanguage(_ text: String) -> Bool {
        let parts = text.split(omittingEmptySubsequences: false) { $0 == "_" || $0 == "-" }
        let isOfLetters = parts.allSatisfy { part in !part.isEmpty && part.allSatisfy { $0.isASCII && $0.isLetter } }
        return isOfLetters && parts.count <= 2 && (2...5).contains(parts.reduce(0) { $0 + $1.count })
    }

    private static func isIPAddress(_ text: String) -> Bool {
        var (four, six) = (in_addr(), in6_addr())
        return inet_pton(AF_INET, text, &four) == 1 || inet_pton(AF_INET6, text, &six) == 1
    }

    /// - Parameter refused: One that is not accepted there; nil: all are that Mailchimp has.
    /// - Throws: ``Problem`` that names those that are.
    static func status(
        _ text: String?,
        _ field: String,
        except refused: ContactStatus? = nil
    ) throws -> ContactStatus? {
        guard let text else { return nil }
        let accepted = ContactStatus.allCases.filter { $0 != .nonsubscribed && $0 != refused }
        if let status = ContactStatus(rawValue: text), accepted.contains(status) { return status }
        throw Problem.unfit(field, "Value must be one of: \(accepted.map(\.rawValue).joined(separator: ", ")).")
    }
}

/// The value of a merge field: a text, a number, or the parts of an address.
enum MergeValue: Decodable, Sendable {
    case text(String)
    /// At least one part of it has a text.
    case address([String: String])

    /// As it is stored.
    var text: String {
        switch self {
        case .text(let text): text
        case .address(let parts): Self.json(parts)
        }
    }

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
            // Parts without any text are no address.
            let filled = parts.compactMapValues { $0 }
            self = filled.values.allSatisfy(\.isEmpty) ? .text("") : .address(filled)
        } else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "A merge field is a text, a number or an address."
            )
        }
    }

    private static func json(_ parts: [String: String]) -> String {
        let members = ["addr1", "addr2", "city", "state", "zip", "country"].compactMap { name in
            parts[name].map { JSONValue.Member(key: name, value: .string($0)) }
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
