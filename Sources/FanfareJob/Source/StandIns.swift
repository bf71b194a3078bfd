/// Private-use characters that stand for others while libyaml reads a text, one for one, so that every line and column
/// stays true.
///
/// - A `*` begins an alias. With a stand-in, no alias is ever followed (so none can blow a small file up), and a
///   merge tag that somebody forgot to quote is a value like any other that can be reported beside all else.
/// - U+0085, U+2028 and U+2029 end lines in libyaml, though not in YAML 1.2 nor in editors.
/// - The first letter of a key that stands twice: libyaml's caller gives up at the first such mapping.
struct StandIns {
    private var unused: [Unicode.Scalar]
    private var originals: [Unicode.Scalar: Unicode.Scalar] = [:]
    private(set) var star: Unicode.Scalar?

    /// - Parameter text: The text; none of its own characters becomes a stand-in.
    init(for text: [Unicode.Scalar]) {
        let taken = Set(text.lazy.filter { StandIns.range.contains($0.value) })
        unused = StandIns.range.lazy.compactMap(Unicode.Scalar.init).filter { !taken.contains($0) }.prefix(200)
            .reversed()
    }

    private static let range: ClosedRange<UInt32> = 0xE000...0xF8FF

    /// A stand-in for this character that is used for nothing else, or nil when there are no more.
    mutating func make(for original: Unicode.Scalar) -> Unicode.Scalar? {
        guard let scalar = unused.popLast() else { return nil }
        originals[scalar] = original
        return scalar
    }

    /// The text with the characters replaced that libyaml takes for something else.
    ///
    /// - Returns: Nil when the text has used up the private characters itself.
    mutating func hidingMarks(in text: [Unicode.Scalar]) -> [Unicode.Scalar]? {
        var marks: [Unicode.Scalar: Unicode.Scalar] = [:]
        for mark in ["*", "\u{85}", "\u{2028}", "\u{2029}"] as [Unicode.Scalar] {
            guard let standIn = make(for: mark) else { return nil }
            marks[mark] = standIn
        }
        star = marks["*"]
        return text.map { marks[$0] ?? $0 }
    }

    /// The text with every stand-in replaced by what it stands for.
    func restored(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { originals[$0] != nil }) else { return text }
        var restored = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            var original = scalar
            // A key's first letter may itself be the stand-in of a star.
            while let next = originals[original] { original = next }
            restored.append(original)
        }
        return String(restored)
    }

    /// An unquoted value that began with a star.
    func beginsWithStar(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first else { return false }
        return first == star || originals[first] == star
    }
}
