import Testing

@testable import FanfareReceiver

@Suite struct ReportWriterTests {
    @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (100_000, "100,000")])
    func `groups digits in threes`(number: Int, text: String) {
        #expect(ReportWriter.grouped(number) == text)
    }

    @Test(arguments: [
        ("plain", #""plain""#), (#"a"b\c"#, #""a\"b\\c""#), ("tab\tend\u{1}", #""tab\u0009end\u0001""#), ("é", "\"é\""),
    ])
    func `quotes as JSON does`(text: String, quoted: String) {
        #expect(ReportWriter.quoted(text) == quoted)
    }

    @Test func `shows control characters of a peer as question marks`() {
        #expect(ReportWriter.shown("a\u{1b}[31mb\u{9b}é\r\n") == "a?[31mb?é??")
    }

    @Test(arguments: [(0, "00:00:00.000"), (86_399_999, "23:59:59.999"), (86_400_000 + 3_723_004, "01:02:03.004")])
    func `shows the time of day in UTC`(milliseconds: Int64, text: String) {
        #expect(ReportWriter.timeOfDay(milliseconds * 1_000_000) == text)
    }

    @Test func `a share of failures is drawn anew for each request`() {
        var settings = ListenSettings()
        settings.failureShare = 0.25
        var answering = Answering(settings, seed: 7)
        let failures = (0..<10_000).count { _ in answering.status(after: nil) == 503 }
        #expect((2300...2700).contains(failures))
        #expect(answering.status(after: .bad("x")) == 401)
    }

    @Test func `the busiest second is the one with the most requests`() {
        var tally = Tally()
        for second: Int64 in [0, 0, 1, 1, 1, 2] {
            _ = tally.count(id: nil, bodyBytes: 0, status: 200, isBadlySigned: false, second: second)
        }
        #expect(tally.counts.busiestSecond == 3)
        #expect(tally.counts.withoutID == 6)
    }
}
