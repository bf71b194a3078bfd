import Foundation
import Testing

@testable import FanfareServer

/// What callers give as values of a member.
@Suite struct MemberInputTests {
    private struct Body: Decodable { var value: MergeValue }

    private func value(_ json: String) throws -> String {
        try JSONDecoder().decode(Body.self, from: Data(#"{"value": \#(json)}"#.utf8)).value.text
    }

    @Test(arguments: [
        (#""Zoë""#, "Zoë"), (#""""#, ""), ("null", ""), ("0", "0"), ("-12", "-12"), ("1.5", "1.5"), ("1.0", "1"),
        ("1e3", "1000"), ("9007199254740993", "9007199254740993"), ("9223372036854775807", "9223372036854775807"),
        ("-9223372036854775808", "-9223372036854775808"), ("9223372036854775808", "9.223372036854776e+18"),
        ("1e300", "1e+300"), ("0.1", "0.1"),
        (#"{"city": "Paris", "addr1": "1 rue X", "zip": null}"#, #"{"addr1":"1 rue X","city":"Paris"}"#),
        (#"{"city": "", "zip": null}"#, ""), ("{}", ""),
    ])
    func `a merge field is a text, a number or an address`(json: String, text: String) throws {
        #expect(try value(json) == text)
    }

    @Test(arguments: ["true", "[]", #"["a"]"#, #"{"city": 1}"#, "1e400"])
    func `another is refused`(json: String) {
        #expect(throws: DecodingError.self) { try value(json) }
    }
}
