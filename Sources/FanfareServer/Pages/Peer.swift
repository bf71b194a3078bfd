import Glibc
import HTTPTypes
import Hummingbird

/// Where a request comes from.
struct Peer {
    /// As the system writes it; nil: not known.
    let address: String?
    /// What is counted as one: an IPv4 address, or the 64 bits of a network that one household has in IPv6.
    let network: String

    /// - Parameter isBehindProxy: Whether the last address of `X-Forwarded-For` is whom a proxy of the operator's saw.
    init(_ request: Request, _ context: APIContext, isBehindProxy: Bool) {
        var text = context.peer
        if isBehindProxy, let name = HTTPField.Name("X-Forwarded-For"),
            let last = request.headers[values: name].last?.split(separator: ",").last
        {
            text = String(last.filter { $0 != " " })
        }
        self.init(text)
    }

    init(_ text: String) {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            (address, network) = (text, text)
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            address = text
            network = withUnsafeBytes(of: six) { bytes in bytes.prefix(8).map { String($0, radix: 16) } }
                .joined(separator: ":")
        } else {
            (address, network) = (nil, "elsewhere")
        }
    }
}
