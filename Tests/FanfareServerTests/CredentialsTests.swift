import Foundation
import Testing

@testable import FanfareServer

/// What a request may prove itself by.
@Suite struct CredentialsTests {
    @Test(arguments: [
        ("Bearer key-1", "key-1"), ("bearer key-1", "key-1"), ("OAUTH key-1", "key-1"),
        ("  Bearer   key-1 \t", "key-1"),
        ("Bearer \u{A0}key 1\u{3000}", "key 1"), ("Bearer  ", ""), ("Basic dXNlcjprZXktMQ==", "key-1"),
        ("BASIC  OmE=", "a"), ("Basic YTpiOmM=", "b:c"), ("Basic YTo=", ""), ("Basic YTpi/w==", "b\u{FFFD}"),
        // With more padding than is due.
        ("Basic YTpi=", "b"), ("Basic YTpi==", "b"),
    ])
    func `a key is found`(header: String, key: String) { #expect(Credentials.key(in: header) == key) }

    @Test(arguments: [
        "", " ", "Bearer", "Bearer ", "Basic", "Basic  ", "Digest abc", "Bearerkey-1", "\tBearer key-1", "Basic YWJj",
        "Basic YTpi!", "Basic YTp", "Basic YTo", "Basic YT pi", "Basic YTpi\u{E9}", "Basic -_-_",
        "B\u{45}arer\u{301} k",
    ])
    func `what is none has no key`(header: String) { #expect(Credentials.key(in: header) == nil) }

    @Test func `base64 is what Foundation takes it for`() {
        var generator = SystemRandomNumberGenerator()
        let characters = Array("ABCabcxyz0189+/==-_ \n\u{E9}")
        for _ in 0..<20_000 {
            let length = Int.random(in: 0...12, using: &generator)
            let text = String((0..<length).map { _ in characters.randomElement(using: &generator) ?? "A" })
            #expect(
                Credentials.bytes(ofBase64: text[...]) == Data(base64Encoded: text).map { Array($0) },
                "\(text.debugDescription)"
            )
        }
        for count in 0..<100 {
            let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            #expect(Credentials.bytes(ofBase64: Data(bytes).base64EncodedString()[...]) == bytes)
        }
    }
}
