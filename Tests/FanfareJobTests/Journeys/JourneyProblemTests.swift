import FanfareJob
import Testing

/// A journey with one thing wrong, at the mark `§`, and what must be said of it.
struct JourneyProblemRow: Sendable, CustomTestStringConvertible {
    /// Without the mark.
    let text: String
    let place: Place
    let code: JobProblem.Code
    /// A part of the message, of what is accepted, or of the suggestion.
    let says: String

    var testDescription: String { text.replacing("\n", with: " ") }

    init(_ marked: String, _ code: JobProblem.Code, _ says: String) {
        let before = marked.prefix { $0 != "§" }.split(separator: "\n", omittingEmptySubsequences: false)
        text = marked.replacing("§", with: "")
        place = Place(line: before.count, column: (before.last?.unicodeScalars.count ?? 0) + 1)
        self.code = code
        self.says = says
    }

    /// Points, to the first of which, `a`, a start leads.
    static func points(_ text: String, _ code: JobProblem.Code, _ says: String) -> Self {
        Self("name: n\nstart: [{id: s, type: manual, next: a}]\npoints:\n" + text, code, says)
    }

    /// The keys of a point `a`.
    static func point(_ text: String, _ code: JobProblem.Code, _ says: String) -> Self {
        points("- {id: a, \(text)}", code, says)
    }

    /// The keys of a webhook beside its URL and data.
    static func webhook(_ text: String, _ code: JobProblem.Code, _ says: String) -> Self {
        point("type: webhook, webhook: {url: https://a.example/, data: {}, \(text)}", code, says)
    }

    /// The keys of a start that leads to the point `a`.
    static func start(_ text: String, _ code: JobProblem.Code, _ says: String) -> Self {
        Self("name: n\npoints: [{id: a, type: archive}]\nstart:\n- {id: s, next: a, \(text)}", code, says)
    }
}

@Suite("What is wrong with a journey is said with its place")
struct JourneyProblemTests {
    let folder: JobFolder

    init() throws { folder = try JobFolder() }

    private func check(_ row: JourneyProblemRow) throws {
        let error = try #require(folder.journeyError(in: row.text))
        try #require(error.problems.count == 1, "\(error)")
        let problem = error.problems[0]
        #expect(problem.place == row.place, "\(error)")
        #expect(problem.code == row.code)
        let said = [problem.message, problem.accepted ?? "", problem.suggestion ?? ""].joined(separator: " | ")
        #expect(said.contains(row.says), "\(said)")
    }

    @Test(
        "in what leads where",
        arguments: [
            JourneyProblemRow.points("- {id: a, type: archive, next: §b}", .badValue, "and no point has that id"),
            .points(
                "- {id: a, type: archive, next: §helo}\n- {id: hello, type: archive}",
                .badValue,
                "did you mean `hello`?"
            ),
            .points("- {id: a, type: archive, next: §s}", .badValue, "leads to the starting point \"s\""),
            .points("- {id: a, type: if, tag: vip, then: §b}", .badValue, "`points[0].then` is \"b\""),
            .points("- {id: a, type: split, percent: 5, second: §b}", .badValue, "`points[0].second` is \"b\""),
            .points(
                "- {id: a, type: archive, next: b}\n- {id: b, type: archive}\n- {id: §b, type: archive}",
                .conflict,
                "`points[2].id` is \"b\", as that of `points[1]`"
            ),
            .points(
                "- {id: a, type: archive, next: s}\n- {id: §s, type: archive}",
                .conflict,
                "as that of `start[0]`"
            ),
            .points(
                "- {id: a, type: archive}\n- §{id: b, type: archive, next: a}",
                .conflict,
                "`points[1]`: no way leads from a starting point to \"b\""
            ),
            .points("- {id: a, type: archive, next: §a}", .conflict, "nobody ever stays: a → a"),
            .points(
                "- {id: a, type: archive, next: b}\n- {id: b, type: unsubscribe, next: §a}",
                .conflict,
                "`points[1].next` closes a loop in which nobody ever stays: a → b → a"
            ),
            .points(
                "- {id: a, type: if, tag: x, else: b}\n- {id: b, type: if, tag: y, then: c}\n"
                    + "- {id: c, type: archive, next: §b}",
                .conflict,
                "nobody ever stays: b → c → b"
            ),
            .points(
                "- {id: a, type: delay, until: 2026-12-24 09:00, next: §a}",
                .conflict,
                "a delay with `for` or `on`, or a wait"
            ),
            .points("- {id: §A, type: archive}", .badValue, "write `a`"),
            .points("- {id: §5, type: archive}", .wrongType, "put quotes around it"),
            .points("- {id: a, type: archive, next: §B}", .badValue, "write `b`"),
            .points("- {id: a, type: archive, next: §[b]}", .wrongType, "is a list"),
            .points("- §{id: a}", .missingKey, "`points[0].type` is missing"),
            .points("- §a", .wrongType, "a point, with the key type"),
            .points("- §{type: archive}", .missingKey, "`points[0].id` is missing"),
        ]
    )
    func ways(_ row: JourneyProblemRow) throws { try check(row) }

    @Test(
        "in a point",
        arguments: [
            JourneyProblemRow.point("type: §web_hook", .badValue, "did you mean `webhook`?"),
            .point("type: §email", .badValue, "one of if, split, delay, wait, webhook, add_tag"),
            .point("type: archive, §tag: vip", .unknownKey, "id, name, type, next"),
            .point("type: archive, §nxt: b", .unknownKey, "did you mean `next`?"),
            .point("type: archive, name: §\"\"", .badValue, "`points[0].name`"),
            .points("- §{id: a, type: if}", .missingKey, "has none of segment, tag"),
            .points("- §{id: a, type: if, tag: x, segment: y}", .conflict, "has both segment and tag"),
            .point("type: if, segment: {conditions: §[]}", .badValue, "1 … 100 items"),
            .points("- §{id: a, type: split}", .missingKey, "`points[0].percent` is missing"),
            .point("type: split, percent: §0", .badValue, "more than 0 and less than 100"),
            .point("type: split, percent: §100", .badValue, "more than 0 and less than 100"),
            .point("type: split, percent: §30%", .wrongType, "write `30`"),
            .points("- §{id: a, type: delay}", .missingKey, "one of for, until or on"),
            .points("- §{id: a, type: delay, for: 2d, on: mon}", .conflict, "has both for and on"),
            .point("type: delay, for: 2d, §at: 09:00", .conflict, "there is no `on`"),
            .point("type: delay, for: §2", .wrongType, "add a unit: `2s`"),
            .point("type: delay, for: §500ms", .badValue, "in whole seconds"),
            .point("type: delay, for: §3651d", .badValue, "1s … 3650d"),
            .point("type: delay, until: §2026-12-24", .badValue, "add a time"),
            .point("type: delay, on: §monday", .badValue, "one of mon, tue"),
            .point("type: wait, until: {type: event, event: go}, §else: null", .conflict, "there is no `limit`"),
            .point("type: wait, until: {type: §signs_up}", .badValue, "one of tag_added, joins_group"),
            .point("type: wait, until: §{type: tag_added}", .missingKey, "`points[0].until.tag` is missing"),
            .point("type: wait, until: §tag_added", .wrongType, "with the key type"),
            .point("type: update_field, field: SIZE, value: §null", .wrongType, "text or a number"),
            .point("type: join_group, category: A, group: §[b]", .wrongType, "the name of a group"),
        ]
    )
    func points(_ row: JourneyProblemRow) throws { try check(row) }

    @Test(
        "in a webhook",
        arguments: [
            JourneyProblemRow.point(
                "type: webhook, webhook: {url: §\"https://a.example/*|ID|*\", data: {}}",
                .badValue,
                "all contacts' requests go to one URL, with the same headers"
            ),
            .point("type: webhook, webhook: §{url: https://a.example/}", .missingKey, "webhook.data` is missing"),
            .webhook("headers: {X-A: §\"*|FNAME|*\"}", .badValue, "merge tags may stand in `data`"),
            .webhook("method: §GET", .badValue, "a GET has none"),
            .webhook("method: §post", .badValue, "one of POST, PUT, PATCH, DELETE"),
            .webhook("content_type: §multipart", .badValue, "sent as json, form or raw"),
            .webhook("auth: {bearer: §\"[secret]\"}", .secret, "a secret is shown as [secret]: give its value again"),
            .webhook("headers: {X-Api-Key: §\"[secret]\"}", .secret, "give its value again"),
            .webhook("signing: {secret: [a, §\"[secret]\"]}", .secret, "`points[0].webhook.signing.secret[1]`"),
            .webhook("auth: {bearer: §{env: ABSENT}}", .secret, "which is not set"),
            .webhook("§htp: 1", .unknownKey, "`points[0].webhook` has no key"),
            .point(
                "type: webhook, on_failure: §stop, webhook: {url: https://a.example/, data: {}}",
                .badValue,
                "one of go_on, wait, leave"
            ),
            .point(
                "type: webhook, delivery: {§retries: [7d, 7d]}, webhook: {url: https://a.example/, data: {}}",
                .badValue,
                "`points[0].delivery.deadline`: 25h is not accepted"
            ),
            .point(
                "type: webhook, delivery: {§deadline: 1h}, webhook: {url: https://a.example/, data: {}}",
                .badValue,
                "which the retries take together"
            ),
            .point(
                "type: webhook, delivery: {§concurrency: fixed}, webhook: {url: https://a.example/, data: {}}",
                .unknownKey,
                "max_in_flight, rate, timeout, deadline, retries, retry_on"
            ),
        ]
    )
    func webhooks(_ row: JourneyProblemRow) throws { try check(row) }

    @Test(
        "in a start",
        arguments: [
            JourneyProblemRow.start("type: §tag_add", .badValue, "did you mean `tag_added`?"),
            .start("type: api, §tag: vip", .unknownKey, "id, type, segment, next"),
            .start("type: event, event: §a", .badValue, "2 … 30 letters"),
            .start("type: event, event: §\"a b\"", .badValue, "2 … 30 letters"),
            .start("type: signs_up, imports: §maybe", .wrongType, "true or false"),
            .start("type: birthday, field: §bday", .badValue, "write `BDAY`"),
            .start("type: birthday, field: BDAY, at: §24:00", .badValue, "00:00 … 23:59"),
            .start("type: field_changes, field: SIZE, to: §\"\"", .badValue, "text, which is not empty"),
            .start("type: api, segment: §5", .wrongType, "the name of a saved segment"),
            JourneyProblemRow(
                "name: n\npoints: [{id: a, type: archive}]\nstart: [§{id: s, type: api}]",
                .missingKey,
                "`start[0].next` is missing"
            ),
            JourneyProblemRow(
                "name: n\npoints: [{id: a, type: archive}]\nstart: [{id: s, type: api, next: §null}]",
                .wrongType,
                "an id: 1 … 40"
            ),
            JourneyProblemRow("name: n\nstart: [{id: s, type: api, next: §a}]", .badValue, "no point has that id"),
            JourneyProblemRow("name: n\npoints: []\nstart: §[]", .badValue, "1 … 3 items"),
            JourneyProblemRow(
                "name: n\npoints: [{id: a, type: archive}]\nstart: §["
                    + (1...4).map { "{id: s\($0), type: api, next: a}" }.joined(separator: ", ") + "]",
                .badValue,
                "`start` has 4 items"
            ),
            .start(
                "type: birthday, field: BDAY}\n- §{id: d, next: a, type: specific_date, date: 2026-12-24 09:00",
                .conflict,
                "`start[1]` is one day, and `start[0]` comes every year"
            ),
            .start("type: api}\nreentry: §sometimes\n#", .badValue, "never, after_leaving, always"),
            .start("type: api}\ntime_zone: §Paris\n#", .badValue, "did you mean `Europe/Paris`?"),
            .start("type: api}\njourney: §2\n#", .badValue, "1, the only version"),
            .start("type: api}\n§timezone: UTC\n#", .unknownKey, "did you mean `time_zone`?"),
        ]
    )
    func starts(_ row: JourneyProblemRow) throws { try check(row) }

    @Test("ten points may wait, the eleventh is refused")
    func waits() throws {
        func text(_ count: Int) -> String {
            let waits = (1...count).map { index in
                let next = index < count ? "w\(index + 1)" : "null"
                return "- {id: w\(index), type: wait, until: {type: event, event: go}, then: \(next)}\n"
            }
            return "name: n\nstart: [{id: s, type: api, next: w1}]\npoints:\n" + waits.joined()
        }
        #expect(folder.journeyError(in: text(10)) == nil)
        let problem = try #require(folder.journeyError(in: text(11))?.problems.first)
        #expect(problem.place == Place(line: 14, column: 3))
        #expect(problem.message == "`points` has 11 points that wait for something to happen")
        #expect(problem.accepted == "at most 10 of them")
    }

    @Test("500 points may be there, and of more nothing else is said")
    func size() throws {
        func text(_ count: Int) -> String {
            let points = (1...count).map { index in
                "- {id: p\(index), type: archive, next: \(index < count ? "p\(index + 1)" : "null")}\n"
            }
            return "name: n\nstart: [{id: s, type: api, next: p1}]\npoints:\n" + points.joined()
        }
        #expect(folder.journeyError(in: text(500)) == nil)
        let error = try #require(folder.journeyError(in: text(501)))
        #expect(error.problems.map(\.message) == ["`points` has 501 items"])
    }

    @Test("everything is said at once, in the document's order, and no secret with it")
    func all() throws {
        let text = """
            nam: n
            start:
              - {id: s, type: tag_added, next: a}
            points:
              - {id: a, type: webhook, webhook: {url: https://a.example/?k=hunter2, auth: {bearer: [hunter2]}}, next: b}
              - {id: b, type: delay, for: soon, next: c}
              - {id: d, type: add_tag, tag: x, next: d}
            """
        let error = try #require(folder.journeyError(in: text))
        #expect(
            error.problems.map { $0.place?.line } == [1, 1, 3, 5, 5, 6, 6, 7],
            "\(error)"
        )
        #expect(!error.description.contains("hunter2"))
    }
}
