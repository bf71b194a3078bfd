/// Makes one line for people of bytes that a receiver chose.
struct AnswerText {
    /// Longer ones are cut; a page shows dozens.
    static let maximumLength = 240

    private let isCovering: Bool

    /// - Parameter covering: Whether what looks like an address or a telephone number is covered.
    init(covering: Bool) { isCovering = covering }

    /// Text of bytes that may be no text.
    func line(_ bytes: [UInt8]) -> String { line(String(decoding: bytes, as: UTF8.self)) }

    /// The text on one line, without control and format characters.
    func line(_ text: String) -> String {
        let words = text.split { $0.isWhitespace }.joined(separator: " ")
        var shown = String(String.UnicodeScalarView(words.unicodeScalars.filter(Self.isShown)))
        if isCovering { shown = Self.cover(shown) }
        return shown.count > Self.maximumLength ? shown.prefix(Self.maximumLength) + "…" : shown
    }

    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }

    // MARK: Covering

    /// Digits that make a telephone number: fewer stand in dates and error codes.
    private static let phoneDigits = 8

    /// Covers each run of characters without a blank that holds an `@`, also as `%40`, and each run of digits that is
    /// long enough to be a telephone number, with what people write between them.
    private static func cover(_ text: String) -> String {
        var result: [Character] = []
        var run: [Character] = []
        for character in text {
            if isBoundary(character) {
                result += covered(run)
                run.removeAll(keepingCapacity: true)
                result.append(character)
            } else {
                run.append(character)
            }
        }
        return coverNumbers(result + covered(run))
    }

    private static func isBoundary(_ character: Character) -> Bool {
        character.isWhitespace || "\"'<>(){}[],;:=&?".contains(character)
    }

    private static func covered(_ run: [Character]) -> [Character] {
        let text = String(run)
        // An `@` alone is a word, no address.
        guard run.count > 2, text.contains("@") || text.contains("%40") else { return run }
        return Array("[address]")
    }

    private static func coverNumbers(_ text: [Character]) -> String {
        var result = ""
        var run: [Character] = []
        for character in text {
            if character.isNumber || (!run.isEmpty && "-.()/ ".contains(character)) || character == "+" {
                run.append(character)
            } else {
                result += coveredNumber(run)
                run.removeAll(keepingCapacity: true)
                result.append(character)
            }
        }
        return result + coveredNumber(run)
    }

    private static func coveredNumber(_ run: [Character]) -> String {
        guard run.count(where: \.isNumber) >= phoneDigits else { return String(run) }
        // What follows the last digit belongs to the text behind.
        let end = run.lastIndex(where: \.isNumber).map { $0 + 1 } ?? run.count
        return "[number]" + String(run[end...])
    }
}
