import Glibc

/// Turns cells into values.
///
/// Text that must be rewritten (a date) is put into a buffer that lasts for one row.
struct CellParser: ~Copyable {
    private let buffer: UnsafeMutablePointer<UInt8>
    private var used = 0
    /// Room for the rewritten values of one row: a date takes ten bytes.
    private static let capacity = 32 * FieldTable.limit

    init() { buffer = .allocate(capacity: CellParser.capacity) }
    deinit { buffer.deallocate() }

    /// Forgets the rewritten values of the row before.
    mutating func beginRow() { used = 0 }

    /// - Returns: Nil when the cell does not hold what it must; `.null` for one without address (the row has none),
    ///   `.cleared` for an empty one.
    mutating func parse(_ cell: UnsafeRawBufferPointer, as content: CellContent) -> CellValue? {
        guard cell.baseAddress != nil else { return .null }
        if case .text = content { return cell.isEmpty ? .cleared : .text(withoutGuard(cell)) }
        let trimmed = trimmingSpaces(cell)
        if trimmed.isEmpty { return .cleared }
        switch content {
        case .text: return .text(trimmed)
        case .number: return parseNumber(trimmed)
        case .time: return parseTime(trimmed).map(CellValue.integer)
        case .rating:
            guard case .integer(let value)? = parseNumber(trimmed), (0...5).contains(value) else { return nil }
            return .integer(value)
        case .boolean: return parseBoolean(trimmed)
        case .status: return parseStatus(trimmed).map { .integer($0.storedCode) }
        case .date(let dayFirst): return parseDate(trimmed, dayFirst: dayFirst).map { date in write(date) }
        case .birthday(let dayFirst): return parseBirthday(trimmed, dayFirst: dayFirst).map { date in write(date) }
        case .choice(let choices):
            return choices.contains { $0.utf8.elementsEqual(trimmed) } ? .text(trimmed) : nil
        }
    }

    /// Spreadsheets take a cell that begins with `+` for a formula, so exports put an apostrophe before it.
    private func withoutGuard(_ cell: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard cell.count > 2, cell[0] == UInt8(ascii: "'"), cell[1] == UInt8(ascii: "+"), isDigit(cell[2]) else {
            return cell
        }
        return UnsafeRawBufferPointer(rebasing: cell[1...])
    }

    private mutating func write(_ date: CalendarDay) -> CellValue {
        let start = used
        if let year = date.year {
            put(year, digits: 4)
            put(UInt8(ascii: "-"))
        }
        put(date.month, digits: 2)
        put(date.year == nil ? UInt8(ascii: "/") : UInt8(ascii: "-"))
        put(date.day, digits: 2)
        return .text(UnsafeRawBufferPointer(start: buffer + start, count: used - start))
    }

    private mutating func put(_ byte: UInt8) {
        buffer[used] = byte
        used &+= 1
    }

    private mutating func put(_ number: Int, digits: Int) {
        var rest = number
        for index in stride(from: used + digits - 1, through: used, by: -1) {
            buffer[index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        used &+= digits
    }
}

@inline(__always)
func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

func trimmingSpaces(_ cell: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var begin = 0
    var end = cell.count
    while begin < end, isSpace(cell[begin]) { begin &+= 1 }
    while end > begin, isSpace(cell[end &- 1]) { end &-= 1 }
    return UnsafeRawBufferPointer(rebasing: cell[begin..<end])
}

@inline(__always)
private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0d) }

private func parseBoolean(_ cell: UnsafeRawBufferPointer) -> CellValue? {
    for word in ["1", "true", "yes", "on"] where equalsIgnoringCase(cell, word) { return .integer(1) }
    for word in ["0", "false", "no", "off"] where equalsIgnoringCase(cell, word) { return .integer(0) }
    return nil
}

func parseStatus(_ cell: UnsafeRawBufferPointer) -> ContactStatus? {
    ContactStatus.allCases.first { equalsIgnoringCase(cell, $0.rawValue) }
}

/// - Parameter word: ASCII, in lower case.
func equalsIgnoringCase(_ bytes: UnsafeRawBufferPointer, _ word: String) -> Bool {
    guard bytes.count == word.utf8.count else { return false }
    for (byte, expected) in zip(bytes, word.utf8) {
        let lower = byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
        if lower != expected { return false }
    }
    return true
}

/// A decimal number: digits, at most one point, an exponent; whole ones that fit are integers.
func parseNumber(_ cell: UnsafeRawBufferPointer) -> CellValue? {
    var index = 0
    let negative = cell[0] == UInt8(ascii: "-")
    if negative || cell[0] == UInt8(ascii: "+") { index = 1 }
    let digits = index
    var value: Int64 = 0
    var overflow = false
    while index < cell.count, isDigit(cell[index]) {
        let (product, first) = value.multipliedReportingOverflow(by: 10)
        let (sum, second) = product.addingReportingOverflow(Int64(cell[index] &- UInt8(ascii: "0")))
        overflow = overflow || first || second
        value = sum
        index &+= 1
    }
    guard index > digits else { return nil }
    if index == cell.count && !overflow { return .integer(negative ? -value : value) }
    return parseReal(cell, from: index)
}

/// - Parameter position: Where the whole digits end.
private func parseReal(_ cell: UnsafeRawBufferPointer, from position: Int) -> CellValue? {
    var index = position
    if index < cell.count, cell[index] == UInt8(ascii: ".") {
        let digits = index + 1
        index = digits
        while index < cell.count, isDigit(cell[index]) { index &+= 1 }
        guard index > digits else { return nil }
    }
    if index < cell.count, cell[index] | 0x20 == UInt8(ascii: "e") {
        index &+= 1
        if index < cell.count, cell[index] == UInt8(ascii: "+") || cell[index] == UInt8(ascii: "-") { index &+= 1 }
        let digits = index
        while index < cell.count, isDigit(cell[index]) { index &+= 1 }
        guard index > digits else { return nil }
    }
    guard index == cell.count, cell.count < 64 else { return nil }
    let value: Double? = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
        for (offset, byte) in cell.enumerated() { text[offset] = CChar(bitPattern: byte) }
        text[cell.count] = 0
        return text.baseAddress.map { strtod($0, nil) }
    }
    guard let value, value.isFinite else { return nil }
    return .real(value)
}
