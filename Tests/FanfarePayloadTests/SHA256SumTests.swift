import Crypto
import Testing

@testable import FanfarePayload

/// Beside swift-crypto's, which the delivery path does without.
@Suite("SHA-256 of the delivery path")
struct SHA256SumTests {
    @Test("hashes what there is, also nothing")
    func hashes() {
        #expect(Array(SHA256Sum(UnsafeRawBufferPointer(start: nil, count: 0))) == Array(SHA256.hash(data: [UInt8]())))
        for length in [0, 1, 55, 56, 63, 64, 65, 270, 100_000] {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let sum = bytes.withUnsafeBytes { SHA256Sum($0) }
            #expect(Array(sum) == Array(SHA256.hash(data: bytes)), "of \(length) bytes")
            #expect(sum.withUnsafeBytes { Array($0) } == Array(sum))
        }
    }

    @Test("an HMAC's key of any length is padded or hashed", arguments: [0, 1, 32, 63, 64, 65, 200])
    func keys(length: Int) {
        let key = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let message = Array("1700000000.{}".utf8)
        var room = [UInt8](repeating: 0, count: HMACKey.roomLength) + message
        let code = room.withUnsafeMutableBytes { HMACKey(key).code(ofMessageAfter: $0) }
        #expect(
            Array(code) == Array(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key)))
        )
        #expect(room.prefix(HMACKey.roomLength).allSatisfy { $0 == 0 }, "the key stays")
    }
}
