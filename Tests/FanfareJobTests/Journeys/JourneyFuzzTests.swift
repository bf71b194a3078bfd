import FanfareJob
import FanfareTesting
import Testing

@Suite("Journeys that nobody would write")
struct JourneyFuzzTests {
    let folder: JobFolder

    init() throws { folder = try JobFolder() }

    @Test("whatever is in a document, it is a journey or has problems with places", arguments: 0..<4)
    func mutated(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed &* 0x1234_5678_9ABC_DEF1 &+ 7)
        var words = JobFuzzTests.pieces + ["[secret]", "*|", "start", "manual", "specific_date"]
        words += exampleJourney.split(whereSeparator: { " {}[],:\n\"".contains($0) }).map(String.init)
        for round in 0..<100 {
            var bytes = Array((round % 5 == 0 ? smallestJourney : exampleJourney).utf8)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: 0...bytes.count, using: &generator)
                let end = min(bytes.count, index + Int.random(in: 0...12, using: &generator))
                let piece = Bool.random(using: &generator) ? words.randomElement(using: &generator) ?? "" : ""
                bytes.replaceSubrange(index..<end, with: piece.utf8)
            }
            do {
                let document = try JourneyDocument.read(
                    bytes,
                    file: "f",
                    folder: folder.path,
                    environment: JobFolder.environment
                )
                let stored = try document.map.encoded { EncodingTests.seal($0) }
                let again = try JourneyMap.decoded(
                    stored,
                    name: "f",
                    environment: JobFolder.environment,
                    open: EncodingTests.open
                )
                #expect(again == document.map, "\(String(decoding: bytes, as: UTF8.self))")
            } catch let error as JobError {
                for problem in error.problems {
                    let place = try #require(problem.place, "\(problem)")
                    #expect(place.line >= 1 && place.column >= 1 && !problem.message.isEmpty, "\(problem)")
                }
            }
        }
    }
}
