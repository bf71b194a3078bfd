import Crypto
import FanfarePayload
import FanfareStore

/// The addresses that are never contacted again, as they were at one moment: keyed hashes, held against those of others.
///
/// An address is known by HMAC-SHA256 of itself in folded case, under a key derived from the key file: the list alone
/// tells nobody who is on it, nor lets anybody try guesses. Any thread; looking one up allocates nothing.
public final class SuppressedAddresses: Sendable {
    /// Bytes of a hash that are kept.
    static let hashLength = 16

    private let key: HMACKey
    /// The first eight bytes of each hash: two addresses in 10^13 would share them in a list of a million.
    private let hashes: Set<UInt64>

    init(_ key: HMACKey, _ hashes: Set<UInt64>) {
        self.key = key
        self.hashes = hashes
    }

    /// The key of hashes.
    ///
    /// - Parameter sealingKey: The bytes of the key file.
    static func key(from sealingKey: [UInt8]) -> HMACKey {
        let purpose = Array("fanfare suppression 1".utf8)
        return HMACKey(Array(HMAC<SHA256>.authenticationCode(for: purpose, using: SymmetricKey(data: sealingKey))))
    }

    /// - Parameter address: Folded.
    static func hash(_ address: UnsafeRawBufferPointer, _ key: HMACKey) -> SHA256Sum {
        let count = HMACKey.roomLength + address.count
        return withUnsafeTemporaryAllocation(byteCount: count, alignment: 64) { buffer in
            UnsafeMutableRawBufferPointer(rebasing: buffer[HMACKey.roomLength...]).copyMemory(from: address)
            return key.code(ofMessageAfter: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    static func prefix(of hash: some Sequence<UInt8>) -> UInt64 {
        var value: UInt64 = 0
        for byte in hash.prefix(8) { value = value << 8 | UInt64(byte) }
        return value
    }

    /// Whether an address is one of them.
    ///
    /// - Parameter address: Folded, as an audience keeps it beside the spelling.
    public func contains(folded address: UnsafeRawBufferPointer) -> Bool {
        let prefix = Self.hash(address, key).withUnsafeBytes {
            UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self))
        }
        return hashes.contains(prefix)
    }

    /// Whether an address is one of them, however it is spelled.
    ///
    /// - Throws: ``AudienceError`` when the C library has no C.UTF-8 locale.
    public func contains(_ address: String) throws -> Bool {
        let bytes = Array(try folded(address).utf8)
        return bytes.withUnsafeBytes { contains(folded: $0) }
    }
}
