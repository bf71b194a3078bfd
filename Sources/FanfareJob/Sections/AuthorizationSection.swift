import FanfarePayload

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
