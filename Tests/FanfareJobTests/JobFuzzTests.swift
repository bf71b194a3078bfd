import FanfareJob
import FanfareTesting
import Foundation
import Testing

struct JobFuzzTests {
    let folder: JobFolder

    init() throws { folder = try JobFolder() }

    /// Pieces that mean something to YAML or to a job file.
    static let pieces = [
        "*", "&a ", "*a", "!", "!!int ", "{", "}", "[", "]", ":", ": ", ",", "- ", "? ", "|", ">", "\"", "'", "\\", "#",
        "%",
        "@", "\t", "\n", "\r", "\r\n", "  ", "\u{2028}", "\u{85}", "\u{FEFF}", "\u{E000}", "\u{F8FF}", "\u{0}", "🎉",
        "é",
        "---\n", "...\n", "null", "true", "1e999", "0x1F", "<<", "10s", "5000/s", "99%", "*|FNAME|*", "\\uD83D\\uDE00",
        "\\ud83d", "name: a\n", "name: b\n", "auth: {bearer: x}\n", "data: ", "2026-03-29 02:30", "Europe/Paris",
    ]

    @Test(arguments: 0..<8) func `whatever is in a file, it is a job or has problems with places`(_ seed: UInt64) throws
    {
        var generator = SeededGenerator(seed: seed &* 0x1234_5678_9ABC_DEF1 &+ 99)
        var jobs = 0
        for round in 0..<150 {
            var bytes = Array((round % 5 == 0 ? EncodingTests.everything : exampleJob).utf8)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                mutate(&bytes, &generator)
            }
            do {
                let loaded = try JobFile.parse(
                    bytes,
                    file: "f",
                    folder: folder.path,
                    environment: JobFolder.environment
                )
                jobs += 1
                try #require(loaded.source.place(of: ["webhook", "url"]).line >= 1)
            } catch let error as JobError {
                try check(error, bytes)
            }
        }
        #expect(jobs > 0)
    }

    private func check(_ error: JobError, _ bytes: [UInt8]) throws {
        let lines = bytes.count { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } + 1
        try #require(!error.problems.isEmpty)
        for problem in error.problems {
            let place = try #require(problem.place, "\(problem)")
            #expect(place.line >= 1 && place.line <= lines + 1 && place.column >= 1, "\(problem)")
            #expect(!problem.message.isEmpty)
        }
        #expect(!error.description.contains(where: { $0 == "\u{0}" || $0 == "\u{1B}" }))
        #expect(!error.description.contains("hunter2"), "\(error)\n\(String(decoding: bytes, as: UTF8.self))")
    }

    private func mutate(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        let index = Int.random(in: 0...bytes.count, using: &generator)
        let end = min(bytes.count, index + Int.random(in: 0...12, using: &generator))
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: bytes.removeSubrange(index..<end)
        case 1:
            bytes.insert(contentsOf: JobFuzzTests.pieces.randomElement(using: &generator)?.utf8 ?? "".utf8, at: index)
        case 2:
            bytes.replaceSubrange(
                index..<end,
                with: JobFuzzTests.pieces.randomElement(using: &generator)?.utf8 ?? "".utf8
            )
        case 3: bytes.insert(contentsOf: bytes[index..<end], at: Int.random(in: 0...bytes.count, using: &generator))
        case 4 where index < bytes.count: bytes[index] = UInt8.random(in: 0...255, using: &generator)
        default: bytes.removeSubrange(index...)
        }
    }
}
