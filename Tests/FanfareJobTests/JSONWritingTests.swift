import FanfareJob
import Foundation
import Testing

/// How values are written as JSON that is YAML too.
struct JSONWritingTests {
    @Test(arguments: [
        ("", ""), ("plain", "plain"), ("a\"b\\c/d", #"a\"b\\c/d"#), ("\n\r\t\r\n", #"\n\r\t\r\n"#),
        ("\u{0}\u{8}\u{C}\u{1F} \u{7F}", #"\u0000\u0008\u000c\u001f \u007f"#),
        ("~\u{80}\u{85}\u{9F}\u{A0}é", "~\\u0080\\u0085\\u009f\u{A0}é"),
        ("\u{2027}\u{2028}\u{2029}\u{202A}", "\u{2027}\\u2028\\u2029\u{202A}"),
        ("\u{FEFE}\u{FEFF}\u{FF00}", "\u{FEFE}\\ufeff\u{FF00}"), ("\u{FFFD}\u{FFFE}\u{FFFF}", "\u{FFFD}\\ufffe\\uffff"),
        ("\u{20A8}\u{E0A8}\u{D7FF}\u{E000}", "\u{20A8}\u{E0A8}\u{D7FF}\u{E000}"),
        ("🎉\u{10000}\u{10FFFF}\u{1FFFE}", "🎉\u{10000}\u{10FFFF}\u{1FFFE}"),
        ("e\u{301}\"\u{301}", "e\u{301}\\\"\u{301}"),
        ("a\u{85}", "a\\u0085"), ("\u{FEFF}b", "\\ufeffb"),
    ])
    func `a text is escaped where it must be`(text: String, escaped: String) {
        #expect(Array(JSONValue.string(text).compact.utf8) == Array("\"\(escaped)\"".utf8))
        #expect(JSONValue.object([.init(key: text, value: .null)]).compact == "{\"\(escaped)\":null}")
    }

    @Test func `every character comes back, and the ones that are no text of YAML are escaped`() throws {
        for number in UInt32(0)...0x1FFFF {
            guard let scalar = Unicode.Scalar(number) else { continue }
            let text = "a\(scalar)b"
            let written = JSONValue.string(text).compactBytes
            let isEscaped =
                switch number {
                case 0..<0x20, 0x22, 0x5C, 0x7F...0x9F, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF: true
                default: false
                }
            if isEscaped {
                let read = try JSONDecoder().decode(String.self, from: Data(written))
                #expect(read.unicodeScalars.elementsEqual(text.unicodeScalars), "\(number)")
                #expect(written.allSatisfy { $0 >= 0x20 && $0 < 0x7F }, "\(number)")
            } else if written != Array("\"\(text)\"".utf8) {
                Issue.record("\(number) is changed")
            }
        }
    }

    private static let value = JSONValue.object([
        "none": .null, "yes": true, "no": false, "number": .number("-1.50e3"), "empty": [], "nothing": .object([]),
        "list": ["a", 1, [2]], "object": .object(["é": "ü"]),
    ])

    @Test func `compact is one line without spaces`() {
        let expected =
            #"{"none":null,"yes":true,"no":false,"number":-1.50e3,"empty":[],"nothing":{},"#
            + #""list":["a",1,[2]],"object":{"é":"ü"}}"#
        #expect(Self.value.compact == expected)
        #expect(Self.value.compactBytes == Array(expected.utf8))
    }

    @Test func `pretty is a line for each value`() {
        let expected = """
            {
              "none": null,
              "yes": true,
              "no": false,
              "number": -1.50e3,
              "empty": [],
              "nothing": {},
              "list": [
                "a",
                1,
                [
                  2
                ]
              ],
              "object": {
                "é": "ü"
              }
            }
            """
        #expect(Self.value.pretty == expected)
        #expect(JSONValue.array([]).pretty == "[]")
    }
}
