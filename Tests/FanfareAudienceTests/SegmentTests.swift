import FanfareAudience
import FanfarePayload
import FanfareStore
import GRDB
import Testing

@Suite struct SegmentTests {
    let fixture: AudienceFixture

    init() throws {
        fixture = try AudienceFixture()
        let columns = [
            "SCORE": ColumnSpec(tag: "SCORE", kind: .number), "DAY": ColumnSpec(tag: "DAY", kind: .date),
            "SIZE": ColumnSpec(tag: "SIZE", kind: .dropdown), "HOME": ColumnSpec(tag: "HOME", kind: .address),
            "BORN": ColumnSpec(tag: "BORN", kind: .birthday),
        ]
        try fixture.importCSV(
            """
            email,FNAME,SCORE,DAY,SIZE,HOME,BORN,status,TAGS
            a@x.org,Ada,1,2026-01-01,S,Paris,,subscribed,"vip,new"
            b@x.org,Bob,2,,M,,,unsubscribed,vip
            c@x.org,,3,,,,,subscribed,
            """,
            ImportOptions(columns: columns)
        )
    }

    typealias Condition = SegmentDefinition.Condition

    private func problem(_ condition: Condition) throws -> SegmentProblem {
        let definition = SegmentDefinition(
            match: .all,
            conditions: [
                Condition(field: "FNAME", op: "is", value: .text("x")), condition,
            ]
        )
        let error = try #require(throws: AudienceError.self) { try fixture.audience.check(definition) }
        #expect(error.code == .invalidSegment)
        let problems = try #require(error.cause as? SegmentProblems)
        #expect(problems.problems.count == 1)
        return try #require(problems.problems.first)
    }

    @Test(
        arguments: [
            (Condition(field: "FNAM", op: "is", value: .text("x")), "field", "did you mean FNAME"),
            (Condition(field: nil, op: "is", value: .text("x")), "field", "missing"),
            (Condition(field: "FNAME", op: nil, value: .text("x")), "op", "missing; accepted: is, not, contains"),
            (Condition(field: "FNAME", op: "equals", value: .text("x")), "op", "\"equals\" is not one of is, not"),
            (Condition(field: "FNAME", op: "iss", value: .text("x")), "op", "did you mean is?"),
            (
                Condition(field: "static_segment", op: "static_iss", value: .text("vip")), "op",
                "did you mean static_is?"
            ),
            (
                Condition(conditionType: "TextMege", field: "FNAME", op: "is", value: .text("x")), "condition_type",
                "did you mean TextMerge?"
            ),
            (
                Condition(conditionType: "MemberRating", field: "ratng", op: "is", value: .number("1")), "field",
                "which MemberRating takes; did you mean rating?"
            ),
            (Condition(field: "FNAME", op: "is", value: nil), "value", "missing"),
            (Condition(field: "FNAME", op: "is", value: .text("  ")), "value", "blank"),
            (Condition(field: "FNAME", op: "is", value: .list(["x"])), "value", "one value"),
            (
                Condition(field: "FNAME", op: "is", value: .text(String(repeating: "x", count: 316))), "value",
                "at most 315"
            ),
            (
                Condition(conditionType: "Aim", field: "aim", op: "open", value: .text("any")), "condition_type",
                "Aim is refused: it asks who opened"
            ),
            (
                Condition(conditionType: "DateMerge", field: "FNAME", op: "is", value: .text("x")), "condition_type",
                "TextMerge"
            ),
            (Condition(conditionType: "VIP", field: "FNAME", op: "member"), "field", "gmonkey"),
            (Condition(field: "HOME", op: "is", value: .text("x")), "op", "contains, notcontain, blank, blank_not"),
            (
                Condition(conditionType: "TextMerge", field: "HOME", op: "contains", value: .text("x")),
                "condition_type", "accepted: AddressMerge"
            ),
            (Condition(field: "SCORE", op: "greater", value: .text("many")), "value", "not a number"),
            (Condition(field: "DAY", op: "is", value: .text("01.02.2026")), "value", "not a day"),
            (
                Condition(field: "DAY", op: "contains", value: .text("2026")), "op",
                "is not one of is, not, greater, less"
            ),
            (Condition(field: "SIZE", op: "starts", value: .text("S")), "op", "is not one of is, not, contains"),
            (Condition(field: "rating", op: "is", value: .number("9")), "value", "0 to 5"),
            (Condition(field: "gmonkey", op: "is"), "op", "member, notmember"),
            (
                Condition(field: "static_segment", op: "static_is", value: .text("vipp")), "value",
                "did you mean \"vip\""
            ),
            (Condition(field: "timestamp_opt", op: "greater", value: .text("date")), "extra", "YYYY-MM-DD"),
            (
                Condition(field: "timestamp_opt", op: "greater", value: .text("campaign"), extra: .text("1")), "value",
                "\"campaign\" is refused: a day on which a campaign was sent is not looked up here"
            ),
            (Condition(field: "timestamp_opt", op: "date_withn", value: .text("7")), "op", "did you mean date_within?"),
            (Condition(field: "timestamp_opt", op: "date_within", value: .text("-1")), "value", "0 to 3660"),
            (Condition(field: "FNAME", op: "is", value: .number("")), "value", "empty"),
            (Condition(field: "BORN", op: "starts", value: .text("13")), "value", "1 to 12"),
            (Condition(field: "BORN", op: "ends", value: .text("0")), "value", "1 to 31"),
            (Condition(field: "BORN", op: "is", value: .text("30/02")), "value", "MM/DD"),
            (Condition(field: "timestamp_opt", op: "within", value: .text("soon")), "value", "number of days"),
            (
                Condition(field: "ecomm_date", op: "greater", value: .text("date"), extra: .text("2026-01-01")),
                "field", "ecomm_date is refused: it asks for purchases"
            ),
            (
                Condition(conditionType: "Date", field: "ecomm_date", op: "blank"), "field",
                "ecomm_date is refused: it asks for purchases"
            ),
            (
                Condition(conditionType: "Date", field: "changed", op: "blank"), "field",
                "timestamp_opt, info_changed, which Date takes"
            ),
        ]
    )
    func `a condition that does not fit is named with what is accepted`(
        condition: Condition,
        key: String,
        text: String
    ) throws {
        let problem = try problem(condition)
        #expect(problem.path == [1])
        #expect(problem.key == key)
        #expect(problem.message.contains(text), "\(problem)")
        #expect(problem.description.hasPrefix("condition 2: "))
    }

    @Test func `a tag is found by its id and by its name`() throws {
        let id = try #require(try fixture.audience.tags().first { $0.name == "new" }).id
        for value in [SegmentDefinition.Operand.number("\(id)"), .text("NEW")] {
            let definition = SegmentDefinition(
                match: .all,
                conditions: [
                    Condition(field: "static_segment", op: "static_is", value: value)
                ]
            )
            #expect(try fixture.addresses(RecipientSelection(.segment(definition))) == ["a@x.org"])
        }
    }

    @Test func `only the statuses asked for receive`() throws {
        #expect(try fixture.addresses(RecipientSelection()) == ["a@x.org", "c@x.org"])
        let everyone = RecipientSelection(.tag("vip"), statuses: [.subscribed, .unsubscribed])
        #expect(try fixture.addresses(everyone) == ["a@x.org", "b@x.org"])
        #expect(try fixture.audience.count(RecipientSelection(.tag("vip"))) == 1)
        #expect(try fixture.audience.countByStatus(.tag("vip")) == [.subscribed: 1, .unsubscribed: 1])
        #expect(try fixture.addresses(RecipientSelection(.everyone, statuses: [])) == [])
    }

    @Test func `an unknown tag or segment is named with the nearest`() throws {
        let tag = #expect(throws: AudienceError.self) { try fixture.audience.count(RecipientSelection(.tag("vips"))) }
        #expect(tag?.code == .unknownTag)
        #expect(tag?.message.contains("did you mean \"vip\"") == true)
        let segment = #expect(throws: AudienceError.self) {
            try fixture.audience.count(RecipientSelection(.savedSegment("x")))
        }
        #expect(segment?.code == .unknownSegment)
    }

    @Test func `a saved segment is kept as written and evaluated when used`() throws {
        let definition = SegmentDefinition(
            match: .any,
            conditions: [
                Condition(field: "SCORE", op: "greater", value: .number("2")),
                Condition(conditionType: "TextMerge", field: "FNAME", op: "is", value: .text("ada")),
            ]
        )
        let id = try fixture.audience.saveSegment(definition, named: "Best")
        #expect(try fixture.audience.saveSegment(definition, named: "BEST") == id)
        #expect(try fixture.addresses(RecipientSelection(.savedSegment("best"))) == ["a@x.org", "c@x.org"])
        try fixture.importCSV("email,SCORE\nd@x.org,9\n")
        #expect(try fixture.audience.count(RecipientSelection(.savedSegment("best"))) == 3)
        #expect(try fixture.audience.savedSegments() == ["BEST"])
        let bad = SegmentDefinition(match: .all, conditions: [Condition(field: "X", op: "is", value: .text("1"))])
        #expect(throws: AudienceError.self) { try fixture.audience.saveSegment(bad, named: "bad") }
    }

    @Test func `a selection freezes through another connection to which the file is attached`() throws {
        let path = fixture.audience.path
        let ledger = try DatabaseFile.open(
            fixture.path("ledger.sqlite"),
            mode: .createNew,
            prepare: { db in
                try Audience.registerFunctions(db)
                try db.execute(sql: "ATTACH DATABASE ? AS audience", arguments: [path])
            }
        )
        let definition = SegmentDefinition(
            match: .all,
            conditions: [
                Condition(field: "FNAME", op: "not", value: .text("Élodie")),
                Condition(field: "static_segment", op: "static_is", value: .text("vip")),
                Condition(field: "SCORE", op: "less", value: .number("5")),
            ]
        )
        let predicate = try fixture.audience.selectionSQL(
            RecipientSelection(.segment(definition)),
            schema: "audience",
            alias: "c"
        )
        let interested = try fixture.audience.columnSQL(
            for: .interested(category: "x", groups: ["y"]),
            contactAlias: "c",
            schema: "audience"
        )
        let emails = try ledger.write { db in
            try db.execute(sql: "CREATE TABLE recipient (ordinal INTEGER PRIMARY KEY, contact INTEGER)")
            try db.execute(
                sql: "INSERT INTO recipient (contact) SELECT c.id FROM audience.contact AS c WHERE \(predicate.sql)",
                arguments: predicate.statementArguments
            )
            let sql =
                "SELECT c.email || \(interested) FROM recipient JOIN audience.contact AS c ON c.id = recipient.contact"
            return try String.fetchAll(db, sql: sql)
        }
        #expect(emails == ["a@x.org0"])
    }

    @Test func `a field that a saved segment has a condition on is not taken away`() throws {
        let size = Condition(field: "SIZE", op: "is", value: .text("S"))
        let score = Condition(field: "merge2", op: "greater", value: .number("1"))
        let nested = SegmentDefinition(match: .any, terms: [.group(.init(match: .all, conditions: [size]))])
        try fixture.audience.saveSegment(nested, named: "small")
        try fixture.audience.saveSegment(.init(match: .all, conditions: [score]), named: "good")
        let fields = try fixture.audience.listedFields()
        func remove(_ tag: String) throws {
            let id = try #require(fields.first { $0.field.tag == tag }?.id)
            try fixture.audience.database.write { try Audience.remove(field: id, $0) }
        }
        #expect(fields.first { $0.field.tag == "SCORE" }?.id == 2)
        for (tag, segment) in [("SIZE", "small"), ("SCORE", "good")] {
            let error = try #require(throws: AudienceError.self) { try remove(tag) }
            #expect(error.code == .fieldInUse && error.message.contains("\"\(segment)\" has a condition on \(tag)"))
        }
        #expect(try fixture.audience.listedFields() == fields)
        try remove("DAY")
        try fixture.audience.deleteSavedSegment(named: "small")
        try remove("SIZE")
        let left = fields.map(\.field.tag).filter { $0 != "DAY" && $0 != "SIZE" }
        #expect(try fixture.audience.listedFields().map(\.field.tag) == left)
    }
}
