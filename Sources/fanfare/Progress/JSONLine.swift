import Foundation

/// What `--json` prints: an object on one line, its keys in order.
enum JSONLine {
    /// - Throws: What a value that JSON does not have (not a number) throws.
    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
