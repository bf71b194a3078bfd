/// Base 64 with the standard alphabet and padding (RFC 4648 §4).
package enum Base64 {
    private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    /// The length of the text of so many bytes.
    static func encodedLength(_ count: Int) -> Int { (count + 2) / 3 * 4 }

    /// Writes the text of `bytes`, ``encodedLength(_:)`` bytes of it.
    static func encode(_ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableRawPointer) {
        let alphabet = alphabet.utf8Start
        let output = output.assumingMemoryBound(to: UInt8.self)
        var place = 0
        for index in stride(from: 0, to: bytes.count, by: 3) {
            let left = bytes.count - index
            var group = UInt32(bytes[index]) << 16
            if left > 1 { group |= UInt32(bytes[index + 1]) << 8 }
            if left > 2 { group |= UInt32(bytes[index + 2]) }
            output[place] = alphabet[Int(group >> 18)]
            output[place + 1] = alphabet[Int(group >> 12 & 63)]
            output[place + 2] = left > 1 ? alphabet[Int(group >> 6 & 63)] : UInt8(ascii: "=")
            output[place + 3] = left > 2 ? alphabet[Int(group & 63)] : UInt8(ascii: "=")
            place += 4
        }
    }

    /// The text of `bytes`.
    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        let length = encodedLength(bytes.count)
        return [UInt8](unsafeUninitializedCapacity: length) { output, count in
            if let start = output.baseAddress { bytes.withUnsafeBytes { encode($0, into: start) } }
            count = length
        }
    }

    /// The bytes of a text; nil when it is not exactly what ``encode(_:)`` makes.
    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        let text = Array(text)
        guard text.count % 4 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var bits: UInt32 = 0
        let content = text.prefix { $0 != UInt8(ascii: "=") }
        for (index, character) in content.enumerated() {
            guard let value = value(of: character) else { return nil }
            bits = bits << 6 | UInt32(value)
            if index % 4 > 0 { bytes.append(UInt8(truncatingIfNeeded: bits >> (6 - UInt32(index % 4) * 2))) }
        }
        // Encoding anew refuses misplaced padding and stray final bits.
        return encode(bytes) == text ? bytes : nil
    }

    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
