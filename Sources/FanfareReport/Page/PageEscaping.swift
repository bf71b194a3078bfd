package import Mustache

/// Makes text safe inside HTML's elements and quoted attributes.
///
/// The library's own escaping looks at whole characters, in which a quotation mark with an accent upon it is no
/// quotation mark; a browser sees the mark all the same. This one looks at each scalar. What would turn the direction
/// of the text around it, or does not print, becomes a replacement character.
package struct PageEscaping: MustacheContentType {
    /// What templates call it.
    package static let name = "FANFARE"

    package init() {}

    package func escapeText(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": result += "&lt;".unicodeScalars
            case ">": result += "&gt;".unicodeScalars
            case "&": result += "&amp;".unicodeScalars
            case "\"": result += "&quot;".unicodeScalars
            case "'": result += "&#39;".unicodeScalars
            case "`": result += "&#96;".unicodeScalars
            default: result.append(Self.isHarmless(scalar) ? scalar : "\u{FFFD}")
            }
        }
        return String(result)
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A: true
        case ..<0x20, 0x7F..<0xA0: false
        case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: false
        default: true
        }
    }
}
