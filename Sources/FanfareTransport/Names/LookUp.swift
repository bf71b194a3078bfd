import Glibc

/// How a name becomes addresses; blocks its thread as long as it likes.
public struct LookUp: Sendable {
    let body: @Sendable (String) -> Result<[IPAddress], NameFailure>

    /// - Parameter body: Called on a resolver's thread.
    public init(_ body: @escaping @Sendable (String) -> Result<[IPAddress], NameFailure>) { self.body = body }

    /// Looks a name up, on the calling thread.
    public func callAsFunction(_ host: String) -> Result<[IPAddress], NameFailure> { body(host) }

    /// The system's `getaddrinfo`.
    public static let system = LookUp { host in
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else { return .failure(failure(code)) }
        defer { freeaddrinfo(list) }
        let addresses = addresses(in: list)
        return addresses.isEmpty ? .failure(failure(EAI_NONAME)) : .success(addresses)
    }

    private static func failure(_ code: Int32) -> NameFailure {
        let message = code == EAI_SYSTEM ? errorText(errno) : String(cString: gai_strerror(code))
        return NameFailure(code: code, message: message)
    }

    private static func addresses(in list: UnsafeMutablePointer<addrinfo>?) -> [IPAddress] {
        var found: [IPAddress] = []
        var next = list
        while let entry = next?.pointee {
            if let address = entry.ai_addr.flatMap(address), !found.contains(address) { found.append(address) }
            next = entry.ai_next
        }
        return found
    }

    private static func address(_ pointer: UnsafeMutablePointer<sockaddr>) -> IPAddress? {
        switch Int32(pointer.pointee.sa_family) {
        case AF_INET:
            pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                withUnsafeBytes(of: $0.pointee.sin_addr) { IPAddress(bytes: Array($0)) }
            }
        case AF_INET6:
            pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                withUnsafeBytes(of: $0.pointee.sin6_addr) { IPAddress(bytes: Array($0)) }
            }
        default: nil
        }
    }
}
