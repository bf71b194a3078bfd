internal import CDeliveryLoop

extension EndpointSettings {
    /// The name to look up before requests can be sent; nil when the host is an address.
    ///
    /// - Throws: ``TransportError/Code/invalidValue`` when the URL is none that an endpoint can have.
    public var hostName: String? {
        get throws(TransportError) {
            try validate()
            return try withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) {
                buffer throws(TransportError) -> String? in
                guard let start = buffer.baseAddress else { return nil }
                var isAddress = false
                try check(fanfare_url_host(url, start, buffer.count, &isAddress), Self.wrongURL)
                return isAddress ? nil : String(cString: start)
            }
        }
    }

    static let wrongURL = "the URL must be one of http or https, without credentials, its host in ASCII (xn--…)"
}
