import CTextFolding

/// Checks that a cell is an address as a receiver could use it, without judging whether it exists.
///
/// - Returns: Nil when it is one, else the reason for a person.
func addressFault(_ bytes: UnsafeRawBufferPointer) -> String? {
    if bytes.isEmpty { return "the address is empty" }
    if bytes.count > 254 { return "the address is longer than 254 bytes" }
    var at = -1
    for (index, byte) in bytes.enumerated() {
        if byte == UInt8(ascii: "@") {
            if at >= 0 { return "the address has more than one @" }
            at = index
        }
        if byte <= 0x20 || byte == 0x7f || isForbidden(byte) {
            return "the address holds a space or another character that none has"
        }
        if byte >= 0xc2, isInvisible(bytes, at: index) {
            return "the address holds a character that is not seen, or that turns the direction of writing"
        }
    }
    if at < 0 { return "the address has no @" }
    if at == 0 || at == bytes.count - 1 { return "the address has nothing before or after its @" }
    if bytes[at + 1] == UInt8(ascii: ".") || bytes[bytes.count - 1] == UInt8(ascii: ".") {
        return "the address's domain begins or ends with a dot"
    }
    return nil
}

/// Whether a control character of Unicode begins here, or a mark of direction (UAX #9): with those an address can look
/// like another.
private func isInvisible(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Bool {
    func byte(_ offset: Int) -> UInt8 { index &+ offset < bytes.count ? bytes[index &+ offset] : 0 }
    return switch (bytes[index], byte(1), byte(2)) {
    // U+0080 to U+009F.
    case (0xc2, 0x80...0x9f, _): true
    // U+061C.
    case (0xd8, 0x9c, _): true
    // U+200E and U+200F; U+2028 to U+202E, the first two of which end lines.
    case (0xe2, 0x80, 0x8e...0x8f), (0xe2, 0x80, 0xa8...0xae): true
    // U+2066 to U+2069.
    case (0xe2, 0x81, 0xa6...0xa9): true
    default: false
    }
}

private func isForbidden(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "("),
        UInt8(ascii: ")"),
        UInt8(ascii: "\""), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "\\"):
        true
    default: false
    }
}

/// Folds text into a buffer of at least twice its size.
///
/// - Throws: `AudienceError` when the C library has no C.UTF-8 locale.
func fold(
    _ bytes: UnsafeRawBufferPointer,
    into buffer: UnsafeMutableRawBufferPointer
) throws -> UnsafeRawBufferPointer {
    guard let from = bytes.baseAddress, let to = buffer.baseAddress else {
        return UnsafeRawBufferPointer(start: buffer.baseAddress, count: 0)
    }
    let count = fanfare_fold(
        from.assumingMemoryBound(to: CChar.self),
        bytes.count,
        to.assumingMemoryBound(to: CChar.self)
    )
    guard count >= 0 else { throw AudienceError(.storage, "the C library has no C.UTF-8 locale") }
    return UnsafeRawBufferPointer(start: to, count: count)
}

/// Folds a string so that texts that differ in case alone become equal.
package func folded(_ text: String) throws -> String {
    let bytes = Array(text.utf8)
    return try bytes.withUnsafeBytes { source in
        try withUnsafeTemporaryAllocation(byteCount: 2 * bytes.count + 1, alignment: 1) { buffer in
            String(decoding: try fold(source, into: buffer), as: UTF8.self)
        }
    }
}
