/// The inside of JSON strings.
enum JSONText {
    /// Writes what stands between a JSON string's quotes without its escapes; unpaired surrogates become U+FFFD.
    ///
    /// - Parameter output: At least as long as the text.
    /// - Returns: How many bytes were written.
    static func unescape(_ text: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int {
        var read = 0
        var written = 0
        while read < text.count {
            guard text[read] == UInt8(ascii: "\\"), read + 1 < text.count else {
                output[written] = text[read]
                written += 1
                read += 1
                continue
            }
            let letter = text[read + 1]
            read += 2
            if letter == UInt8(ascii: "u") {
                written += write(scalar(in: text, at: &read), into: output, at: written)
            } else {
                output[written] = character(ofEscape: letter)
                written += 1
            }
        }
        return written
    }

    /// What a backslash and a letter stand for.
    private static func character(ofEscape letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "t"): 0x09
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "r"): 0x0D
        default: letter
        }
    }

    /// Writes a scalar as UTF-8; returns how many bytes that took.
    private static func write(
        _ scalar: Unicode.Scalar,
        into output: UnsafeMutableRawBufferPointer,
        at place: Int
    ) -> Int {
        let value = scalar.value
        let length = Unicode.UTF8.width(scalar)
        switch length {
        case 1: output[place] = UInt8(value)
        case 2: output[place] = UInt8(0xC0 | value >> 6)
        case 3: output[place] = UInt8(0xE0 | value >> 12)
        default: output[place] = UInt8(0xF0 | value >> 18)
        }
        for index in 1..<length {
            output[place + index] = UInt8(0x80 | value >> (6 * UInt32(length - 1 - index)) & 0x3F)
        }
        return length
    }

    /// The scalar of `XXXX`, or of `XXXX\uXXXX` when that is a surrogate pair.
    private static func scalar(in text: UnsafeRawBufferPointer, at read: inout Int) -> Unicode.Scalar {
        let replacement: Unicode.Scalar = "\u{FFFD}"
        guard let first = unit(in: text, at: read) else { return replacement }
        read += 4
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, read + 1 < text.count, text[read] == UInt8(ascii: "\\"),
            text[read + 1] == UInt8(ascii: "u"),
            let second = unit(in: text, at: read + 2), (0xDC00...0xDFFF).contains(second)
        else { return replacement }
        read += 6
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? replacement
    }

    private static func unit(in text: UnsafeRawBufferPointer, at start: Int) -> UInt32? {
        guard start + 4 <= text.count else { return nil }
        var value: UInt32 = 0
        for index in start..<start + 4 {
            guard let digit = hexValue(text[index]) else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
