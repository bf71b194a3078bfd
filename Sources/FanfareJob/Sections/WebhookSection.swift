import FanfarePayload

/// The keys of `webhook`.
enum WebhookSection {
    static let name = Key<String>(
        "name",
        .text("a name", length: 0...200),
        default: "",
        "What people call it."
    )
    static let method = Key<WebhookDefinition.Method>(
        "method",
        .word(),
        default: "POST",
        "The HTTP method; GET has no body."
    )
    static let url = Key<String>(
        "url",
        .text("an http or https URL", length: 1...8000).concealed(if: \.mayBeSecretURL),
        required: true,
        "Where requests go. Merge tags may stand in its path and query."
    )
    static let authorization = Key<WebhookDefinition.Authorization>(
        "auth",
        AuthorizationSection.format,
        "How the receiver recognises the sender."
    )
    static let headers = Key<[WebhookDefinition.Header]>(
        "headers",
        HeadersFormat.format,
        "Further headers; merge tags may stand in their values."
    )
    static let contentType = Key<ContentType>("content_type", .word(), default: "json", "How data is sent.")
    static let data = Key<PayloadNode>(
        "data",
        .payload,
        "What is sent: for json anything, for form and multipart a mapping, for raw text. Texts may hold merge tags."
    )
    static let require = Key<[String]>(
        "require",
        list(of: .mergeTag, "a list of merge tags such as [PHONE]", count: 0...100),
        default: [],
        "Contacts without a value for one of these are skipped."
    )
    static let signing = Key<WebhookDefinition.Signing>(
        "signing",
        SigningSection.format,
        "Signs every request (Standard Webhooks)."
    )
    static let tls = Key<WebhookDefinition.TLS>(
        "tls",
        TLSSection.format,
        "How the receiver of an https URL is recognised. Without it: by the system's certificate authorities."
    )

    static let proxy = Key<WebhookDefinition.Proxy>(
        "proxy",
        ProxySection.format,
        "A forward proxy that all requests go through; it then decides which addresses may be reached."
    )

    /// The words of `content_type`.
    enum ContentType: String, CaseIterable, Sendable {
        case json, form, multipart, raw
    }

    /// The keys of which a journey's webhook takes less than a job's.
    struct Keys: Sendable {
        var url = WebhookSection.url
        var method = WebhookSection.method
        var headers = WebhookSection.headers
        var contentType = WebhookSection.contentType
        var data = WebhookSection.data

        /// All keys of the section.
        var descriptions: [KeyDescription] {
            [
                name.description, url.description, method.description, authorization.description, headers.description,
                contentType.description, data.description, require.description, signing.description, tls.description,
                proxy.description,
            ]
        }
    }

    /// What of `data` there may be.
    private static let rules: KeyValuePairs<String, JSONValue> = [
        "dependentRequired": .object([contentType.name: [.string(data.name)]]),
        "allOf": [
            when(method.name, is: ["GET"], dataIs: false),
            when(contentType.name, is: ["form", "multipart"], dataIs: .object(["type": "object"])),
            when(contentType.name, is: ["raw"], dataIs: .object(["type": "string"])),
        ],
    ]

    private static func when(_ key: String, is values: JSONValue, dataIs schema: JSONValue) -> JSONValue {
        .object([
            "if": .object(["required": [.string(key)], "properties": .object([key: .object(["enum": values])])]),
            "then": .object(["properties": .object([data.name: schema])]),
        ])
    }

    static let format = format(Keys())

    static func format(_ keys: Keys) -> Format<WebhookDefinition> {
        .section("the webhook", keys: keys.descriptions, rules: rules) { section, reading in
            read(section, keys, &reading)
        }
    }

    private static func read(
        _ section: SectionMembers,
        _ keys: Keys,
        _ reading: inout Reading
    ) -> WebhookDefinition? {
        let name = section.value(Self.name, &reading) ?? ""
        let method = section.value(keys.method, &reading) ?? .post
        let url = section.value(keys.url, &reading)
        let authorization = section.value(Self.authorization, &reading)
        let headers = section.value(keys.headers, &reading) ?? []
        let require = section.value(Self.require, &reading) ?? []
        let signing = section.value(Self.signing, &reading)
        let tls = section.value(Self.tls, &reading)
        let proxy = section.value(Self.proxy, &reading)
        let body = body(section, keys, method, &reading)
        guard let url, let body else { return nil }
        return WebhookDefinition(
            name: name,
            method: method,
            url: url,
            authorization: authorization,
            headers: headers,
            body: body,
            require: require,
            signing: signing,
            tls: tls ?? WebhookDefinition.TLS(),
            proxy: proxy
        )
    }

    private static func body(
        _ section: SectionMembers,
        _ keys: Keys,
        _ method: WebhookDefinition.Method,
        _ reading: inout Reading
    ) -> WebhookDefinition.Body? {
        let written = section.value(keys.contentType, &reading)
        let type = written ?? .json
        guard section.has(Self.data) else {
            if written != nil, !keys.data.isRequired {
                reading.report(
                    .conflict,
                    at: section.place(Self.contentType),
                    "`\(reading.path.dotted).content_type` says how `data` is sent, and there is no `data`"
                )
            }
            return WebhookDefinition.Body.none
        }
        let node = section.value(Self.data, &reading)
        if method == .get {
            reading.report(
                .conflict,
                at: section.place(Self.data),
                "a GET carries no body",
                suggestion: "remove `data`, or choose another `method`"
            )
        }
        return node.flatMap { body($0, type, at: section.place(Self.data), &reading) }
    }

    private static func body(
        _ node: PayloadNode,
        _ type: ContentType,
        at place: Place,
        _ reading: inout Reading
    ) -> WebhookDefinition.Body? {
        switch (type, node) {
        case (.json, _): return .json(node)
        case (.form, .object): return .form(node)
        case (.multipart, .object): return .multipart(node)
        case (.raw, .string(let text)): return .raw(text, contentType: nil)
        default:
            reading.descend(.key(data.name)) {
                $0.report(
                    .wrongType,
                    at: place,
                    "`\($0.path.dotted)` does not fit `content_type: \(type.rawValue)`",
                    accepted: type == .raw ? "text" : "a mapping"
                )
            }
            return nil
        }
    }
}

extension SourceNode {
    /// A query and a user's name may hold a key.
    fileprivate var mayBeSecretURL: Bool {
        guard case .scalar(let scalar) = content else { return true }
        return scalar.text.contains("?") || scalar.text.contains("@")
    }
}
