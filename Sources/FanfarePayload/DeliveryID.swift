import Crypto

/// What a receiver knows one delivery by: sent as `webhook-id`, the same whenever the delivery is repeated.
///
/// Its text is `msg_` and 26 characters of base 32 (RFC 4648 alphabet in lower case, no padding): 128 bits.
public struct DeliveryID: Sendable, Hashable, CustomStringConvertible {
    /// The length of the text in bytes.
    public static let textLength = 30

    /// The 128 bits.
    public let high: UInt64
    /// The lower half of them.
    public let low: UInt64

    /// - Parameters:
    ///   - high: The upper 64 bits.
    ///   - low: The lower 64 bits.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The id of a request that no ledger knows, different each time: its text begins with `msg_test`, as that of one
    /// delivery in a million does too.
    public static func trial() -> DeliveryID {
        // The letters t, e, s, t in base 32, five bits each.
        let mark: UInt64 = 19 << 15 | 4 << 10 | 18 << 5 | 19
        return DeliveryID(high: mark << 44 | UInt64.random(in: .min ... .max) >> 20, low: .random(in: .min ... .max))
    }

    /// Writes the text, ``textLength`` bytes, without a NUL.
    ///
    /// - Parameter start: Room for as many bytes.
    @inline(__always)
    public func write(into start: UnsafeMutableRawPointer) {
        let output = start.assumingMemoryBound(to: UInt8.self)
        output[0] = UInt8(ascii: "m")
        output[1] = UInt8(ascii: "s")
        output[2] = UInt8(ascii: "g")
        output[3] = UInt8(ascii: "_")
        Base32.write(high, low, into: output + 4)
    }

    /// The text.
    ///
    /// Allocates: for people, not for the delivery path.
    public var description: String {
        String(unsafeUninitializedCapacity: Self.textLength) { buffer in
            guard let start = buffer.baseAddress else { return 0 }
            write(into: UnsafeMutableRawPointer(start))
            return Self.textLength
        }
    }
}

/// Makes the ids of one run of a fan-out: a pure function of installation, fan-out, run number and contact.
public struct DeliveryIDSeries: Sendable {
    private let seed: (UInt64, UInt64, UInt64, UInt64)

    /// - Parameters:
    ///   - installation: The installation's own random id.
    ///   - fanOut: The fan-out's id; unique within the installation.
    ///   - run: The run number; another one makes other ids.
    public init(installation: String, fanOut: String, run: Int) {
        var hasher = SHA256()
        // Lengths go before the texts, so that no two different pairs hash alike.
        hasher.update(data: Array("fanfare delivery 1\0".utf8))
        for text in [installation, fanOut] {
            hasher.update(data: withUnsafeBytes(of: UInt64(text.utf8.count).bigEndian) { Array($0) })
            hasher.update(data: Array(text.utf8))
        }
        hasher.update(data: withUnsafeBytes(of: Int64(run).bigEndian) { Array($0) })
        seed = hasher.finalize().withUnsafeBytes { digest in
            (
                digest.loadUnaligned(as: UInt64.self), digest.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
                digest.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
                digest.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
            )
        }
    }

    /// The id of the delivery to a contact.
    ///
    /// - Parameter contact: The contact's internal key.
    public func id(contact: Int64) -> DeliveryID {
        let message = (seed.0, seed.1, seed.2, seed.3, contact.bigEndian)
        return withUnsafeBytes(of: message) { bytes in
            SHA256Sum(bytes).withUnsafeBytes { digest in
                DeliveryID(
                    high: UInt64(bigEndian: digest.loadUnaligned(as: UInt64.self)),
                    low: UInt64(bigEndian: digest.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                )
            }
        }
    }
}
