public import FanfarePayload
public import FanfareTransport

extension EndpointSettings {
    /// Where a template's requests go, with the headers that are the same for all.
    public init(_ template: RequestTemplate) {
        let origin = template.origin
        let url = template.constantURL.map { String(decoding: $0, as: UTF8.self) }
        self.init(
            url: url ?? "\(origin.scheme)://\(origin.host):\(origin.port)/",
            method: template.method.rawValue,
            headers: template.constantHeaders.map(Header.init)
        )
    }
}

extension EndpointSettings.Header {
    /// From the line that libcurl takes, `Name: value` or `Name;`.
    fileprivate init(_ header: RequestTemplate.ConstantHeader) {
        let value = header.line.dropFirst(header.name.utf8.count + 1)
        self.init(name: header.name, value: String(decoding: value.drop { $0 == UInt8(ascii: " ") }, as: UTF8.self))
    }
}
