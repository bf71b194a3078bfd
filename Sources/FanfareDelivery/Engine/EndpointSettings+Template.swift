public import FanfarePayload
public import FanfareTransport

extension EndpointSettings {
    /// Where a template's requests go, with the headers that are the same for all.
    public init(_ template: RequestTemplate) {
        // Spelled as in the requests' own URLs: the loop compares bytes.
        let url = template.constantURL ?? template.urlBase + [UInt8(ascii: "/")]
        self.init(
            url: String(decoding: url, as: UTF8.self),
            method: template.method.rawValue,
            headers: template.constantHeaders.map(Header.init)
        )
        if !template.namesUserAgent { userAgent = "fanfare" }
    }
}

extension EndpointSettings {
    /// Takes over how connections are made: whom to trust, who one is, and through what.
    public mutating func apply(_ webhook: WebhookDefinition) {
        certificateAuthorityFile = webhook.tls.authorityFile
        verifiesCertificates = webhook.tls.verifies
        clientCertificate = webhook.tls.clientCertificate.map {
            .init(file: $0.file, keyFile: $0.keyFile, password: $0.keyPassword.map(Self.text))
        }
        // The format of job files accepts no URL that is none of a proxy; should one come otherwise, the loop refuses it.
        proxy = webhook.proxy.map {
            ForwardProxy(unchecked: $0.url, username: $0.username, password: $0.password.map(Self.text))
        }
    }

    private static func text(_ secret: Secret) -> String { String(decoding: secret.reveal(), as: UTF8.self) }
}

extension EndpointSettings.Header {
    /// From the line that libcurl takes, `Name: value` or `Name;`.
    fileprivate init(_ header: RequestTemplate.ConstantHeader) {
        let value = header.line.dropFirst(header.name.utf8.count + 1)
        self.init(name: header.name, value: String(decoding: value.drop { $0 == UInt8(ascii: " ") }, as: UTF8.self))
    }
}
