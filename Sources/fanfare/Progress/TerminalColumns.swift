extension Character {
    /// How many columns of a terminal it takes: two for East Asian wide characters and emoji, none for what only
    /// joins or accents the one before.
    var terminalColumns: Int {
        let scalars = unicodeScalars
        // U+FE0F asks for the coloured form of what would else be a narrow sign.
        if scalars.contains(where: { $0.isWide || $0.value == 0xFE0F }) { return 2 }
        return scalars.allSatisfy(\.takesNoColumn) ? 0 : 1
    }
}

extension Unicode.Scalar {
    fileprivate var takesNoColumn: Bool {
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: true
        default: (0x1160...0x11FF).contains(value)
        }
    }

    /// Wide or fullwidth in Unicode's EastAsianWidth, or shown as an emoji by itself.
    fileprivate var isWide: Bool {
        if value < 0x1100 { return false }
        return properties.isEmojiPresentation || Self.wide.contains { $0.contains(value) }
    }

    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,
        0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18DFF,
        0x1AFF0...0x1B2FF, 0x1F200...0x1F265, 0x20000...0x3FFFD,
    ]
}
