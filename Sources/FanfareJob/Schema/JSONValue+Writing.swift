extension JSONValue {
    /// The value in one line without spaces: for one value always the same bytes.
    package var compact: String { String(decoding: compactBytes, as: UTF8.self) }

    /// The bytes of ``compact``, which are UTF-8.
    package var compactBytes: [UInt8] {
        var bytes: [UInt8] = []
        // Of most answers, which then grow but once.
        bytes.reserveCapacity(1024)
        write(to: &bytes, indentation: nil)
        return bytes
    }

    /// The value over several lines, for a person.
    package var pretty: String {
        var bytes: [UInt8] = []
        write(to: &bytes, indentation: 0)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// - Parameter indentation: Spaces before the line that the value begins on; nil: all is in one line.
    private func write(to bytes: inout [UInt8], indentation: Int?) {
        let inner = indentation.map { $0 + 2 }
        switch self {
        case .null: bytes.append("null")
        case .bool(let value): bytes.append(value ? "true" : "false")
        case .number(let literal): bytes.append(text: literal)
        case .string(let string): bytes.append(json: string)
        case .array(let items):
            bytes.append(UInt8(ascii: "["))
            for (index, item) in items.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                bytes.appendLine(inner)
                item.write(to: &bytes, indentation: inner)
            }
            if !items.isEmpty { bytes.appendLine(indentation) }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                bytes.appendLine(inner)
                bytes.append(json: member.key)
                bytes.append(inner == nil ? ":" : ": ")
                member.value.write(to: &bytes, indentation: inner)
            }
            if !members.isEmpty { bytes.appendLine(indentation) }
            bytes.append(UInt8(ascii: "}"))
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    fileprivate mutating func append(text: String) {
        var text = text
        text.withUTF8 { append(contentsOf: $0) }
    }

    /// Begins a line, unless all is in one.
    fileprivate mutating func appendLine(_ indentation: Int?) {
        guard let indentation else { return }
        append(UInt8(ascii: "\n"))
        append(contentsOf: repeatElement(UInt8(ascii: " "), count: indentation))
    }

    /// Appends a string in JSON's quotes, with what is no printable character of YAML escaped too, so that the text
    /// is YAML as well.
    fileprivate mutating func append(json string: String) {
        var string = string
        append(UInt8(ascii: "\""))
        string.withUTF8 { text in
            // What needs no escape, most often all, is appended in one piece.
            var (done, index) = (0, 0)
            while index < text.count {
                guard JSONEscape.mayBegin(with: text[index]), let length = JSONEscape.length(at: index, of: text) else {
                    index += 1
                    continue
                }
                append(contentsOf: UnsafeBufferPointer(rebasing: text[done..<index]))
                append(escaped: text[index..<index + length])
                index += length
                done = index
            }
            append(contentsOf: UnsafeBufferPointer(rebasing: text[done...]))
        }
        append(UInt8(ascii: "\""))
    }

    /// Appends the escape of one character.
    private mutating func append(escaped character: Slice<UnsafeBufferPointer<UInt8>>) {
        switch character[character.startIndex] {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case UInt8(ascii: "\n"): append("\\n")
        case UInt8(ascii: "\r"): append("\\r")
        case UInt8(ascii: "\t"): append("\\t")
        case let first:
            // Of a first byte the bits after the ones that tell the length are the character's, of others the last six.
            let beginning = character.count == 1 ? first : first & (0xFF >> UInt8(character.count + 1))
            let scalar = character.dropFirst().reduce(UInt32(beginning)) { $0 << 6 | UInt32($1 & 0x3F) }
            append("\\u")
            for shift: UInt32 in [12, 8, 4, 0] {
                let digit = UInt8(truncatingIfNeeded: scalar >> shift & 0xF)
                append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        }
    }
}

/// What is escaped in a text.
private enum JSONEscape {
    /// Whether a byte needs a closer look: this alone is asked of every byte.
    @inline(__always)
    static func mayBegin(with byte: UInt8) -> Bool {
        byte &- 0x20 >= 0x5F || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    /// How many bytes the character has that begins here and needs an escape; nil: it needs none, or none begins here.
    ///
    /// - Parameter text: UTF-8.
    static func length(at index: Int, of text: UnsafeBufferPointer<UInt8>) -> Int? {
        switch text[index] {
        case 0..<0x20, UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x7F: 1
        // U+0080 to U+009F.
        case 0xC2: text[index + 1] < 0xA0 ? 2 : nil
        // U+2028 and U+2029.
        case 0xE2: text[index + 1] == 0x80 && text[index + 2] & 0xFE == 0xA8 ? 3 : nil
        // U+FEFF, U+FFFE and U+FFFF.
        case 0xEF:
            (text[index + 1] == 0xBB && text[index + 2] == 0xBF) || (text[index + 1] == 0xBF && text[index + 2] >= 0xBE)
                ? 3 : nil
        default: nil
        }
    }
}
