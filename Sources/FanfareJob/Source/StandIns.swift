/// Private-use characters that stand for others while libyaml reads a text, one for one, so that every line and column
/// stays true.
///
/// - A `*` begins an alias. With a stand-in, no alias is ever followed (so none can blow a small file up), and a
///   merge tag that somebody forgot to quote is a value like any other that can be reported beside all else.
/// - U+0085, U+2028 and U+2029 end lines in libyaml, though not in YAML 1.2 nor in editors.
/// - `\uD83D\uDE00` is how many programs write one character in JSON; libyaml takes no surrogates.
/// - The first letter of a key that stands twice: Yams gives up at the first such mapping.
struct StandIns {
    /// Those of the text's own.
    private let taken: Set<Unicode.Scalar>
    private var next = StandIns.range.lowerBound
    /// What each stands for; a key's first letter may itself be a stand-in.
    private var originals: [Unicode.Scalar: Unicode.Scalar] = [:]
    /// Characters written as two escapes; the stand-in is followed by eleven fillers.
    private var pairs: [Unicode.Scalar: (character: Unicode.Scalar, written: String)] = [:]
    private var star: Unicode.Scalar?
    private var filler: Unicode.Scalar?

    /// - Parameter text: The text; none of its own characters becomes a stand-in.
    init(for text: [Unicode.Scalar]) {
        taken = Set(text.lazy.filter { StandIns.range.contains($0.value) })
    }

    private static let range: ClosedRange<UInt32> = 0xE000...0xF8FF

    private mutating func takeUnused() -> Unicode.Scalar? {
        while next <= StandIns.range.upperBound, let scalar = Unicode.Scalar(next) {
            next += 1
            if !taken.contains(scalar) { return scalar }
        }
        return nil
    }

    /// A stand-in for this character that is used for nothing else, or nil when there are no more.
    mutating func make(for original: Unicode.Scalar) -> Unicode.Scalar? {
        guard let scalar = takeUnused() else { return nil }
        originals[scalar] = original
        return scalar
    }

    /// The text with all of that replaced but keys.
    ///
    /// - Returns: Nil when the text has used up the private characters itself.
    mutating func hidingMarks(in text: [Unicode.Scalar]) -> [Unicode.Scalar]? {
        var marks: [Unicode.Scalar: Unicode.Scalar] = [:]
        for mark in ["*", "\u{85}", "\u{2028}", "\u{2029}"] as [Unicode.Scalar] {
            guard let standIn = make(for: mark) else { return nil }
            marks[mark] = standIn
        }
        star = marks["*"]
        filler = takeUnused()
        var hidden = text.map { marks[$0] ?? $0 }
        hidePairs(in: &hidden)
        return hidden
    }

    /// The text of a value as it was meant.
    ///
    /// - Parameter resolvesEscapes: Whether it stood in double quotes, where an escape is one.
    func restored(_ text: String, resolvesEscapes: Bool) -> String {
        let isChanged = text.unicodeScalars.contains { originals[$0] != nil || pairs[$0] != nil }
        guard isChanged else { return text }
        var restored = String.UnicodeScalarView()
        for scalar in text.unicodeScalars where scalar != filler {
            var original = scalar
            while let next = originals[original] { original = next }
            if let pair = pairs[original] {
                if resolvesEscapes { restored.append(pair.character) } else { restored += pair.written.unicodeScalars }
            } else {
                restored.append(original)
            }
        }
        return String(restored)
    }

    /// Whether an unquoted value began with a star.
    func beginsWithStar(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first else { return false }
        return first == star || originals[first] == star
    }
}

// MARK: Surrogate pairs

extension StandIns {
    private mutating func hidePairs(in text: inout [Unicode.Scalar]) {
        var known: [[Unicode.Scalar]: Unicode.Scalar] = [:]
        var backslashes = 0
        var index = 0
        while index < text.count {
            let isEscape = text[index] == "\\" && backslashes % 2 == 0
            backslashes = text[index] == "\\" ? backslashes + 1 : 0
            guard isEscape, index + 12 <= text.count, let filler, let character = pair(text[index..<index + 12]) else {
                index += 1
                continue
            }
            let written = Array(text[index..<index + 12])
            guard let standIn = known[written] ?? takeUnused() else { return }
            known[written] = standIn
            pairs[standIn] = (character, String(String.UnicodeScalarView(written)))
            text.replaceSubrange(index..<index + 12, with: [standIn] + repeatElement(filler, count: 11))
            backslashes = 0
            index += 12
        }
    }

    /// The character that twelve scalars `\uD83D\uDE00` mean, if they are such.
    private func pair(_ text: ArraySlice<Unicode.Scalar>) -> Unicode.Scalar? {
        let high = text.prefix(6)
        let low = text.suffix(6)
        guard let first = codeUnit(high), let second = codeUnit(low), (0xD800..<0xDC00).contains(first),
            (0xDC00..<0xE000).contains(second)
        else { return nil }
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    }

    private func codeUnit(_ text: ArraySlice<Unicode.Scalar>) -> UInt32? {
        guard text.starts(with: ["\\", "u"]) else { return nil }
        let digits = text.dropFirst(2)
        guard digits.allSatisfy({ $0.properties.isASCIIHexDigit }) else { return nil }
        return UInt32(String(String.UnicodeScalarView(digits)), radix: 16)
    }
}
