/// Looks for what no text may hold: NUL bytes and what is not UTF-8.
///
/// Eight bytes at a time while they are ASCII.
///
/// - Returns: Nil when the bytes are text.
func textFault(of bytes: UnsafeRawBufferPointer) -> CSVReader.Fault? {
    var index = 0
    while index &+ 8 <= bytes.count {
        let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        // A byte that is 0 borrows into its high bit; one that is not ASCII has it set.
        let zeros = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
        guard (word & 0x8080_8080_8080_8080) | zeros == 0 else { return slowTextFault(of: bytes, from: index) }
        index &+= 8
    }
    return slowTextFault(of: bytes, from: index)
}

/// - Parameter start: All before it is ASCII without NUL.
private func slowTextFault(of bytes: UnsafeRawBufferPointer, from start: Int) -> CSVReader.Fault? {
    var index = start
    while index < bytes.count {
        let byte = bytes[index]
        if byte == 0 { return .nul }
        if byte < 0x80 {
            index &+= 1
            continue
        }
        let length = sequenceLength(bytes, index)
        if length == 0 { return .notUTF8 }
        index &+= length
    }
    return nil
}

/// The length of the UTF-8 sequence of two to four bytes at `index`; 0 when it is none (RFC 3629).
private func sequenceLength(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Int {
    let first = bytes[index]
    let length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
    guard first >= 0xc2, first <= 0xf4, index &+ length <= bytes.count else { return 0 }
    let second = bytes[index &+ 1]
    switch first {
    case 0xe0 where second < 0xa0, 0xed where second > 0x9f, 0xf0 where second < 0x90, 0xf4 where second > 0x8f:
        return 0
    default: break
    }
    for offset in 1..<length where bytes[index &+ offset] & 0xc0 != 0x80 { return 0 }
    return length
}
