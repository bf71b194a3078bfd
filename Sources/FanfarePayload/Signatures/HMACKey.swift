/// A key of HMAC-SHA256 (RFC 2104), padded once.
///
/// One hash over padded key and message in a row costs half of what swift-crypto's HMAC does from a copied state, for
/// which the caller leaves room before the message.
package struct HMACKey: Sendable {
    /// The room needed before the message, in bytes.
    package static let roomLength = 64
    /// The length of a code, in bytes.
    package static let codeLength = 32

    private let inner: SIMD64<UInt8>
    private let outer: SIMD64<UInt8>

    /// - Parameter key: Of any length.
    package init(_ key: [UInt8]) {
        var block = SIMD64<UInt8>()
        let key = key.count > 64 ? Array(key.withUnsafeBytes { SHA256Sum($0) }) : key
        for (index, byte) in key.enumerated() { block[index] = byte }
        inner = block ^ SIMD64(repeating: 0x36)
        outer = block ^ SIMD64(repeating: 0x5C)
    }

    /// The code of a message.
    ///
    /// - Parameter room: ``roomLength`` bytes and then the message; the room is zero afterwards.
    package func code(ofMessageAfter room: UnsafeMutableRawBufferPointer) -> SHA256Sum {
        room.storeBytes(of: inner, as: SIMD64<UInt8>.self)
        let digest = SHA256Sum(UnsafeRawBufferPointer(room))
        room.storeBytes(of: SIMD64(repeating: 0), as: SIMD64<UInt8>.self)
        return withUnsafeTemporaryAllocation(byteCount: 96, alignment: 16) { block in
            block.storeBytes(of: outer, as: SIMD64<UInt8>.self)
            digest.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: block[64...]).copyMemory(from: $0) }
            let code = SHA256Sum(UnsafeRawBufferPointer(block))
            block.storeBytes(of: SIMD64(repeating: 0), as: SIMD64<UInt8>.self)
            return code
        }
    }
}
