extension TemplateCompiler {
    /// What became of the headers.
    struct CompiledHeaders {
        var constant: [RequestTemplate.ConstantHeader] = []
        /// The instructions of those with merge tags.
        var section: Range<Int> = 0..<0
    }

    /// Set by the HTTP client, by this module, or of one connection only (RFC 9110 §7.6.1).
    static let reservedHeaders: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade", "expect",
        "proxy-connection", "proxy-authenticate", "proxy-authorization", "http2-settings",
        "webhook-id", "webhook-timestamp", "webhook-signature",
    ]

    /// Checks and compiles the headers: content type, authorization, then the user's.
    mutating func compileHeaders(of definition: WebhookDefinition) -> CompiledHeaders {
        var result = CompiledHeaders()
        var seen: Set<String> = []
        if let line = compileAuthorization(definition.authorization) {
            result.constant.append(line)
            seen.insert("authorization")
        }
        let first = builder.label()
        for (index, header) in definition.headers.enumerated() {
            let path: [PayloadError.PathElement] = ["headers", .key(header.name)]
            let name = header.name.lowercased()
            check(name: name, of: definition, at: path, seen: &seen)
            compile(header, index: index, at: path, into: &result.constant)
        }
        if let type = contentType(of: definition), !seen.contains("content-type") {
            result.constant.insert(.init(name: "Content-Type", value: type, isSecret: false), at: 0)
        }
        if case .multipart = definition.body {
            builder.emit(literal: "Content-Type: multipart/form-data; boundary=")
            builder.emit(.boundary)
            builder.emit(literal: [0])
        }
        result.section = first..<builder.position
        return result
    }

    private mutating func compile(
        _ header: WebhookDefinition.Header,
        index: Int,
        at path: [PayloadError.PathElement],
        into constant: inout [RequestTemplate.ConstantHeader]
    ) {
        switch header.value {
        case .secret(let secret):
            let value = secret.reveal()
            if value.contains(where: \.isForbiddenInHeaderValue) {
                report(.invalidHeaderValue, "the secret holds a control character; a header may not", at: path)
            }
            constant.append(.init(name: header.name, value: value, isSecret: true))
        case .text(let text):
            let bytes = Array(text.utf8)
            if MergeTagScanner.tokens(of: bytes).contains(where: { if case .literal = $0 { false } else { true } }) {
                builder.emit(literal: Array(header.name.utf8) + Array(": ".utf8))
                builder.emit(.beginHeader(index))
                compile(bytes, at: path, for: .header)
                builder.emit(.endHeader)
            } else if let control = bytes.firstIndex(where: \.isForbiddenInHeaderValue) {
                let position = PayloadError.Position(offset: control, in: bytes)
                report(
                    .invalidHeaderValue,
                    "a header value may hold no control character",
                    at: path,
                    position: position
                )
            } else {
                constant.append(.init(name: header.name, value: bytes, isSecret: header.isSecret))
            }
        }
    }

    private mutating func check(
        name: String,
        of definition: WebhookDefinition,
        at path: [PayloadError.PathElement],
        seen: inout Set<String>
    ) {
        if name.isEmpty || !name.utf8.allSatisfy(\.isTokenCharacter) {
            report(.invalidHeaderName, "not a header name: letters, digits and !#$%&'*+-.^_`|~", at: path)
        }
        if Self.reservedHeaders.contains(name) {
            report(.reservedHeader, "\(name) is set by the agent itself", at: path)
        }
        if case .multipart = definition.body, name == "content-type" {
            report(
                .reservedHeader,
                "content-type of multipart names the boundary and is set by the agent itself",
                at: path
            )
        }
        if !seen.insert(name).inserted {
            let other = name == "authorization" ? " (auth sets it too)" : ""
            report(.duplicateHeader, "\(name.shortened) is set twice\(other)", at: path)
        }
    }

    private mutating func compileAuthorization(
        _ authorization: WebhookDefinition.Authorization?
    ) -> RequestTemplate.ConstantHeader? {
        let value: [UInt8]
        switch authorization {
        case .basic(let username, let password):
            let secret = password.reveal()
            if username.utf8.contains(UInt8(ascii: ":")) || username.utf8.contains(where: \.isControl) {
                let message = "a user name may hold no colon and no control character"
                report(.invalidAuthorization, message, at: ["auth", "username"])
            }
            if secret.contains(where: \.isControl) {
                report(.invalidAuthorization, "the password holds a control character", at: ["auth", "password"])
            }
            value = Array("Basic ".utf8) + Base64.encode(Array(username.utf8) + [UInt8(ascii: ":")] + secret)
        case .bearer(let token):
            let secret = token.reveal()
            if secret.isEmpty || !secret.allSatisfy({ (0x21...0x7E).contains($0) }) {
                let message = "a token is made of visible ASCII characters, at least one, without spaces"
                report(.invalidAuthorization, message, at: ["auth", "bearer"])
            }
            value = Array("Bearer ".utf8) + secret
        case nil: return nil
        }
        return .init(name: "Authorization", value: value, isSecret: true)
    }

    /// The content type of bodies that have a constant one.
    private func contentType(of definition: WebhookDefinition) -> [UInt8]? {
        switch definition.body {
        case .none, .multipart: nil
        case .json: Array("application/json".utf8)
        case .form: Array("application/x-www-form-urlencoded".utf8)
        case .raw(_, let type): Array((type ?? "text/plain; charset=utf-8").utf8)
        }
    }
}

extension UInt8 {
    /// RFC 9110 §5.6.2.
    var isTokenCharacter: Bool { isASCIILetterOrDigit || "!#$%&'*+-.^_`|~".utf8.contains(self) }

    fileprivate var isControl: Bool { self < 0x20 || self == 0x7F }
}
