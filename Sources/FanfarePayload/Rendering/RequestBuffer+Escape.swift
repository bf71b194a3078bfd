extension RequestBuffer {
    /// Appends a value so that it stays one value.
    ///
    /// Wherever text is expected, ill-formed UTF-8 becomes U+FFFD.
    ///
    /// - Returns: False when the place cannot hold the value; what was appended is then of no use.
    @inline(__always)
    mutating func append(_ value: UnsafeRawBufferPointer, escapedFor escape: Escape) -> Bool {
        switch escape {
        case .raw: append(value)
        case .json: appendJSON(value)
        case .form: appendPercentEncoded(value, spaceAsPlus: true) { $0.isASCIILetterOrDigit || $0.isKeptInForm }
        case .url: appendPercentEncoded(value) { $0.isASCIILetterOrDigit || $0.isUnreservedMark }
        case .urlLiteral: return appendURLLiteral(value)
        case .text: appendText(value)
        case .multipartName: appendMultipartName(value)
        case .header: return appendHeaderValue(value)
        }
        return true
    }

    /// At most six bytes for one.
    private mutating func appendJSON(_ value: UnsafeRawBufferPointer) {
        reserve(value.count * 6)
        var output = end.assumingMemoryBound(to: UInt8.self)
        let first = output
        var index = 0
        while index < value.count {
            let byte = value[index]
            if byte >= 0x20 && byte < 0x80 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") {
                output.pointee = byte
                output += 1
                index += 1
            } else if byte >= 0x80 {
                index += writeSequence(of: value, at: index, to: &output)
            } else {
                writeJSONEscape(of: byte, to: &output)
                index += 1
            }
        }
        advance(by: output - first)
    }

    /// At most nine bytes for one: a stray byte becomes `%EF%BF%BD`.
    @inline(__always)
    private mutating func appendPercentEncoded(
        _ value: UnsafeRawBufferPointer,
        spaceAsPlus: Bool = false,
        keeping isKept: (UInt8) -> Bool
    ) {
        reserve(value.count * 9)
        var output = end.assumingMemoryBound(to: UInt8.self)
        let first = output
        var index = 0
        while index < value.count {
            let byte = value[index]
            if isKept(byte) {
                output.pointee = byte
                output += 1
                index += 1
            } else if byte < 0x80 {
                if spaceAsPlus && byte == UInt8(ascii: " ") {
                    output.pointee = UInt8(ascii: "+")
                    output += 1
                } else {
                    writePercent(byte, to: &output)
                }
                index += 1
            } else {
                index += writePercentSequence(of: value, at: index, to: &output)
            }
        }
        advance(by: output - first)
    }

    private mutating func appendURLLiteral(_ value: UnsafeRawBufferPointer) -> Bool {
        for byte in value where byte < 0x20 || byte == 0x7F { return false }
        appendPercentEncoded(value) { $0.isURLCharacter }
        return true
    }

    private mutating func appendText(_ value: UnsafeRawBufferPointer) {
        reserve(value.count * 3)
        var output = end.assumingMemoryBound(to: UInt8.self)
        let first = output
        var index = 0
        while index < value.count {
            if value[index] < 0x80 {
                output.pointee = value[index]
                output += 1
                index += 1
            } else {
                index += writeSequence(of: value, at: index, to: &output)
            }
        }
        advance(by: output - first)
    }

    private mutating func appendMultipartName(_ value: UnsafeRawBufferPointer) {
        reserve(value.count * 3)
        var output = end.assumingMemoryBound(to: UInt8.self)
        let first = output
        var index = 0
        while index < value.count {
            let byte = value[index]
            if byte >= 0x80 {
                index += writeSequence(of: value, at: index, to: &output)
                continue
            }
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n") {
                writePercent(byte, to: &output)
            } else {
                output.pointee = byte
                output += 1
            }
            index += 1
        }
        advance(by: output - first)
    }

    private mutating func appendHeaderValue(_ value: UnsafeRawBufferPointer) -> Bool {
        for byte in value where byte.isForbiddenInHeaderValue { return false }
        appendText(value)
        return true
    }
}

private typealias Output = UnsafeMutablePointer<UInt8>

/// Writes the sequence that begins at `index`, or U+FFFD for what is ill-formed; returns how many bytes were read.
@inline(__always)
private func writeSequence(of value: UnsafeRawBufferPointer, at index: Int, to output: inout Output) -> Int {
    let length = UTF8Sequence.length(in: value, at: index)
    guard length > 0 else {
        output[0] = 0xEF
        output[1] = 0xBF
        output[2] = 0xBD
        output += 3
        return -length
    }
    for offset in 0..<length { output[offset] = value[index + offset] }
    output += length
    return length
}

@inline(__always)
private func writePercentSequence(of value: UnsafeRawBufferPointer, at index: Int, to output: inout Output) -> Int {
    let length = UTF8Sequence.length(in: value, at: index)
    guard length > 0 else {
        writePercent(0xEF, to: &output)
        writePercent(0xBF, to: &output)
        writePercent(0xBD, to: &output)
        return -length
    }
    for offset in 0..<length { writePercent(value[index + offset], to: &output) }
    return length
}

@inline(__always)
private func writePercent(_ byte: UInt8, to output: inout Output) {
    output[0] = UInt8(ascii: "%")
    output[1] = hexDigit(byte >> 4, upperCase: true)
    output[2] = hexDigit(byte & 0xF, upperCase: true)
    output += 3
}

private func writeJSONEscape(of byte: UInt8, to output: inout Output) {
    output[0] = UInt8(ascii: "\\")
    let short: UInt8? =
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): byte
        case 0x08: UInt8(ascii: "b")
        case 0x09: UInt8(ascii: "t")
        case 0x0A: UInt8(ascii: "n")
        case 0x0C: UInt8(ascii: "f")
        case 0x0D: UInt8(ascii: "r")
        default: nil
        }
    if let short {
        output[1] = short
        output += 2
        return
    }
    output[1] = UInt8(ascii: "u")
    output[2] = UInt8(ascii: "0")
    output[3] = UInt8(ascii: "0")
    output[4] = hexDigit(byte >> 4)
    output[5] = hexDigit(byte & 0xF)
    output += 6
}
