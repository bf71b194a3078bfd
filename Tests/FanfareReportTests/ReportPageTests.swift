import Foundation
import Testing

@testable import FanfareReport

@Suite("Report page")
struct ReportPageTests {
    private static let start: Int64 = 1_795_000_000

    /// A report with something in each section.
    private static func report(_ text: String = "text", state: FanOutReport.State = .ended) -> FanOutReport {
        var survey = LedgerSurvey()
        survey.attempts = 1300
        survey.uncounted = 3
        survey.cutShort = 2
        var timeline = TimelineCounter(from: start, to: start + 9)
        for second in 0..<10 {
            for number in 0..<100 {
                timeline.countDelivered(at: start + Int64(second), microseconds: Int64(number * 731))
            }
            timeline.countFailed(at: start + Int64(second))
        }
        survey.timeline = timeline.timeline
        survey.latency = timeline.latency
        survey.answers = [
            .init(text: "status 200", status: 200, isDelivered: true, count: 1000),
            .init(text: text, status: nil, isDelivered: false, count: 300),
        ]
        survey.tries = [.init(attempts: 1, delivered: 900, dead: 90), .init(attempts: 2, delivered: 100, dead: 10)]
        let sample = LedgerSurvey.Sample(
            id: "msg_1",
            email: text,
            at: start,
            attempts: 2,
            location: text,
            response: text
        )
        survey.causes = [.init(text: text, status: 500, count: 100, afterRetries: 40, samples: [sample])]
        survey.setAside = [.init(state: "skipped", text: text, count: 7)]
        var report = FanOutReport(
            name: text,
            run: 2,
            state: state,
            asOf: start + 60,
            counts: ["delivered": 1000, "dead": 100, "skipped": 7, "scheduled": state.isFinal ? 0 : 5],
            survey: survey,
            settings: [.init(key: "webhook.name", value: text)]
        )
        report.stopReason = text
        report.startedAt = start
        return report
    }

    private static func html(_ report: FanOutReport) throws -> String {
        try ReportPage(report, program: "Fanfare test", zone: #require(TimeZone(identifier: "Europe/Paris"))).html()
    }

    @Test("its elements are closed in order, and it needs nothing but itself", arguments: FanOutReport.State.allCases)
    func markup(_ state: FanOutReport.State) throws {
        let page = try Self.html(Self.report(state: state))
        #expect(MarkupReader.fault(in: page) == nil)
        #expect(page.contains("default-src 'none'"))
        for foreign in ["<script", "src=", "href=", "url(", "@import", "<link", "<iframe", " on"] {
            let places = page.ranges(of: foreign).filter { range in
                foreign != " on" || page[range.upperBound...].prefix(12).contains("=")
            }
            #expect(places.isEmpty, "\(foreign)")
        }
        #expect(page.contains("1\u{202F}000"))
    }

    @Test(
        "nothing that others wrote becomes markup",
        arguments: [
            "<script>alert(1)</script>", "</style><img src=x onerror=alert(1)>", "\"><b>", "' onmouseover='x",
            "\"\u{301} onmouseover=\u{22}x", "<\u{338}script>", "{{name}} {{{style}}}",
            "a\u{202E}b\u{2066}c\u{0}d\u{9B}e",
            "&lt;script&gt;", "`",
        ]
    )
    func foreign(_ text: String) throws {
        let harmless = try Self.html(Self.report("harmless"))
        let page = try Self.html(Self.report(text))
        #expect(MarkupReader.fault(in: page) == nil)
        #expect(MarkupReader.tags(in: page) == MarkupReader.tags(in: harmless))
        let forbidden: [Unicode.Scalar] = ["\u{202E}", "\u{2066}", "\u{0}", "\u{9B}"]
        #expect(!page.unicodeScalars.contains { forbidden.contains($0) })
    }

    @Test(
        "an unfinished fan-out says so, and as of when",
        arguments: zip(
            [FanOutReport.State.waiting, .running, .interrupted, .stopped],
            ["Not begun.", "it is running now", "it was interrupted", "it was stopped"]
        )
    )
    func unfinished(_ state: FanOutReport.State, _ text: String) throws {
        let page = try Self.html(Self.report(state: state))
        #expect(page.contains(text))
        #expect(page.contains("as of 2026-11-18 12:07:40 UTC+01:00"))
        let ended = try Self.html(Self.report())
        #expect(!ended.contains("Unfinished") && !ended.contains("as of"))
    }

    @Test("a fan-out to nobody, and one of which only counts are left, are pages as well")
    func sparse() throws {
        var nobody = FanOutReport(name: "news", run: 1, state: .ended, asOf: 0, counts: ["delivered": 0])
        nobody.survey = LedgerSurvey()
        let page = try Self.html(nobody)
        #expect(page.contains("There was nobody to send to."))
        #expect(MarkupReader.fault(in: page) == nil)
        let pruned = FanOutReport(name: "news", run: 1, state: .pruned, asOf: 0, counts: ["delivered": 5, "dead": 1])
        let counts = try Self.html(pruned)
        #expect(counts.contains("Only counts are left.") && counts.contains("83.3\u{202F}%"))
        #expect(MarkupReader.fault(in: counts) == nil)
        #expect(!counts.contains("Throughput"))
    }

    @Test("it stays under 500 kB whatever a receiver answers")
    func size() throws {
        var report = Self.report()
        var survey = try #require(report.survey)
        var timeline = TimelineCounter(from: 0, to: 1_720_000)
        for time in stride(from: Int64(0), through: 1_720_000, by: 1000) {
            for place in 0..<60 { timeline.countDelivered(at: time, microseconds: 1 << Int64(place % 31)) }
            timeline.countFailed(at: time)
        }
        survey.timeline = timeline.timeline
        survey.latency = timeline.latency
        let long = String(repeating: "<", count: AnswerText.maximumLength)
        let sample = LedgerSurvey.Sample(id: "msg_1", email: long, at: 0, attempts: 2, location: long, response: long)
        survey.answers = (0..<900).map { (status: Int) in
            .init(text: "status \(status)", status: status, isDelivered: false, count: 9)
        }
        survey.causes = (0..<900).map { (status: Int) in
            .init(text: "\(status)", status: status, count: 9, afterRetries: 0, samples: [sample, sample, sample])
        }
        survey.setAside = (0..<900).map { .init(state: "skipped", text: "\($0)", count: 1) }
        report.survey = survey
        let page = try Self.html(report)
        #expect(page.utf8.count < 500_000, "\(page.utf8.count)")
        #expect(page.contains("And 7\u{202F}992 of 888 further causes."))
        #expect(survey.timeline.steps.count > 200)
    }
}

/// Reads just as much of HTML as the page has.
enum MarkupReader {
    private static let void: Set<Substring> = ["meta", "br", "!DOCTYPE"]

    /// Every tag with its attributes' names, in order.
    static func tags(in page: String) -> [String] {
        var tags: [String] = []
        var rest = Array(page.unicodeScalars)[...]
        while let open = rest.firstIndex(of: "<") {
            var tag = String.UnicodeScalarView()
            var isQuoted = false
            var place = rest.index(after: open)
            while place < rest.endIndex, isQuoted || rest[place] != ">" {
                if rest[place] == "\"" { isQuoted.toggle() }
                // The values of attributes are left out: between quotation marks.
                if !isQuoted { tag.append(rest[place]) }
                place += 1
            }
            tags.append(String(tag))
            rest = rest[min(place + 1, rest.endIndex)...]
        }
        return tags
    }

    /// What is not closed, or closes something else.
    static func fault(in page: String) -> String? {
        var open: [Substring] = []
        for tag in tags(in: page) {
            let name = tag.split { $0.isWhitespace || $0 == "\"" }.first ?? ""
            if name.hasPrefix("/") {
                guard open.popLast() == name.dropFirst() else { return "<\(tag)> after \(open)" }
            } else if !void.contains(name), !tag.hasSuffix("/") {
                open.append(name)
            }
        }
        return open.isEmpty ? nil : "open: \(open)"
    }
}
