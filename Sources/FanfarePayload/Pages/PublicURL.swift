/// Where hosted pages are reached from outside: the address of `fanfare serve`, or of the proxy before it.
public struct PublicURL: Sendable, Hashable, CustomStringConvertible {
    /// What is accepted, for messages.
    public static let accepted =
        "a URL as https://news.example.com or http://HOST:PORT/PATH, without user, query or fragment"
    private static let longest = 500

    /// As it was given, without a slash at its end.
    public let text: String

    /// - Returns: Nil unless the text is a URL of http or https with a host, and nothing behind its path.
    public init?(_ text: String) {
        var text = text
        while text.hasSuffix("/") { text.removeLast() }
        let schemes = ["https://", "http://"]
        guard text.utf8.count <= Self.longest, text.utf8.allSatisfy(\.isURLCharacter),
            let scheme = schemes.first(where: { text.lowercased().hasPrefix($0) }),
            !text.contains(where: { "?#@\\".contains($0) })
        else { return nil }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" }
        guard Self.isAuthority(authority) else { return nil }
        let path = rest.dropFirst(authority.count)
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard segments.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else { return nil }
        self.text = text
    }

    /// A host and perhaps a port; an IPv6 address stands in brackets.
    private static func isAuthority(_ text: Substring) -> Bool {
        let isBracketed = text.hasPrefix("[")
        let end = isBracketed ? text.firstIndex(of: "]").map { text.index(after: $0) } : text.firstIndex(of: ":")
        if isBracketed, end == nil { return false }
        let host = text[..<(end ?? text.endIndex)]
        let port = text[(end ?? text.endIndex)...]
        let accepted: (UInt8) -> Bool =
            isBracketed
            ? { hexValue($0) != nil || ":[].".utf8.contains($0) }
            : { $0.isASCIILetterOrDigit || "-._".utf8.contains($0) }
        guard !host.isEmpty, host.utf8.allSatisfy(accepted) else { return false }
        if port.isEmpty { return true }
        guard port.hasPrefix(":"), let number = Int(port.dropFirst()) else { return false }
        return (1...65_535).contains(number)
    }

    /// Whether nobody on the way can read along.
    public var isSecure: Bool { text.lowercased().hasPrefix("https:") }

    /// The sign-up page of an audience.
    ///
    /// - Parameter audience: The audience's id.
    public func signUp(to audience: String) -> String { "\(text)/subscribe/\(audience)" }

    /// A page of a contact's own.
    ///
    /// - Parameters:
    ///   - page: Which.
    ///   - token: See ``PageToken``.
    public func page(_ page: ContactPage, token: String) -> String { "\(text)/\(page.path)/\(token)" }

    /// The URL.
    public var description: String { text }
}
