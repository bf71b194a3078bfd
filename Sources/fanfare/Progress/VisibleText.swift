/// Bytes of others as a terminal may have them: readable, and nothing that it would obey.
enum VisibleText {
    /// UTF-8 as text; control characters but line feed and tab as `\x1B`, ill-formed bytes as U+FFFD.
    static func text(_ bytes: [UInt8]) -> String {
        var result = ""
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            switch scalar {
            case "\n", "\t": result.unicodeScalars.append(scalar)
            case _ where isCommand(scalar): result += escape(scalar)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// The same of a text.
    static func text(_ text: String) -> String { self.text(Array(text.utf8)) }

    /// Whether the bytes are UTF-8 without control characters but line feed and tab.
    static func isPlain(_ bytes: [UInt8]) -> Bool {
        guard let text = String(validating: bytes, as: UTF8.self) else { return false }
        return text.unicodeScalars.allSatisfy { $0 == "\n" || $0 == "\t" || !isCommand($0) }
    }

    /// Control characters, and those that turn the direction of what follows and so hide what it says.
    private static func isCommand(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x202A...0x202E, 0x2066...0x2069: true
        default: scalar.properties.generalCategory == .control
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return scalar.value < 0x100 ? "\\x" + (digits.count < 2 ? "0" : "") + digits : "\\u{\(digits)}"
    }
}
