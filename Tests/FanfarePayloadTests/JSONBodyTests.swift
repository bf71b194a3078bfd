import Crypto
import FanfarePayload
import Testing

@Suite struct `JSON bodies` {
    @Test func `hold the structure as written, with each contact's values`() throws {
        let template = try compile(
            .json(
                .object([
                    .init("to", .string("*|PHONE|*")),
                    .init("te\"xt", .string("Bonjour *|FNAME|*, à *|LNAME|*")),
                    .init("list", .array([.number("1.50"), .bool(true), .null, .object([])])),
                ])
            )
        )
        #expect(template.columns == [.field("PHONE"), .field("FNAME"), .field("LNAME")])
        let first = try #require(template.text([.field("PHONE"): "+33 6", .field("FNAME"): "Zoë \"Z\"\n"]))
        #expect(
            first.bodyText
                == #"{"to":"+33 6","te\"xt":"Bonjour Zoë \"Z\"\n, à friend","list":[1.50,true,null,{}]}"#
        )
        let second = try #require(template.text([.field("LNAME"): "B"]))
        #expect(second.bodyText == #"{"to":"","te\"xt":"Bonjour , à B","list":[1.50,true,null,{}]}"#)
    }

    @Test(arguments: [
        ("SCORE", "12", "12"), ("SCORE", "-1.5e3", "-1.5e3"), ("SCORE", nil, #""""#), ("SCORE", "inf", #""inf""#),
        ("SCORE", "1\",\"x\":\"", #""1\",\"x\":\"""#), ("SCORE", "012", #""012""#), ("SCORE", "+1", #""+1""#),
        ("POINTS", nil, "0"), ("LEVEL", nil, #""no \"level\"""#), ("LEVEL", "3", "3"), ("FNAME", "7", #""7""#),
    ])
    func `a string that is one tag of a number field is a number`(tag: String, value: String?, json: String) throws {
        let template = try compile(json: "*|\(tag)|*")
        #expect(template.text(value.map { [.field(tag): $0] } ?? [:])?.bodyText == json)
    }

    @Test func `the digest is the first half of a quarter of SHA-256`() throws {
        let request = try #require(try compile(json: "*|FNAME|*").text([.field("FNAME"): "a"]))
        let digest = Array(SHA256.hash(data: Array(#""a""#.utf8)))
        #expect(request.bodyDigest == digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }

    @Test func `many requests lie in one buffer, whatever its first size`() throws {
        let template = try compile(
            url: "https://x.example/*|FNAME|*",
            .json(.string("*|FNAME|*")),
            signing: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
        )
        var buffer = RequestBuffer(capacity: 1)
        var requests: [RenderedRequest] = []
        for number in 0..<300 {
            let outcome = template.render([.field("FNAME"): Array("n\(number)".utf8)], into: &buffer)
            guard case .rendered(let request) = outcome else { continue }
            requests.append(request)
        }
        for (number, request) in requests.enumerated() {
            let alone = template.text([.field("FNAME"): "n\(number)"])
            #expect(buffer.text(of: request) == alone)
            #expect(alone?.url == "https://x.example/n\(number)")
            #expect(request.url.map { buffer.bytes[$0.upperBound] } == 0)
        }
        #expect(requests.count == 300)
    }
}
