import FanfarePayload

/// The keys of `webhook.proxy`, which may also be a URL alone.
enum ProxySection {
    static let url = Key<String>(
        "url",
        .proxyURL,
        required: true,
        "http://, host and port."
    )
    static let username = Key<String>("username", .text("a user name", length: 1...1000), "The user's name.")
    static let password = Key<Secret>("password", .secret, "The user's password.")

    private static let keys = [url.description, username.description, password.description]

    static let format: Format<WebhookDefinition.Proxy> = {
        let url = Format<String>.proxyURL
        let detailed = section
        return Format(
            accepted: "\(url.accepted), or a mapping with the keys \(keys.map(\.name).joined(separator: ", "))",
            schema: .object(["anyOf": [url.schema, detailed.schema]])
        ) { node, reading in
            if case .mapping = node.content { return detailed.read(node, &reading) }
            return url.read(node, &reading).map { WebhookDefinition.Proxy(url: $0) }
        }
    }()

    private static let section = Format<WebhookDefinition.Proxy>.section(
        "the proxy",
        keys: keys,
        rules: ["dependentRequired": .object([password.name: [.string(username.name)]])]
    ) { section, reading in
        let url = section.value(Self.url, &reading)
        let username = section.value(Self.username, &reading)
        let password = section.value(Self.password, &reading)
        if section.has(Self.password), !section.has(Self.username) {
            reading.report(
                .conflict,
                at: section.place(Self.password),
                "`\(reading.path.dotted)` has a password and no user",
                suggestion: "add `username`"
            )
        }
        return url.map { WebhookDefinition.Proxy(url: $0, username: username, password: password) }
    }
}

extension Format where Value == String {
    /// A proxy's URL without credentials; what may have some is not shown.
    fileprivate static var proxyURL: Format {
        let pattern = "^[Hh][Tt][Tt][Pp]://[^/?#@\\s]+:[0-9]{1,5}/?$"
        return Format.text(
            "a proxy as http://HOST:PORT",
            pattern: pattern,
            length: 1...1000,
            suggestion: { $0.contains("@") ? "write the user as `username` and `password`" : nil },
            make: { text in isProxyURL(text) ? text : nil }
        )
        .concealed { node in
            guard case .scalar(let scalar) = node.content else { return false }
            return scalar.text.contains("@")
        }
    }

    /// As the schema's pattern says, and with a port that there is.
    private static func isProxyURL(_ text: String) -> Bool {
        guard let match = text.wholeMatch(of: /(?i:http):\/\/[^\/?#@\s]+:([0-9]{1,5})\/?/) else {
            return false
        }
        return Int(match.1).map { (1...65_535).contains($0) } ?? false
    }
}
