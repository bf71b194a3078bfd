import FanfarePayload

/// `webhook.headers`: a mapping from header names to texts or secrets.
enum HeadersFormat {
    static let format = Format<[WebhookDefinition.Header]>(
        accepted: "a mapping from header names to texts, such as {X-Campaign: black-friday}",
        schema: .object([
            "type": "object",
            "additionalProperties": .object([
                "anyOf": [
                    .object(["type": ["string", "number", "boolean"]]),
                    .object(["$ref": "#/$defs/secret"]),
                ]
            ]),
        ])
    ) { node, reading in
        read(node, &reading)
    }

    private static func read(_ node: SourceNode, _ reading: inout Reading) -> [WebhookDefinition.Header]? {
        guard case .mapping(let members) = node.content else {
            reading.reportType(
                node,
                accepted: "a mapping from header names to texts, such as {X-Campaign: black-friday}"
            )
            return nil
        }
        var headers: [WebhookDefinition.Header] = []
        for member in members {
            let value = reading.descend(.key(member.key)) { readValue(member.value, &$0) }
            guard let value else { continue }
            headers.append(WebhookDefinition.Header(name: member.key, value: value))
        }
        return headers.count == members.count ? headers : nil
    }

    private static func readValue(_ node: SourceNode, _ reading: inout Reading) -> WebhookDefinition.Header.Value? {
        switch node.content {
        case .mapping: return Format<Secret>.secret.read(node, &reading).map { .secret($0) }
        case .scalar(let scalar) where !node.isNull: return .text(scalar.text)
        default:
            reading.reportType(node, accepted: "text, {env: NAME} or {file: PATH}")
            return nil
        }
    }
}

/// The keys of `webhook.auth`.
enum AuthorizationSection {
    static let username = Key<String>(
        "username",
        .text("a user name", length: 1...1000),
        "The user's name (RFC 7617)."
    )
    static let password = Key<Secret>("password", .secret, "The user's password.")
    static let bearer = Key<Secret>("bearer", .secret, "A bearer token (RFC 6750).")

    static let format = Format<WebhookDefinition.Authorization>.section(
        "the authorisation",
        keys: [username.description, password.description, bearer.description],
        rules: [
            "oneOf": [
                .object(["required": ["username", "password"]]),
                .object(["required": ["bearer"]]),
            ],
            "dependentRequired": .object(["username": ["password"], "password": ["username"]]),
        ]
    ) { section, reading in
        let hasUser = section.has(Self.username) || section.has(Self.password)
        let bearer = section.value(Self.bearer, &reading)
        let username = section.value(Self.username, &reading)
        let password = section.value(Self.password, &reading)
        let isWhole = section.has(Self.username) == section.has(Self.password)
        guard isWhole, hasUser != section.has(Self.bearer) else {
            reading.report(
                .conflict,
                at: section.place,
                "`\(reading.path.dotted)` is not one way of authorisation",
                accepted: "username and password, or bearer"
            )
            return nil
        }
        if let bearer { return .bearer(bearer) }
        if let username, let password { return .basic(username: username, password: password) }
        return nil
    }
}

/// The keys of `webhook.signing`.
enum SigningSection {
    static let secret = Key<[Secret]>(
        "secret",
        oneOrMore(.secret, atMost: 10),
        required: true,
        "whsec_… (HMAC-SHA256) or whsk_… (ed25519); during a rotation a list, which all sign."
    )

    static let format = Format<WebhookDefinition.Signing>.section(
        "the signing",
        keys: [secret.description]
    ) { section, reading in
        section.value(Self.secret, &reading).map { WebhookDefinition.Signing(secrets: $0) }
    }
}
