/// The inside of JSON strings.
enum JSONText {
    /// Writes what stands between a JSON string's quotes without its escapes; unpaired surrogates become U+FFFD.
    ///
    /// - Parameter output: At least as long as the text.
    /// - Returns: How many bytes were written.
    static func unescape(_ text: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int {
        var read = 0
        var written = 0
        func put(_ byte: UInt8) {
            output[written] = byte
            written += 1
        }
        while read < text.count {
            let byte = text[read]
            guard byte == UInt8(ascii: "\\"), read + 1 < text.count else {
                put(byte)
                read += 1
                continue
            }
            let letter = text[read + 1]
            read += 2
            switch letter {
            case UInt8(ascii: "b"): put(0x08)
            case UInt8(ascii: "t"): put(0x09)
            case UInt8(ascii: "n"): put(0x0A)
            case UInt8(ascii: "f"): put(0x0C)
            case UInt8(ascii: "r"): put(0x0D)
            case UInt8(ascii: "u"):
                let scalar = scalar(in: text, at: &read)
                for unit in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { put(unit) }
            default: put(letter)
            }
        }
        return written
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
