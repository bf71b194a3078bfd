import FanfareAudience
import FanfarePayload
import FanfareTesting
import Testing

/// Compares selections with an evaluator that looks at one contact after the other, in the plainest way.
@Suite struct SegmentRandomTests {
    /// A segment or a group, and what it means.
    private struct Made {
        let definition: SegmentDefinition
        let holds: (SegmentPerson) -> Bool
    }

    private static func made(_ random: inout SeededGenerator, depth: Int) -> Made {
        let match = SegmentDefinition.Match.allCases.randomElement(using: &random)!
        var terms: [SegmentDefinition.Term] = []
        var tests: [(SegmentPerson) -> Bool] = []
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            if depth > 1, Int.random(in: 0..<3, using: &random) == 0 {
                let group = made(&random, depth: depth - 1)
                terms.append(.group(group.definition))
                tests.append(group.holds)
            } else {
                let condition = RandomCondition.random(&random)
                terms.append(.condition(condition.condition))
                tests.append(condition.holds)
            }
        }
        return Made(definition: SegmentDefinition(match: match, terms: terms)) { person in
            match == .all ? tests.allSatisfy { $0(person) } : tests.contains { $0(person) }
        }
    }

    private static func filled(_ random: inout SeededGenerator) throws -> (AudienceFixture, [SegmentPerson]) {
        let people = (0..<200).map { SegmentPerson.random($0, &random) }
        let fixture = try AudienceFixture()
        let path = try fixture.write(people.map { try $0.line() }.joined(separator: "\n").utf8, to: "people.jsonl")
        let summary = try fixture.audience.importContacts(from: path, options: SegmentPerson.options)
        try #require(summary.created == people.count, "\(summary.rejects)")
        return (fixture, people)
    }

    private static let context = SegmentContext(timeZone: RandomCondition.zone, now: RandomCondition.now)

    @Test(arguments: 1...6)
    func `SQL selects whom the plain evaluator selects`(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let (fixture, people) = try Self.filled(&random)
        for _ in 0..<120 {
            let made = Self.made(&random, depth: 2)
            let definition = made.definition
            let selection = RecipientSelection(.segment(definition))
            let selected = try fixture.addresses(selection, context: Self.context)
            let expected = Set(people.filter(made.holds).map(\.email))
            #expect(Set(selected) == expected, "\(definition)")
            #expect(try fixture.audience.count(selection, context: Self.context) == expected.count)
            try fixture.audience.saveSegment(definition, named: "random")
            #expect(try fixture.audience.savedSegment(named: "random") == definition)
            let person = try #require(people.randomElement(using: &random))
            let explanation = try fixture.audience.explain(definition, email: person.email, context: Self.context)
            #expect(explanation?.isMember == made.holds(person), "\(definition)")
        }
    }

    @Test func `each type alone selects whom the plain evaluator selects, and explains it`() throws {
        var random = SeededGenerator(seed: 7)
        let (fixture, people) = try Self.filled(&random)
        for maker in RandomCondition.makers {
            for _ in 0..<12 {
                let made = maker(&random)
                let definition = SegmentDefinition(match: .any, conditions: [made.condition])
                let expected = Set(people.filter(made.holds).map(\.email))
                let selection = RecipientSelection(.segment(definition))
                #expect(Set(try fixture.addresses(selection, context: Self.context)) == expected, "\(made.condition)")
                let person = try #require(people.randomElement(using: &random))
                let explanation = try fixture.audience.explain(definition, email: person.email, context: Self.context)
                guard case .condition(let tried)? = explanation?.root.terms.first else {
                    Issue.record("a condition is explained as something else")
                    continue
                }
                #expect(tried.isMet == made.holds(person), "\(made.condition)")
                #expect(tried.definition == made.condition)
            }
        }
    }
}
