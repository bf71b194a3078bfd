import CDeliveryLoop

/// Which addresses may be connected to: public ones, and ranges the operator has opened.
///
/// Loopback, private, link-local, carrier-shared, unique local, multicast and reserved ranges and the IPv6 forms that
/// carry an IPv4 address (mapped, NAT64, 6to4, Teredo) are closed by themselves.
public struct EgressPolicy: Sendable, Hashable {
    /// A range of addresses in CIDR notation.
    public struct Network: Sendable, Hashable, CustomStringConvertible {
        /// The first address.
        public let address: IPAddress
        /// How many leading bits name the range: 0 … 32 or 0 … 128.
        public let prefixLength: Int

        /// Reads `10.0.0.0/8`, `fd00::/8`, or a single address.
        ///
        /// - Throws: ``TransportError/Code/invalidValue`` with what is wrong and what is accepted.
        public init(_ text: String) throws(TransportError) {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count <= 2, let address = IPAddress(parts[0]) else {
                throw Self.malformed(text, "it is not an address like 10.0.0.0/8 or fd00::/8")
            }
            let bits = address.bytes.count * 8
            var length = bits
            if parts.count == 2 {
                guard let given = Self.number(parts[1]), given <= bits else {
                    throw Self.malformed(text, "the prefix length must be 0 … \(bits)")
                }
                length = given
            }
            guard Self.hasNoBits(address.bytes, past: length) else {
                throw Self.malformed(text, "it has bits set past the prefix length")
            }
            self.address = address
            self.prefixLength = length
        }

        /// `10.0.0.0/8`.
        public var description: String { "\(address)/\(prefixLength)" }

        /// Whether every address of another range is one of this.
        public func covers(_ other: Network) -> Bool {
            guard address.isIPv6 == other.address.isIPv6, prefixLength <= other.prefixLength else { return false }
            let differing = zip(address.bytes, other.address.bytes).map { $0 ^ $1 }
            return differing.enumerated().allSatisfy { index, bits in
                let compared = min(max(prefixLength - index * 8, 0), 8)
                return bits >> (8 - compared) == 0
            }
        }

        var range: AddressRange {
            var range = AddressRange()
            withUnsafeMutableBytes(of: &range.address) { $0.copyBytes(from: address.bytes) }
            range.prefix = UInt8(prefixLength)
            range.isIPv6 = address.isIPv6
            return range
        }

        private static func number(_ text: Substring) -> Int? {
            guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            return Int(text)
        }

        private static func hasNoBits(_ bytes: [UInt8], past length: Int) -> Bool {
            bytes.indices.allSatisfy { index in
                let kept = min(max(length - index * 8, 0), 8)
                return kept == 8 || bytes[index] << kept == 0
            }
        }

        private static func malformed(_ text: String, _ reason: String) -> TransportError {
            TransportError(code: .invalidValue, message: "network \"\(text)\": \(reason)")
        }
    }

    /// The ranges the operator has opened.
    public var allowed: [Network]

    /// - Parameter allowed: The ranges that are open although they are not public.
    public init(allowed: [Network] = []) { self.allowed = allowed }

    /// Whether a connection to the address may be made.
    public func permits(_ address: IPAddress) -> Bool {
        let ranges = allowed.map(\.range)
        return ranges.withUnsafeBufferPointer {
            fanfare_egress_permits($0.baseAddress, $0.count, address.bytes, address.isIPv6)
        }
    }

    /// Whether connections to all addresses of a range may be made, as far as ranges that are open tell, or its only one
    /// may be.
    public func permits(_ network: Network) -> Bool {
        if network.prefixLength == network.address.bytes.count * 8 { return permits(network.address) }
        return allowed.contains { $0.covers(network) }
    }
}
