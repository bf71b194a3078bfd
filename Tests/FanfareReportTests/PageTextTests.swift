import Foundation
import Testing

@testable import FanfareReport

@Suite("Numbers, times and answers as a report shows them")
struct PageTextTests {
    @Test(
        "counts have thin spaces between thousands",
        arguments: zip([0, 999, 1000, 1_234_567, -4321] as [Int64], ["0", "999", "1 000", "1 234 567", "−4 321"])
    )
    func counts(_ number: Int64, _ text: String) {
        #expect(PageNumber.count(number) == text.replacing(" ", with: "\u{202F}"))
    }

    @Test(
        "durations have the unit that a person would take",
        arguments: [
            (0, "0"), (420, "0.42~ms"), (1000, "1~ms"), (4230, "4.2~ms"), (9960, "10~ms"), (123_400, "123~ms"),
            (3_410_000, "3.4~s"), (125_000_000, "2~min 05~s"), (11_520_000_000, "3~h 12~min"),
            (457_200_000_000, "5~d 7~h"),
        ]
    )
    func durations(_ microseconds: Int64, _ text: String) {
        #expect(PageNumber.duration(microseconds) == text.replacing("~", with: "\u{202F}"))
    }

    @Test(
        "a share is never rounded to nothing or all",
        arguments: [(0, 10, "0~%"), (1, 3000, "<~0.1~%"), (2999, 3000, "99.9~%"), (3000, 3000, "100~%")]
    )
    func shares(_ part: Int64, _ whole: Int64, _ text: String) {
        #expect(PageNumber.share(part, of: whole) == text.replacing("~", with: "\u{202F}"))
    }

    @Test("marks are round numbers that reach over the largest value", arguments: [0.3, 1, 4, 7.2, 99, 1234, 5e6])
    func marks(_ maximum: Double) throws {
        let scale = LinearScale(maximum: maximum)
        let top = try #require(scale.marks.last)
        #expect(top >= maximum && top <= maximum * 2)
        #expect((3...8).contains(scale.marks.count))
        #expect(scale.place(maximum) <= 1 && scale.place(0) == 0)
    }

    @Test("marks of a logarithmic axis lie within it", arguments: [(1.0, 1.0), (900, 1100), (1, 1e7), (31, 87)])
    func logarithmic(_ range: (Double, Double)) {
        let scale = LogarithmicScale(from: range.0, to: range.1)
        #expect((1...9).contains(scale.marks.count))
        #expect(scale.marks.allSatisfy { (0...1).contains(scale.place($0)) })
        #expect(scale.place(range.0) <= scale.place(range.1))
    }

    @Test("marks of time stand at full minutes of the clock on the wall, also where it is 45 minutes off")
    func time() throws {
        let clock = PageClock(try #require(TimeZone(identifier: "Asia/Kathmandu")))
        let axis = TimeAxis(start: 1_795_000_007, end: 1_795_000_007 + 4 * 3600, clock: clock)
        #expect(axis.ticks.map(\.label) == ["17:00", "18:00", "19:00", "20:00"])
        #expect(clock.full(1_795_000_007) == "2026-11-18 16:51:47 UTC+05:45")
    }

    @Test("an axis has few marks however long it is", arguments: [1, 7, 61, 4000, 90_000, 400_000_000] as [Int64])
    func few(_ seconds: Int64) throws {
        let clock = PageClock(try #require(TimeZone(identifier: "UTC")))
        let ticks = TimeAxis(start: 1_795_000_007, end: 1_795_000_007 + seconds, clock: clock).ticks
        #expect((1...7).contains(ticks.count))
        #expect(ticks.allSatisfy { (0...1).contains($0.place) })
    }

    @Test(
        "what looks like an address or a telephone number is covered",
        arguments: [
            ("to=jane@example.com&x=1", "to=[address]&x=1"), ("jane%40example.com", "[address]"),
            (#"{"to":"+33612345678"}"#, #"{"to":"[number]"}"#), ("0612-34-56-78.", "[number]."),
            ("code 4012, 2026", "code 4012, 2026"), ("a @ b", "a @ b"), ("", ""),
        ]
    )
    func covered(_ text: String, _ shown: String) {
        #expect(AnswerText(covering: true).line(text) == shown)
        #expect(AnswerText(covering: false).line(text) == text)
    }

    @Test(
        "what could begin or end markup is escaped scalar by scalar, and what turns text around is replaced",
        arguments: [
            ("<b>&\"'`", "&lt;b&gt;&amp;&quot;&#39;&#96;"), ("\"\u{301}", "&quot;\u{301}"), ("<\u{338}", "&lt;\u{338}"),
            ("a\u{202E}\u{2066}\u{200F}\u{0}\u{85}\u{1B}b", "a\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}b"),
            ("é 漢 👩‍🚀\n", "é 漢 👩‍🚀\n"),
        ]
    )
    func escaped(_ text: String, _ html: String) {
        // Scalar by scalar: as characters, texts that differ may be equal.
        #expect(Array(PageEscaping().escapeText(text).unicodeScalars) == Array(html.unicodeScalars))
    }

    @Test("bytes that are no text, controls and line ends make one line that can be read")
    func bytes() {
        let answer = AnswerText(covering: false)
        #expect(answer.line([0x61, 0xFF, 0x0A, 0x09, 0x62, 0x1B, 0x5B, 0x00]) == "a\u{FFFD} b[")
        #expect(answer.line("a\u{202E}b\u{200B}c") == "abc")
        #expect(answer.line(String(repeating: "x", count: 5000)).count == AnswerText.maximumLength + 1)
    }
}
