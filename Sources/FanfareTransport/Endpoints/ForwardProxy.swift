import CDeliveryLoop

/// A forward proxy: what all connections go through, and what then decides which addresses may be reached.
public struct ForwardProxy: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// `http://`, a host and a port; no credentials.
    public var url: String
    /// Whom the proxy knows the sender as.
    public var username: String?
    /// The user's password.
    public var password: String?

    static let accepted = "a proxy is http://HOST:PORT"

    /// - Parameters:
    ///   - url: `http://`, a host and a port, without credentials.
    ///   - username: Whom the proxy knows the sender as.
    ///   - password: The user's password.
    /// - Throws: ``TransportError/Code/invalidValue`` when the URL is none of a proxy.
    public init(url: String, username: String? = nil, password: String? = nil) throws(TransportError) {
        self.url = url
        self.username = username
        self.password = password
        guard Self.isProxy(url) else {
            // Not the URL itself: it may hold a password.
            throw TransportError(code: .invalidValue, message: "the proxy\'s URL is not accepted; \(Self.accepted)")
        }
    }

    /// A proxy whose URL is checked when the endpoint is added to a loop.
    ///
    /// - Parameters: see the properties; `url` is ``url``.
    public init(unchecked url: String, username: String? = nil, password: String? = nil) {
        self.url = url
        self.username = username
        self.password = password
    }

    /// Reads `http://USER:PASSWORD@HOST:PORT`, the user percent-encoded where need be.
    ///
    /// - Throws: ``TransportError/Code/invalidValue``; the message does not repeat the text.
    public init(parsing text: String) throws(TransportError) {
        guard let scheme = text.firstRange(of: "://"), let at = text.lastIndex(of: "@"), at > scheme.upperBound else {
            try self.init(url: text)
            return
        }
        let user = text[scheme.upperBound..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let parts = user.map { Self.decoded($0) }
        guard parts.allSatisfy({ $0 != nil }), let name = parts[0], !name.isEmpty else {
            throw TransportError(code: .invalidValue, message: "the proxy\'s user name or password is malformed")
        }
        try self.init(
            url: String(text[..<scheme.upperBound] + text[text.index(after: at)...]),
            username: name,
            password: parts.count == 2 ? parts[1] : nil
        )
    }

    /// Scheme, host and port.
    public var description: String { url }
    /// Discloses nothing beyond the description.
    public var customMirror: Mirror { Mirror(self, children: ["url": url]) }

    /// The name to look up; nil when the URL holds an address, or is none of a proxy.
    public var hostName: String? {
        guard let host = Self.host(of: url), !host.isAddress else { return nil }
        return host.text
    }

    private static func isProxy(_ url: String) -> Bool {
        // A path would say that more is meant than a proxy can do.
        let host = url.firstRange(of: "://").map { url[$0.upperBound...] } ?? ""
        let hasPath = host.drop { $0 != "/" }.count > 1 || host.contains("?") || host.contains("#")
        if url.utf8.contains(0) || hasPath { return false }
        return Self.host(of: url) != nil
    }

    private static func host(of url: String) -> (text: String, isAddress: Bool)? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let start = buffer.baseAddress else { return nil }
            var isAddress = false
            guard fanfare_proxy_host(url, start, buffer.count, &isAddress) == .ok else { return nil }
            return (String(cString: start), isAddress)
        }
    }

    /// Percent-decoded; nil: malformed.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte != UInt8(ascii: "%") {
                bytes.append(byte)
                continue
            }
            guard let pair = String(rest.prefix(2)), pair.utf8.count == 2, let value = UInt8(pair, radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
