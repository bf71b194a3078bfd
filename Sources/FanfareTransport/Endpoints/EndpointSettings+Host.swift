import CDeliveryLoop

extension EndpointSettings {
    /// The name to look up before requests can be sent, a proxy's if there is one; nil when the host is an address.
    ///
    /// - Throws: ``TransportError/Code/invalidValue`` when the URL is none that an endpoint can have.
    public var hostName: String? {
        get throws(TransportError) {
            let (host, isAddress) = try host
            return isAddress ? nil : host
        }
    }

    /// The address that the URL itself holds, in whatever spelling, a proxy's if there is one; nil when its host is a
    /// name.
    ///
    /// - Throws: ``TransportError/Code/invalidValue`` when the URL is none that an endpoint can have.
    public var hostAddress: IPAddress? {
        get throws(TransportError) {
            let (host, isAddress) = try host
            return isAddress ? IPAddress(host) : nil
        }
    }

    /// What libcurl makes of a URL: the `Host` header's value, and the target of its request line.
    ///
    /// - Parameter url: The endpoint's own, or that of one of its requests.
    /// - Throws: ``TransportError/Code/invalidValue`` when the URL is none that an endpoint can have.
    public static func parts(of url: String) throws(TransportError) -> (host: String, target: String) {
        // Neither grows: both are parts of it.
        let room = url.utf8.count + 64
        var host = [CChar](repeating: 0, count: room)
        var target = [CChar](repeating: 0, count: room)
        try check(fanfare_url_parts(url, &host, room, &target, room), wrongURL)
        return (text(host), text(target))
    }

    private static func text(_ buffer: [CChar]) -> String {
        String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private var host: (text: String, isAddress: Bool) {
        get throws(TransportError) {
            try validate()
            return try withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) {
                buffer throws(TransportError) -> (String, Bool) in
                guard let start = buffer.baseAddress else { return ("", false) }
                var isAddress = false
                if let proxy {
                    try check(fanfare_proxy_host(proxy.url, start, buffer.count, &isAddress), ForwardProxy.accepted)
                } else {
                    try check(fanfare_url_host(url, start, buffer.count, &isAddress), Self.wrongURL)
                }
                return (String(cString: start), isAddress)
            }
        }
    }

    static let wrongURL = "the URL must be one of http or https, without credentials, its host in ASCII (xn--…)"
}
