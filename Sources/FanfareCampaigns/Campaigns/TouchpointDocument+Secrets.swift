package import FanfareJob
import FanfarePayload

/// Where secrets stand in a document: each is a text, or says where it is on this machine.
extension TouchpointDocument {
    private static let places: [[String]] = [
        ["webhook", "auth", "password"], ["webhook", "auth", "bearer"], ["webhook", "signing", "secret"],
        ["webhook", "tls", "key_password"], ["webhook", "proxy", "password"], ["notify", "signing", "secret"],
        // Of such a URL the path alone is often a key.
        ["notify", "url"],
    ]
    private static let headers = ["webhook", "headers"]
    /// Paths of files on this machine.
    private static let files = ["ca", "cert", "key"].map { ["webhook", "tls", $0] }

    /// It as it may be shown: a secret that was written into it is `SecretMask.placeholder`, and so is a header whose name says
    /// that it is one.
    package var shown: TouchpointDocument {
        TouchpointDocument(
            mapped { path, value in
                guard case .string = value, Self.hides(path) else { return value }
                return .string(SecretMask.placeholder)
            }
        )
    }

    /// Where it has `SecretMask.placeholder` for a secret: it is what was shown, and not what was hidden.
    package var placeholders: [CampaignError.Field] {
        found { path, value in value == .string(SecretMask.placeholder) && Self.mayHide(path) }
            .map { .init($0, "a secret is shown as \(SecretMask.placeholder): give its value again") }
    }

    /// What of it is on this machine: variables and files. Whoever may name those can have them sent to himself.
    package var machineReferences: [String] {
        found { path, value in
            if Self.files.contains(path) { return true }
            return Self.mayHide(path) && (value["env"] != nil || value["file"] != nil)
        }
    }

    private static func mayHide(_ path: [String]) -> Bool {
        places.contains(path) || (path.dropLast() == headers[...])
    }

    private static func hides(_ path: [String]) -> Bool {
        if places.contains(path) { return true }
        guard path.dropLast() == headers[...], let name = path.last else { return false }
        return WebhookDefinition.Header(name: name, value: .text("")).isSecret
    }

    /// The paths of values for which something holds, dotted.
    private func found(_ holds: (_ path: [String], _ value: JSONValue) -> Bool) -> [String] {
        var paths: [String] = []
        _ = mapped { path, value in
            if holds(path, value) { paths.append(path.joined(separator: ".")) }
            return value
        }
        return paths
    }

    /// The value with others in the place of what may be a secret or a file.
    ///
    /// - Parameter change: Given each value's path, without numbers of items, and the value.
    private func mapped(_ change: (_ path: [String], _ value: JSONValue) -> JSONValue) -> JSONValue {
        Self.mapped(value, [], change)
    }

    private static func mapped(
        _ value: JSONValue,
        _ path: [String],
        _ change: ([String], JSONValue) -> JSONValue
    ) -> JSONValue {
        // Secrets may be several, of a rotation; they lie no deeper than this.
        if case .array(let items) = value { return .array(items.map { change(path, $0) }) }
        guard path.count < 3, case .object(let members) = value else { return change(path, value) }
        return .object(members.map { .init(key: $0.key, value: mapped($0.value, path + [$0.key], change)) })
    }
}
