/// The letters of PHP's `date()`, as `*|DATE:…|*` takes them.
///
/// The zone is known by its offset alone, so `e` and `T` give `+02:00` and `I` gives `0`, as PHP does for such zones;
/// times have whole seconds, so `u` and `v` give zeros.
enum PHPDateFormat {
    enum Part: Equatable {
        case letter(UInt8)
        case text([UInt8])
    }

    private static let letters = Set("dDjlNSwzWFmMntLoYyaABgGhHisuveIOPpTU".utf8)

    /// A format's parts.
    ///
    /// A backslash takes the meaning from the letter after it.
    static func parts(of format: [UInt8]) -> [Part] {
        var parts: [Part] = []
        var text: [UInt8] = []
        var rest = expandingShorthands(format)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), let plain = rest.popFirst() {
                text.append(plain)
            } else if letters.contains(byte) {
                if !text.isEmpty { parts.append(.text(text)) }
                text = []
                parts.append(.letter(byte))
            } else {
                text.append(byte)
            }
        }
        if !text.isEmpty { parts.append(.text(text)) }
        return parts
    }

    /// Writes `c` (ISO 8601) and `r` (RFC 2822) out.
    private static func expandingShorthands(_ format: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var escaped = false
        for byte in format {
            switch byte {
            case UInt8(ascii: "c") where !escaped: result += Array(#"Y-m-d\TH:i:sP"#.utf8)
            case UInt8(ascii: "r") where !escaped: result += Array("D, d M Y H:i:s O".utf8)
            default: result.append(byte)
            }
            escaped = !escaped && byte == UInt8(ascii: "\\")
        }
        return result
    }
}
