import Testing

@testable import FanfareServer

@Suite("Levels of a body are counted before it is read")
struct JSONDepthTests {
    @Test(
        "arrays and objects count, texts do not",
        arguments: [
            ("", 0), ("12", 0), ("[]", 1), (#"{"a": [1, {"b": 2}], "c": [[]]}"#, 3), (#"["[[[[[[[["]"#, 1),
            (#"["\"[[[[[[[["]"#, 1), (#"["\\", [[]]]"#, 3), ("[[[[]]]]", 4), ("[[[[[]]]]]", nil), ("[[[[[[[", nil),
            ("]]]][", 0),
        ] as [(String, Int?)]
    )
    func counts(text: String, depth: Int?) { #expect(text.utf8.span.jsonDepth(upTo: 4) == depth) }
}
