import FanfareJob
import Testing

struct JobProblemTests {
    let folder: JobFolder

    init() throws { folder = try JobFolder() }

    @Test func `all problems of a file are reported at once, in its order`() throws {
        let text = """
            fanfare: 1
            name: [a, b]
            audiense: {name: customers}
            audience:
              name: customers
              tag: 2026
            webhook:
              url: https://example.com
              content_type: jsn
              data: {a: 1}
            delivery:
              timeout: 10
              max_in_flight: many
              retires: [5s]
              canary: 100
            """
        let error = try #require(folder.error(in: text))
        #expect(
            error.problems.map(\.code) == [
                .wrongType, .unknownKey, .wrongType, .badValue, .wrongType, .wrongType, .unknownKey, .wrongType,
            ]
        )
        #expect(
            error.problems.map(\.place) == [
                Place(line: 2, column: 7), Place(line: 3, column: 1), Place(line: 6, column: 8),
                Place(line: 9, column: 17), Place(line: 12, column: 12), Place(line: 13, column: 18),
                Place(line: 14, column: 3), Place(line: 15, column: 11),
            ]
        )
        #expect(error.problems[1].suggestion == "did you mean `audience`?")
        #expect(error.problems[6].suggestion == "did you mean `retries`?")
    }
}
