private import CDigest

/// The SHA-256 (FIPS 180-4) of some bytes, for the delivery path, where four are made for each request.
///
/// From OpenSSL: a hash of swift-crypto's is an object, whose making, exclusivity and end take as long as hashing a
/// hundred bytes does.
package struct SHA256Sum: RandomAccessCollection, Sendable {
    private var bytes = SIMD32<UInt8>()

    package init(_ message: UnsafeRawBufferPointer) {
        Swift.withUnsafeMutableBytes(of: &bytes) { digest in
            guard let start = digest.baseAddress else { return }
            fanfare_sha256(message.baseAddress, message.count, start.assumingMemoryBound(to: UInt8.self))
        }
    }

    package var startIndex: Int { 0 }
    package var endIndex: Int { 32 }
    package subscript(index: Int) -> UInt8 { bytes[index] }

    package func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try Swift.withUnsafeBytes(of: bytes, body)
    }
}
