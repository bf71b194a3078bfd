import FanfarePayload
import NIOCore
import NIOHTTP1
import Testing

@testable import FanfareReceiver

/// The vector is that of the Standard Webhooks specification's own libraries.
@Suite struct StandardWebhooksCheckTests {
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private static let now: Int64 = 1_614_265_330
    private static let good: [(String, String)] = [
        ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
        ("webhook-timestamp", "1614265330"),
        ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    ]

    private func check(
        _ headers: [(String, String)],
        body: String = #"{"test": 2432232314}"#,
        now: Int64 = now
    ) throws -> SignatureCheck {
        let check = StandardWebhooksCheck(verifier: try WebhookVerifier(secrets: [Secret(Self.secret)]))
        let request = ReceivedRequest(
            method: .POST,
            target: "/",
            headers: HTTPHeaders(headers),
            body: ByteBuffer(string: body),
            arrival: .now,
            connection: 1,
            positionInConnection: 1
        )
        return check.check(request, now: now)
    }

    @Test func `a right and fresh signature is good`() throws {
        #expect(try check(Self.good) == .good)
    }

    @Test func `one good signature among several is enough, in one header or in two`() throws {
        let other = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
        var headers = Self.good
        headers[2].1 = other + " " + headers[2].1
        #expect(try check(headers) == .good)
        headers = Self.good + [("Webhook-Signature", other)]
        #expect(try check(headers) == .good)
    }

    @Test(arguments: 0..<3)
    func `a missing header is bad`(index: Int) throws {
        var headers = Self.good
        let name = headers.remove(at: index).0
        #expect(try check(headers) == .bad("no \(name)"))
    }

    @Test func `another body, an old time or another signature are bad`() throws {
        #expect(try check(Self.good, body: "{}") != .good)
        #expect(try check(Self.good, now: Self.now + 301) == .bad("the timestamp is too far from now"))
        var headers = Self.good
        headers[2].1 = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
        #expect(try check(headers) != .good)
    }

    @Test func `a secret that is none is refused`() {
        var settings = ListenSettings()
        #expect(throws: PayloadError.self) { try settings.checkSignatures(with: [Secret("swordfish")]) }
    }
}
