import Crypto
import FanfarePayload
import Foundation
import Testing

@Suite struct `Standard Webhooks signatures` {
    private let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    private func expectedV1(_ secret: String, _ body: [UInt8]) throws -> String {
        let key = try #require(Data(base64Encoded: String(secret.dropFirst(6))))
        let content = Data("\(someID).\(someTime).".utf8) + body
        let code = HMAC<SHA256>.authenticationCode(for: content, using: SymmetricKey(data: key))
        return "v1,\(Data(code).base64EncodedString())"
    }

    @Test func `headers name delivery, time and signature`() throws {
        let template = try compile(.json(.string("*|FNAME|*")), signing: [secret])
        let request = try #require(template.text([.field("FNAME"): "Ann"]))
        #expect(
            request.headers == [
                "webhook-id: \(someID)", "webhook-timestamp: 1718000000",
                "webhook-signature: \(try expectedV1(secret, request.body))",
            ]
        )
    }

    @Test(arguments: [24, 32, 63, 64])
    func `keys of any length that the specification allows`(length: Int) throws {
        let key = (0..<length).map { UInt8($0 * 3 + 1) }
        let secret = "whsec_" + Data(key).base64EncodedString()
        for size in [0, 1, 55, 56, 64, 1000] {
            let template = try compile(.raw("*|FNAME|*", contentType: nil), signing: [secret])
            let request = try #require(template.text([.field("FNAME"): String(repeating: "x", count: size)]))
            #expect(request.header("webhook-signature") == (try expectedV1(secret, request.body)))
        }
    }

    @Test func `several secrets sign in their order`() throws {
        let other = "whsec_" + Data((0..<40).map { UInt8($0) }).base64EncodedString()
        let template = try compile(.json(.string("x")), signing: [other, secret])
        let request = try #require(template.text())
        let both = try [expectedV1(other, request.body), expectedV1(secret, request.body)]
        #expect(request.header("webhook-signature") == both.joined(separator: " "))
    }

    @Test func `an unsigned webhook says its id alone`() throws {
        #expect(try compile(.json(.null)).text()?.headers == ["webhook-id: \(someID)"])
    }

    @Test func `key material does not stay in the buffer`() throws {
        let template = try compile(.json(.null), signing: [secret])
        var buffer = RequestBuffer()
        _ = template.render([:], into: &buffer)
        let key = try #require(Data(base64Encoded: String(secret.dropFirst(6))))
        for pad in [0, 0x36, 0x5C] as [UInt8] {
            #expect(Data(buffer.bytes).range(of: Data(key.prefix(8).map { $0 ^ pad })) == nil)
        }
    }
}
