import FanfareDelivery
import FanfarePayload
import FanfareReport
import Foundation

/// What of a stored job a report shows.
///
/// A report leaves the machine, so it has what is listed here and nothing else: keys and tokens stand not only where a
/// job has secrets, also in paths, headers and data.
struct ReportSettings {
    private let job: [String: Any]

    /// - Parameter document: What `JobFile.encoded` wrote, opened.
    /// - Throws: `DeliveryError` when it is no such text.
    init(_ document: Secret) throws {
        guard let job = try JSONSerialization.jsonObject(with: Data(document.reveal())) as? [String: Any] else {
            throw DeliveryError(.ledgerDamaged, "the stored job is no object")
        }
        self.job = job
    }

    /// In the order in which a page shows them.
    var settings: [FanOutReport.Setting] {
        audience + webhook + all("schedule") + all("delivery")
    }

    private func section(_ name: String) -> [String: Any] { job[name] as? [String: Any] ?? [:] }

    private func setting(_ key: String, _ value: String?) -> [FanOutReport.Setting] {
        value.map { [.init(key: key, value: $0)] } ?? []
    }

    private var audience: [FanOutReport.Setting] {
        let audience = section("audience")
        let file = (audience["import"] as? String).map { String($0.split(separator: "/").last ?? "") }
        return setting("audience.import", file) + setting("audience.name", Self.text(audience["name"]))
            + setting("audience.tag", Self.text(audience["tag"]))
            + setting("audience.segment", Self.segment(audience["segment"]))
            + setting("audience.statuses", Self.text(audience["statuses"]))
    }

    /// A segment's conditions may hold an address, so they are counted.
    private static func segment(_ value: Any?) -> String? {
        guard let segment = value as? [String: Any] else { return text(value) }
        let count = conditions(segment)
        return count == 1 ? "1 condition" : "\(count) conditions"
    }

    /// Those of its groups included.
    private static func conditions(_ term: [String: Any]) -> Int {
        guard let terms = term["conditions"] as? [[String: Any]] else { return 1 }
        return terms.reduce(0) { $0 + conditions($1) }
    }

    private var webhook: [FanOutReport.Setting] {
        let webhook = section("webhook")
        return setting("webhook.name", Self.text(webhook["name"]))
            + setting("webhook.url", (webhook["url"] as? String).map(Self.origin))
            + setting("webhook.method", Self.text(webhook["method"]))
            + setting("webhook.content_type", Self.text(webhook["content_type"]))
            + setting("webhook.auth", Self.authorization(webhook["auth"]))
            + setting("webhook.headers", Self.headers(webhook["headers"]))
            + setting("webhook.require", Self.text(webhook["require"]))
            + setting("webhook.signing", Self.signing(webhook["signing"]))
            + setting("webhook.tls.verify", Self.text((webhook["tls"] as? [String: Any])?["verify"]))
    }

    /// A scheme and a host; a path may be as good as a password.
    static func origin(_ url: String) -> String {
        guard let scheme = url.range(of: "://") else { return "…" }
        let rest = url[scheme.upperBound...]
        let host = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let address = host.lastIndex(of: "@").map { host[host.index(after: $0)...] } ?? host
        let hasMore = rest.dropFirst(host.count).contains { $0 != "/" }
        return "\(url[..<scheme.upperBound])\(address)" + (hasMore ? "/…" : "")
    }

    private static func authorization(_ value: Any?) -> String? {
        guard let authorization = value as? [String: Any] else { return nil }
        if let bearer = authorization["bearer"] { return "bearer token \(reference(bearer))" }
        return "user name and password \(authorization["password"].map(reference) ?? "")"
    }

    private static func signing(_ value: Any?) -> String? {
        guard let secrets = (value as? [String: Any])?["secret"] as? [Any] else { return nil }
        return secrets.isEmpty ? nil : "secret " + secrets.map(reference).joined(separator: ", ")
    }

    /// Names only: what stands in a header's text may be a key as well.
    private static func headers(_ value: Any?) -> String? {
        guard let headers = value as? [String: Any], !headers.isEmpty else { return nil }
        return headers.keys.sorted().map { name in
            headers[name] is [String: Any] ? "\(name) \(headers[name].map(reference) ?? "")" : name
        }
        .joined(separator: ", ")
    }

    /// Where a secret comes from.
    private static func reference(_ value: Any) -> String {
        let secret = value as? [String: Any] ?? [:]
        if let name = secret["env"] as? String { return "of the environment variable \(name)" }
        if let path = secret["file"] as? String { return "of the file \(path)" }
        return "[secret]"
    }

    /// Everything of a section that holds no secrets, its lists on one line.
    private func all(_ name: String) -> [FanOutReport.Setting] {
        let section = section(name)
        return section.keys.sorted().flatMap { key in
            let nested = section[key] as? [String: Any]
            let members = nested.map { nested in
                nested.keys.sorted().compactMap { name in Self.text(nested[name]).map { "\(name) \($0)" } }
                    .joined(separator: ", ")
            }
            return setting("\(name).\(key)", members ?? Self.text(section[key]))
        }
    }

    private static func text(_ value: Any?) -> String? {
        switch value {
        case let text as String: text
        case let list as [Any]:
            list.isEmpty ? nil : list.compactMap { text($0) }.joined(separator: ", ")
        // What JSON has as true and false comes as a number, of C's type `char`.
        case let number as NSNumber:
            String(cString: number.objCType) == "c" ? (number.boolValue ? "true" : "false") : "\(number)"
        default: nil
        }
    }
}
