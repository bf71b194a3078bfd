import FanfareJob
import Testing

struct ReportTests {
    let folder: JobFolder

    init() throws { folder = try JobFolder() }

    @Test func `a report names place, problem, line, what is accepted and what was meant`() throws {
        let error = try #require(folder.error(in: smallestJob + "\ndelivery:\n  timeout: 10\n  retires: [5s]\n"))
        #expect(
            error.description == """
                job.yaml:6:12: `delivery.timeout` is a number: 10
                    6 |   timeout: 10
                      |            ^
                    accepted: a duration such as 500ms, 10s or 1h30m, 1ms … 1h
                    add a unit: `10s`

                job.yaml:7:3: `delivery` has no key "retires"
                    7 |   retires: …
                      |   ^
                    accepted: max_in_flight, concurrency, rate, timeout, deadline, stop_after, retries, retry_on, \
                when_uncertain, http, canary
                    did you mean `retries`?
                """
        )
    }

    @Test func `the caret stands under the place whatever stands before it`() throws {
        let error = try #require(folder.error(in: smallestJob + "\ndelivery: {été: 1, 日本: 2, e\u{301}: 3, timeout: x}"))
        #expect(error.problems.map { $0.place?.column } == [12, 20, 27, 43])
        #expect(error.description.contains("5 | delivery: {été: …\n      |            ^"))
    }

    @Test func `nothing in a report can disturb a terminal`() throws {
        let text = smallestJob + "\n\"a\\u001b[31m\\u202Eb\": 1\ndelivery: {timeout: \"\\e[2J\"}\n"
        let error = try #require(folder.error(in: text))
        #expect(error.description.contains("has no key \"a\\u{1b}[31m\\u{202e}b\""))
        #expect(!error.description.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" })
    }

    @Test func `of very many problems the first fifty are printed`() throws {
        let keys = (0..<60).map { "k\($0): 1" }.joined(separator: "\n")
        let error = try #require(folder.error(in: smallestJob + "\n" + keys))
        #expect(error.problems.count == 60)
        #expect(error.description.hasSuffix("… and 10 more"))
    }

    @Test func `another module's problem is shown at its place inside a text`() throws {
        let text = """
            fanfare: 1
            name: a
            audience: {name: a}
            webhook:
              url: https://a.example/
              signing: {secret: whsec_b2xk}
              data:
                plain: Hello *|FNMAE|*
                quoted: "Hello *|FNMAE|*"
                escaped: "H\\x65llo *|FNMAE|*"
                block: |
                  Hello
                  you *|FNMAE|*
                folded: >
                  Hello *|FNMAE|*
            """
        let source = try folder.parse(text).source
        #expect(source.place(of: ["webhook", "data", "plain"], line: 1, column: 7) == Place(line: 8, column: 18))
        #expect(source.place(of: ["webhook", "data", "quoted"], line: 1, column: 7) == Place(line: 9, column: 20))
        #expect(source.place(of: ["webhook", "data", "escaped"], line: 1, column: 7) == Place(line: 10, column: 14))
        #expect(source.place(of: ["webhook", "data", "block"], line: 2, column: 5) == Place(line: 13, column: 11))
        #expect(source.place(of: ["webhook", "data", "folded"], line: 1, column: 7) == Place(line: 14, column: 13))
        let problem = source.problem(at: ["webhook", "signing", "secrets", 0], message: "not base64")
        #expect(problem.place == Place(line: 6, column: 21))
        let tag = source.problem(at: ["webhook", "data", "plain"], line: 1, column: 7, message: "unknown tag")
        #expect(
            JobError([problem, tag], in: source).description == """
                job.yaml:6:21: `webhook.signing.secret[0]`: not base64
                    6 |   signing: …

                job.yaml:8:18: `webhook.data.plain`: unknown tag
                    8 |     plain: Hello *|FNMAE|*
                      |                  ^
                """
        )
    }
}
