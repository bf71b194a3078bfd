import FanfareAudience
import FanfarePayload
import GRDB
import Testing

@Suite("Groups of conditions in a segment")
struct SegmentGroupTests {
    typealias Condition = SegmentDefinition.Condition
    typealias Term = SegmentDefinition.Term

    let fixture: AudienceFixture

    init() throws {
        fixture = try AudienceFixture()
        let columns = ["SCORE": ColumnSpec(tag: "SCORE", kind: .number)]
        try fixture.importCSV(
            """
            email,FNAME,SCORE,TAGS
            a@x.org,Ada,12,
            b@x.org,Bob,3,Rock
            c@x.org,Cy,12,
            """,
            ImportOptions(columns: columns)
        )
    }

    private static let scored = Condition(field: "SCORE", op: "greater", value: .number("9"))
    private static let named = Condition(field: "FNAME", op: "is", value: .text("ada"))
    private static let tagged = Condition(field: "static_segment", op: "static_is", value: .text("rock"))

    /// A score, and a name or a tag.
    private static let nested = SegmentDefinition(
        match: .all,
        terms: [
            .condition(scored), .group(SegmentDefinition(match: .any, conditions: [named, tagged])),
        ]
    )

    private func problems(_ definition: SegmentDefinition, _ limits: SegmentLimits = .own) throws -> [SegmentProblem] {
        do {
            try fixture.audience.check(definition, limits: limits)
            return []
        } catch {
            #expect(error.code == .invalidSegment)
            return try #require(error.cause as? SegmentProblems).problems
        }
    }

    @Test("a group counts as one condition")
    func selection() throws {
        #expect(try fixture.addresses(RecipientSelection(.segment(Self.nested))) == ["a@x.org"])
        let turned = SegmentDefinition(
            match: .any,
            terms: [
                .condition(Self.tagged),
                .group(SegmentDefinition(match: .all, conditions: [Self.scored, Self.named])),
            ]
        )
        #expect(try fixture.addresses(RecipientSelection(.segment(turned))) == ["a@x.org", "b@x.org"])
    }

    @Test("a problem is named by the path of its condition")
    func path() throws {
        let bad = Condition(field: "FNAM", op: "is", value: .text("x"))
        let group = SegmentDefinition(match: .any, conditions: [Self.named, bad])
        let found = try problems(SegmentDefinition(match: .all, terms: [.condition(bad), .group(group)]))
        #expect(found.map(\.path) == [[0], [1, 1]])
        #expect(found.last?.description.hasPrefix("condition 2.2: field: the audience has no field") == true)
    }

    @Test("a segment or group without conditions is refused")
    func empty() throws {
        let empty = SegmentDefinition(match: .all, terms: [])
        #expect(try problems(empty).map(\.description) == ["conditions: there must be at least one"])
        let found = try problems(SegmentDefinition(match: .all, terms: [.condition(Self.named), .group(empty)]))
        #expect(found.map(\.description) == ["condition 2: conditions: there must be at least one"])
    }

    @Test("a hundred conditions in all are taken, groups nested to depth two")
    func limits() throws {
        let half = SegmentDefinition(match: .any, conditions: Array(repeating: Self.named, count: 50))
        #expect(try problems(SegmentDefinition(match: .all, terms: [.group(half), .group(half)])).isEmpty)
        let more = SegmentDefinition(match: .all, terms: [.group(half), .group(half), .condition(Self.scored)])
        #expect(try problems(more).map(\.description) == ["conditions: 101 were seen; at most 100 are accepted"])
        let deep = SegmentDefinition(match: .all, terms: [.condition(Self.scored), .group(Self.nested)])
        let found = try problems(deep)
        #expect(found.map(\.path) == [[1, 1]])
        #expect(found.first?.message.contains("nested to depth 2") == true)
    }

    @Test("Mailchimp's form is flat and has at most ten conditions")
    func limitsOfMailchimp() throws {
        let ten = Array(repeating: Self.named, count: 10)
        #expect(try problems(SegmentDefinition(match: .all, conditions: ten), .mailchimp).isEmpty)
        let eleven = SegmentDefinition(match: .all, conditions: ten + [Self.named])
        #expect(try problems(eleven, .mailchimp).map(\.message) == ["11 were seen; at most 10 are accepted"])
        #expect(try problems(Self.nested, .mailchimp).map(\.path) == [[1]])
    }

    @Test("of too many bad conditions only the first are told")
    func manyProblems() throws {
        let bad = Condition(field: "NONE", op: "is", value: .text("x"))
        let definition = SegmentDefinition(match: .any, conditions: Array(repeating: bad, count: 5000))
        #expect(try problems(definition).count == 101)
    }

    @Test("an explanation has the groups as they were written")
    func explanation() throws {
        let explanation = try #require(try fixture.audience.explain(Self.nested, email: "b@X.org"))
        #expect(!explanation.isMember)
        #expect(explanation.root.match == .all)
        guard case .condition(let score) = explanation.root.terms[0], case .group(let group) = explanation.root.terms[1]
        else {
            Issue.record("\(explanation)")
            return
        }
        #expect((score.isMet, score.value) == (false, "3"))
        #expect((group.match, group.isMet) == (.any, true))
        let tried = group.terms.compactMap { term in if case .condition(let condition) = term { condition } else { nil }
        }
        #expect(tried.map(\.isMet) == [false, true])
        #expect(tried.map(\.value) == ["Bob", "Rock"])
    }

    @Test("a segment that was saved before there were groups is read")
    func flatSaved() throws {
        try fixture.audience.database.write { db in
            let json =
                #"{"conditions":[{"field":"SCORE","op":"greater","value":{"number":"9"}}],"match":"any"}"#
            try db.execute(
                sql: """
                    INSERT INTO segment (kind, name, name_key, definition, created, updated)
                    VALUES ('saved', 'old', 'old', ?, 0, 0)
                    """,
                arguments: [json]
            )
        }
        #expect(
            try fixture.audience.savedSegment(named: "old")
                == SegmentDefinition(match: .any, conditions: [Self.scored])
        )
    }
}
