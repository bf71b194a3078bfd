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
    }
}

extension EndpointSettings.Header {
    /// From the line that libcurl takes, `Name: value` or `Name;`.
    fileprivate init(_ header: RequestTemplate.ConstantHeader) {
        let value = header.line.dropFirst(header.name.utf8.count + 1)
        self.init(name: header.name, value: String(decoding: value.drop { $0 == UInt8(ascii: " ") }, as: UTF8.self))
    }
}
