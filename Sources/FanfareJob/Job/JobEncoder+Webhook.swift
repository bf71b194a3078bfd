import FanfarePayload

extension JobEncoder {
    func encode(_ webhook: WebhookDefinition) -> JSONValue {
        let (type, data) = encode(webhook.body)
        return .members(
            (WebhookSection.name.name, .string(webhook.name)),
            (WebhookSection.url.name, .string(webhook.url)),
            (WebhookSection.method.name, .string(webhook.method.rawValue)),
            (WebhookSection.authorization.name, encode(webhook.authorization)),
            (WebhookSection.headers.name, encode(webhook.headers, of: webhook.body)),
            (WebhookSection.contentType.name, type.map { .string($0.rawValue) }),
            (WebhookSection.data.name, data),
            (WebhookSection.require.name, .array(webhook.require.map { .string($0) })),
            (WebhookSection.signing.name, encode(webhook.signing)),
            (WebhookSection.tls.name, encode(webhook.tls)),
            (WebhookSection.proxy.name, encode(webhook.proxy))
        )
    }

    private func encode(_ secret: Secret) -> JSONValue {
        switch secret.origin {
        case .inline: isShown ? inline(secret) : .members((SecretReader.value.name, inline(secret)))
        case .environment(let name): .members((SecretReader.environmentName.name, .string(name)))
        case .file(let path): .members((SecretReader.file.name, .string(path)))
        }
    }

    private func encode(_ authorization: WebhookDefinition.Authorization?) -> JSONValue? {
        switch authorization {
        case .basic(let username, let password):
            .members(
                (AuthorizationSection.username.name, .string(username)),
                (AuthorizationSection.password.name, encode(password))
            )
        case .bearer(let token): .members((AuthorizationSection.bearer.name, encode(token)))
        case nil: nil
        }
    }

    private func encode(_ headers: [WebhookDefinition.Header], of body: WebhookDefinition.Body) -> JSONValue? {
        var members: [JSONValue.Member] = []
        // The file has no key for the type of a raw body: there it is a header like any other.
        if case .raw(_, let type?) = body { members.append(.init(key: "Content-Type", value: .string(type))) }
        for header in headers {
            switch header.value {
            case .text where isShown && header.isSecret:
                members.append(.init(key: header.name, value: .string(Reading.shownSecret)))
            case .text(let text): members.append(.init(key: header.name, value: .string(text)))
            case .secret(let secret): members.append(.init(key: header.name, value: encode(secret)))
            }
        }
        return members.isEmpty ? nil : .object(members)
    }

    func encode(_ signing: WebhookDefinition.Signing?) -> JSONValue? {
        guard let signing else { return nil }
        return .members((SigningSection.secret.name, .array(signing.secrets.map(encode))))
    }

    private func encode(_ tls: WebhookDefinition.TLS) -> JSONValue {
        .members(
            (TLSSection.authority.name, tls.authorityFile.map { .string($0) }),
            (TLSSection.verify.name, .bool(tls.verifies)),
            (TLSSection.certificate.name, tls.clientCertificate.map { .string($0.file) }),
            (TLSSection.key.name, tls.clientCertificate?.keyFile.map { .string($0) }),
            (TLSSection.keyPassword.name, tls.clientCertificate?.keyPassword.map(encode))
        )
    }

    private func encode(_ proxy: WebhookDefinition.Proxy?) -> JSONValue? {
        guard let proxy else { return nil }
        return .members(
            (ProxySection.url.name, .string(proxy.url)),
            (ProxySection.username.name, proxy.username.map { .string($0) }),
            (ProxySection.password.name, proxy.password.map(encode))
        )
    }

    private func encode(_ body: WebhookDefinition.Body) -> (WebhookSection.ContentType?, JSONValue?) {
        switch body {
        case .none: (nil, nil)
        case .json(let node): (.json, encode(node))
        case .form(let node): (.form, encode(node))
        case .multipart(let node): (.multipart, encode(node))
        case .raw(let text, _): (.raw, .string(text))
        }
    }

    private func encode(_ node: PayloadNode) -> JSONValue {
        switch node {
        case .null: .null
        case .bool(let value): .bool(value)
        case .number(let literal): .number(literal)
        case .string(let text): .string(text)
        case .array(let items): .array(items.map(encode))
        case .object(let members): .object(members.map { .init(key: $0.key, value: encode($0.value)) })
        }
    }
}
