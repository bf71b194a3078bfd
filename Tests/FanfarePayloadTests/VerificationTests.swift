import Crypto
import FanfarePayload
import Foundation
import Testing

@Suite struct `Verification` {
    private let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private let seed = [UInt8](0..<32)
    private var privateSecret: String { "whsk_" + Data(seed).base64EncodedString() }

    private func publicKey() throws -> Data {
        try Curve25519.Signing.PrivateKey(rawRepresentation: seed).publicKey.rawRepresentation
    }

    private func check(
        _ request: RenderedText,
        secrets: [String],
        now: Int64 = someTime,
        id: String = someID.description,
        body: [UInt8]? = nil,
        signature: String? = nil
    ) throws -> SignatureVerdict {
        let verifier = try WebhookVerifier(secrets: secrets.map { Secret($0) })
        return (body ?? request.body).withUnsafeBytes {
            verifier.verify(
                id: id,
                timestamp: request.header("webhook-timestamp") ?? "",
                signature: signature ?? request.header("webhook-signature") ?? "",
                body: $0,
                now: now
            )
        }
    }

    /// The specification's own example.
    @Test func `accepts the example of the specification`() throws {
        let verifier = try WebhookVerifier(secrets: [Secret(secret)])
        let verdict = Array(#"{"test": 2432232314}"#.utf8).withUnsafeBytes {
            verifier.verify(
                id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
                timestamp: "1614265330",
                signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
                body: $0,
                now: 1_614_265_330
            )
        }
        #expect(verdict == .valid)
    }

    @Test func `accepts what any of the keys signed`() throws {
        let other = "whsec_" + Data((50..<80).map { UInt8($0) }).base64EncodedString()
        let full = "whsk_" + Data(seed + Array(try publicKey())).base64EncodedString()
        let publicSecret = "whpk_" + (try publicKey()).base64EncodedString()
        for signing in [
            [secret], [privateSecret], [full], [secret, other], [other, privateSecret], [privateSecret, secret],
        ] {
            let request = try #require(
                try compile(.json(.string("*|FNAME|*")), signing: signing).text([.field("FNAME"): "é"])
            )
            for known in [[secret], [publicSecret], [privateSecret], [other, publicSecret], [other]] {
                let aliases = [privateSecret: "p", full: "p", publicSecret: "p"]
                let shared = Set(signing.map { aliases[$0] ?? $0 }).intersection(known.map { aliases[$0] ?? $0 })
                #expect(try (check(request, secrets: known) == .valid) == !shared.isEmpty)
            }
        }
    }

    @Test func `refuses whatever was changed`() throws {
        for signing in [secret, privateSecret] {
            let request = try #require(try compile(.json(.string("a")), signing: [signing]).text())
            #expect(try check(request, secrets: [signing]) == .valid)
            #expect(try check(request, secrets: [signing], id: "msg_x") == .wrongSignature)
            #expect(try check(request, secrets: [signing], body: Array("\"b\"".utf8)) == .wrongSignature)
            #expect(try check(request, secrets: [signing], body: request.body + [0x20]) == .wrongSignature)
            #expect(try check(request, secrets: [signing], id: "") == .malformed)
            for bad in ["", "v1", "v1,", "v1,!", "x", "v9,AAAA"] {
                #expect(try check(request, secrets: [signing], signature: bad) == .malformed)
            }
            #expect(try check(request, secrets: [signing], signature: "v1,AAAA v1a,AAAA") == .wrongSignature)
            let right = try #require(request.header("webhook-signature"))
            #expect(try check(request, secrets: [signing], signature: "v9,AAAA \(right)") == .valid)
        }
    }

    @Test(
        arguments: [(0, true), (300, true), (301, false), (-300, true), (-301, false), (Int64.max - someTime, false)]
            as [(Int64, Bool)]
    )
    func `refuses what is old or early`(age: Int64, isValid: Bool) throws {
        let request = try #require(try compile(.none, signing: [secret]).text())
        #expect(try check(request, secrets: [secret], now: someTime + age) == (isValid ? .valid : .outsideTolerance))
    }

    @Test(arguments: ["", "-1718000000", "1718000000 ", "0x1", "99999999999999999999", "１"])
    func `refuses a time that is none`(timestamp: String) throws {
        let verifier = try WebhookVerifier(secrets: [Secret(secret)])
        let verdict = verifier.verify(
            id: "a",
            timestamp: timestamp,
            signature: "v1,AAAA",
            body: .init(start: nil, count: 0),
            now: 0
        )
        #expect(verdict == .malformed)
    }

    @Test func `refuses malformed secrets and prints none`() throws {
        #expect(throws: PayloadError.self) { try WebhookVerifier(secrets: [Secret("hunter2")]) }
        var dumped = ""
        dump(try WebhookVerifier(secrets: [Secret(secret)]), to: &dumped)
        dump(MailchimpSignature(secret: Secret("hunter2")), to: &dumped)
        #expect(dumped == "- [secret]\n- [secret]\n")
    }
}

@Suite struct `Mailchimp signatures` {
    private let signer = MailchimpSignature(secret: Secret("testsecret"))
    private static let unsubscribe =
        "type=unsubscribe&fired_at=2014-10-22+13%3A10%3A40&data%5Baction%5D=unsub&data%5Breason%5D=manual"
        + "&data%5Bid%5D=94826aa750&data%5Bemail%5D=josh%40example.com&data%5Bemail_type%5D=html"
        + "&data%5Bip_opt%5D=82.225.169.220&data%5Bweb_id%5D=203740265"
        + "&data%5Bmerges%5D%5BEMAIL%5D=josh%40example.com&data%5Bmerges%5D%5BFNAME%5D=Joshua"
        + "&data%5Bmerges%5D%5BLNAME%5D=Beemster&data%5Blist_id%5D=f1243a3b12"
    private static let upemail =
        "type=upemail&fired_at=2026-01-02+03%3A04%3A05&data%5Blist_id%5D=a6b5da1054&data%5Bnew_id%5D=51da8c3259"
        + "&data%5Bnew_email%5D=new%40example.com&data%5Bold_email%5D=old%40example.com"

    @Test(arguments: [
        (unsubscribe, 388, "1d2288016cddd022a2ca652be1e7939d4714e205ee01f8243c980c616a6c5386"),
        (upemail, 178, "93872258ede38a17b561dece92397b045cad9c42b61b92536e3c67f1a6e186bb"),
    ])
    func `are those of the known vectors`(body: String, length: Int, code: String) {
        #expect(body.utf8.count == length)
        let header = Array(body.utf8).withUnsafeBytes { signer.header(for: $0, unixTime: someTime) }
        #expect(header == "t=1718000000,v1=\(code)")
    }

    @Test(
        arguments: [
            ("t=1718000000,v1=CODE", 0, .valid), ("t=1718000000, v1=CODE", 300, .valid),
            ("v1=CODE,t=1718000000", -300, .valid),
            ("t=1718000000,v1=00,v1=CODE", 0, .valid), ("t=1718000000,v1=CODE", 301, .outsideTolerance),
            ("t=1718000000,v1=CODE", -301, .outsideTolerance), ("t=1718000001,v1=CODE", 0, .wrongSignature),
            ("t=1718000000,v1=", 0, .wrongSignature), ("t=1718000000", 0, .malformed), ("v1=CODE", 0, .malformed),
            ("t=x,v1=CODE", 0, .malformed), ("", 0, .malformed), ("t=1718000000,v1=CODE0", 0, .wrongSignature),
        ] as [(String, Int64, SignatureVerdict)]
    )
    func `are verified`(header: String, age: Int64, verdict: SignatureVerdict) {
        let code = "93872258ede38a17b561dece92397b045cad9c42b61b92536e3c67f1a6e186bb"
        let received = header.replacingOccurrences(of: "CODE", with: code)
        let found = Array(Self.upemail.utf8).withUnsafeBytes { signer.verify(received, body: $0, now: someTime + age) }
        #expect(found == verdict)
        let other = Array((Self.upemail + "&").utf8).withUnsafeBytes {
            signer.verify(received, body: $0, now: someTime + age)
        }
        #expect(other != .valid)
    }
}
