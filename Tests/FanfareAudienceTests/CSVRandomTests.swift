import FanfareTesting
import Testing

@testable import FanfareAudience

/// Compares the reader with a writer: whatever cells are written come back, however small the buffer is.
@Suite struct CSVRandomTests {
    final class Pieces: ByteSource {
        let name = "pieces"
        private var bytes: ArraySlice<UInt8>
        private var random: SeededGenerator

        init(_ bytes: [UInt8], _ random: SeededGenerator) {
            self.bytes = bytes[...]
            self.random = random
        }

        func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
            let piece = bytes.prefix(min(buffer.count, Int.random(in: 1...7, using: &random)))
            bytes = bytes.dropFirst(piece.count)
            buffer.copyBytes(from: piece)
            return piece.count
        }
    }

    @Test(arguments: 1...20)
    func `what is written comes back`(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let pieces = ["a", "bc", "\"", ",", "\n", "\r", "\r\n", "é", " ", "😀", ""]
        var text = Bool.random(using: &random) ? "\u{feff}" : ""
        var rows: [[String]] = []
        for _ in 0..<Int.random(in: 1...40, using: &random) {
            let row = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                (0..<Int.random(in: 0...6, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
                    .joined()
            }
            rows.append(row)
            let cells = row.map { cell in
                let mustQuote = cell.unicodeScalars.contains { ",\"\r\n".unicodeScalars.contains($0) } || row == [""]
                guard mustQuote || Bool.random(using: &random) else { return cell }
                return "\"" + cell.unicodeScalars.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\""
            }
            text += cells.joined(separator: ",") + (["\n", "\r\n", "\r"].randomElement(using: &random) ?? "\n")
        }
        if Bool.random(using: &random) { text = String(text.unicodeScalars.dropLast(text.hasSuffix("\r\n") ? 2 : 1)) }
        let reader = CSVReader(InputBuffer(source: Pieces(Array(text.utf8), random), capacity: 8))
        var read: [[String]] = []
        while try reader.next() {
            #expect(reader.fault == nil)
            read.append(reader.cells.map { String(decoding: $0, as: UTF8.self) })
        }
        #expect(read.map { $0.map { Array($0.utf8) } } == rows.map { $0.map { Array($0.utf8) } })
    }

    @Test(arguments: 1...20)
    func `bytes of any kind are read to their end or refused`(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let alphabet: [UInt8] = [0x22, 0x2c, 0x0a, 0x0d, 0x61, 0x00, 0xc3, 0xa9, 0xff, 0xef, 0xbb, 0xbf]
        let bytes = (0..<2000).map { _ in alphabet.randomElement(using: &random) ?? 0 }
        let reader = CSVReader(InputBuffer(source: Pieces(bytes, random), capacity: 8))
        var lastLine = 0
        do {
            while try reader.next() {
                #expect(reader.line > lastLine)
                lastLine = reader.line
                #expect(!reader.record.isEmpty)
            }
        } catch let error as AudienceError {
            #expect(error.code == .malformedFile)
        }
    }

    @Test(arguments: 1...20)
    func `JSON of any kind is read or refused`(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let pieces = [
            "{", "}", "[", "]", ":", ",", "\"a\"", "\"", "\\u00e9", "\\", "1", "-0.5e3", "true", "null", " ", "é",
        ]
        var objects = JSONObjectReader()
        for _ in 0..<500 {
            let text =
                "{"
                + (0..<Int.random(in: 0...12, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
                .joined()
            let fault = Array(text.utf8).withUnsafeBytes { objects.read($0) }
            if fault == nil { #expect(text.hasSuffix("}") || text.hasSuffix(" ")) }
        }
    }
}
