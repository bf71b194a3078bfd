import FanfareAudience
import FanfareJob
import Testing

@Suite("A segment as it is written")
struct SegmentFormatTests {
    private func parse(_ text: String, _ limits: SegmentLimits = .own) throws -> SegmentDefinition {
        let part = try SegmentText.parse(text, from: "f", limits: limits)
        guard case .segment(let definition) = part else { return try #require(nil, "\(part)") }
        return definition
    }

    private func problem(_ text: String, _ limits: SegmentLimits = .own) throws -> JobProblem {
        let error = try #require(throws: JobError.self) { try SegmentText.parse(text, from: "f", limits: limits) }
        #expect(error.problems.count == 1, "\(error)")
        return try #require(error.problems.first)
    }

    @Test("a group stands for a condition; as YAML and as JSON it is the same")
    func group() throws {
        let yaml = """
            match: all
            conditions:
              - {field: rating, op: greater, value: 3}
              - match: any
                conditions:
                  - {field: ipgeo, op: ipgeoin, value: 25, addr: Paris, lat: 48.8566, lng: "2.3522"}
                  - {field: interests-Music, op: interestcontains, value: [Jazz, Rock]}
            """
        let json = """
            {"conditions": [{"field": "rating", "op": "greater", "value": 3}, {"match": "any", "conditions": [\
            {"field": "ipgeo", "op": "ipgeoin", "value": 25, "addr": "Paris", "lat": 48.8566, "lng": "2.3522"}, \
            {"field": "interests-Music", "op": "interestcontains", "value": ["Jazz", "Rock"]}]}]}
            """
        let definition = try parse(yaml)
        #expect(try parse(json) == definition)
        #expect(
            definition
                == SegmentDefinition(
                    match: .all,
                    terms: [
                        .condition(.init(field: "rating", op: "greater", value: .number("3"))),
                        .group(
                            SegmentDefinition(
                                match: .any,
                                conditions: [
                                    .init(
                                        field: "ipgeo",
                                        op: "ipgeoin",
                                        value: .number("25"),
                                        address: .text("Paris"),
                                        latitude: .number("48.8566"),
                                        longitude: .text("2.3522")
                                    ),
                                    .init(
                                        field: "interests-Music",
                                        op: "interestcontains",
                                        value: .list(["Jazz", "Rock"])
                                    ),
                                ]
                            )
                        ),
                    ]
                )
        )
    }

    @Test("a group too deep is named by its path")
    func tooDeep() throws {
        let deep = try problem("{conditions: [{field: A}, {conditions: [{field: B}, {match: any, conditions: [{}]}]}]}")
        #expect(deep.path == ["conditions", 1, "conditions", 1])
        #expect(deep.message.contains("`conditions[1].conditions[1]`: a group is not accepted here"))
        #expect(deep.message.contains("groups are nested to depth 2"))
        #expect(deep.place == Place(line: 1, column: 53))
        let flat = try problem("{conditions: [{conditions: [{field: A}]}]}", .mailchimp)
        #expect(flat.path == ["conditions", 0])
    }

    @Test("a list is as long as the limits say")
    func length() throws {
        func flat(_ count: Int) -> String {
            "{conditions: [\(Array(repeating: "{field: A, op: blank}", count: count).joined(separator: ", "))]}"
        }
        #expect(try parse(flat(100)).terms.count == 100)
        #expect(try problem(flat(101)).accepted?.contains("1 … 100 items") == true)
        #expect(try parse(flat(10), .mailchimp).terms.count == 10)
        #expect(try problem(flat(11), .mailchimp).accepted?.contains("1 … 10 items") == true)
    }

    @Test("a key that no condition has, or no group")
    func unknownKey() throws {
        let condition = try problem("{conditions: [{field: A, latt: 1}]}")
        #expect((condition.code, condition.suggestion) == (.unknownKey, "did you mean `lat`?"))
        let misspelt = "{conditions: [{match: any, conditons: [{field: A}]}]}"
        let error = #expect(throws: JobError.self) { try SegmentText.parse(misspelt, from: "f") }
        #expect(error?.problems.map(\.code) == [.missingKey, .unknownKey])
        #expect(error?.problems.last?.suggestion == "did you mean `conditions`?")
    }
}
