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
    }
    if at < 0 { return "the address has no @" }
    if at == 0 || at == bytes.count - 1 { return "the address has nothing before or after its @" }
    if bytes[at + 1] == UInt8(ascii: ".") || bytes[bytes.count - 1] == UInt8(ascii: ".") {
        return "the address's domain begins or ends with a dot"
    }
    return nil
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
func folded(_ text: String) throws -> String {
    let bytes = Array(text.utf8)
    return try bytes.withUnsafeBytes { source in
        try withUnsafeTemporaryAllocation(byteCount: 2 * bytes.count + 1, alignment: 1) { buffer in
            String(decoding: try fold(source, into: buffer), as: UTF8.self)
        }
    }
}
