import Fanfare

/// Where metrics or the HTTP interface are offered: a port of 127.0.0.1, or of an address that is given.
struct MetricsAddress: Sendable, Hashable, CustomStringConvertible {
    static let accepted = "a port such as 9464, or an address and a port such as 0.0.0.0:9464 or [::1]:9464"

    let host: String
    /// 0: any free one.
    let port: Int

    /// - Returns: Nil for what is neither.
    init?(_ text: String) {
        var host = "127.0.0.1"
        var port = text[...]
        if let colon = text.lastIndex(of: ":") {
            host = String(text[..<colon])
            port = text[text.index(after: colon)...]
            if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
            // An IPv6 address without its brackets would lose its last part to the port.
            guard let address = IPAddress(host), address.isIPv6 == text.hasPrefix("[") else { return nil }
        }
        guard !port.isEmpty, port.utf8.allSatisfy({ (48...57).contains($0) }), let number = UInt16(port) else {
            return nil
        }
        self.host = host
        self.port = Int(number)
    }

    /// Whether only this machine reaches it.
    var isLoopback: Bool { host.hasPrefix("127.") || host == "::1" }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
