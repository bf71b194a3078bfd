import Glibc

/// Reads CSV as RFC 4180 describes it, byte by byte, without an allocation per row.
///
/// Rows end with LF, CR LF or CR; a cell in quotes may hold commas, line ends and doubled quotes. A quote inside a cell
/// that did not begin with one stands for itself. Blank lines are skipped, and so is a byte order mark.
final class CSVReader {
    /// Why a row cannot be taken as it is.
    enum Fault {
        case textAfterQuote, nul, notUTF8
    }

    /// The cells of the current row; valid until the next ``next()``.
    @exclusivity(unchecked)  // Used by one thread at a time.
    private(set) var cells: ContiguousArray<UnsafeRawBufferPointer> = []
    /// The line on which the current row began, from 1.
    private(set) var line = 1
    /// What is wrong with the current row.
    private(set) var fault: Fault?
    /// The bytes of the current row without its line end; valid until the next ``next()``.
    private(set) var record = UnsafeRawBufferPointer(start: nil, count: 0)

    let input: InputBuffer
    private let delimiter = UInt8(ascii: ",")
    private var nextLine = 1
    private var atBeginning = true
    /// Where cells with doubled quotes are put together; as large as the record needs.
    private var scratch: UnsafeMutablePointer<UInt8>
    private var scratchCapacity: Int
    private var scratchUsed = 0

    init(_ input: InputBuffer) {
        self.input = input
        scratchCapacity = 1 << 12
        scratch = .allocate(capacity: scratchCapacity)
    }

    deinit { scratch.deallocate() }

    /// Goes on to the next row that is not blank.
    ///
    /// - Returns: False at the end of the file.
    /// - Throws: `AudienceError` with `malformedFile` for a quote that is never closed, naming the line of the quote.
    func next() throws -> Bool {
        if atBeginning { try skipByteOrderMark() }
        while true {
            line = nextLine
            switch try parse() {
            case .row: return true
            case .blank: continue
            case .end: return false
            case .more(let openedQuote):
                guard try !input.isComplete && input.refill() else { throw unclosed(openedQuote) }
            }
        }
    }

    private enum Step {
        case row, blank, end
        /// The record goes on past what was read; with the line of the quote that is open.
        case more(openedQuote: Int?)
    }

    private func unclosed(_ quoteLine: Int?) -> AudienceError {
        let place = AudienceError.Place(file: input.name, line: quoteLine ?? line)
        guard quoteLine != nil else {
            return AudienceError(
                .malformedFile,
                "a row is longer than \(InputBuffer.longestRecord >> 20) MiB",
                place: place
            )
        }
        return AudienceError(.malformedFile, "a quote is opened on this line and never closed", place: place)
    }

    private func skipByteOrderMark() throws {
        atBeginning = false
        while input.end < 3, !input.isComplete { _ = try input.refill() }
        let head = UnsafeBufferPointer(start: input.base, count: min(3, input.end))
        if head.elementsEqual([0xef, 0xbb, 0xbf]) { input.start = 3 }
        if head.starts(with: [0xff, 0xfe]) || head.starts(with: [0xfe, 0xff]) {
            throw AudienceError(
                .malformedFile,
                "the file is UTF-16; save it as UTF-8",
                place: AudienceError.Place(file: input.name, line: 1)
            )
        }
    }

    /// Reads one record from the buffer, or finds that it is not there in full.
    private func parse() throws -> Step {
        let base = UnsafePointer(input.base)
        let end = input.end
        var position = input.start
        if position == end { return input.isComplete ? .end : .more(openedQuote: nil) }
        cells.removeAll(keepingCapacity: true)
        scratchUsed = 0
        fault = nil
        var newlines = 0
        while true {
            if position < end && base[position] == UInt8(ascii: "\"") {
                let opened = nextLine + newlines
                guard let after = quotedCell(base, position &+ 1, end, &newlines) else {
                    return .more(openedQuote: opened)
                }
                position = after
                // What stands between the closing quote and the delimiter belongs to no cell.
                let stray = position
                while position < end, !isCellEnd(base[position]) { position &+= 1 }
                if position > stray { fault = .textAfterQuote }
            } else {
                let begin = position
                while position < end, !isCellEnd(base[position]) { position &+= 1 }
                cells.append(UnsafeRawBufferPointer(start: base + begin, count: position &- begin))
            }
            if position == end && !input.isComplete { return .more(openedQuote: nil) }
            if position < end && base[position] == delimiter {
                position &+= 1
                if position == end && !input.isComplete { return .more(openedQuote: nil) }
                continue
            }
            guard let after = lineEnd(base, position, end) else { return .more(openedQuote: nil) }
            return finish(base, position, after, newlines)
        }
    }

    @inline(__always)
    private func isCellEnd(_ byte: UInt8) -> Bool {
        byte <= delimiter && (byte == delimiter || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r"))
    }

    /// The position behind the line end at `position`; nil when it may go on past what was read.
    private func lineEnd(_ base: UnsafePointer<UInt8>, _ position: Int, _ end: Int) -> Int? {
        if position == end { return position }
        if base[position] == UInt8(ascii: "\n") { return position &+ 1 }
        if position &+ 1 == end { return input.isComplete ? end : nil }
        return base[position &+ 1] == UInt8(ascii: "\n") ? position &+ 2 : position &+ 1
    }

    private func finish(_ base: UnsafePointer<UInt8>, _ position: Int, _ after: Int, _ newlines: Int) -> Step {
        record = UnsafeRawBufferPointer(start: base + input.start, count: position - input.start)
        input.start = after
        nextLine += newlines + 1
        if record.isEmpty { return .blank }
        if fault == nil { fault = textFault(of: record) }
        return .row
    }

    /// Appends the cell whose text begins at `begin`, behind its opening quote.
    ///
    /// - Returns: The position behind the closing quote; nil when it is not in the buffer.
    private func quotedCell(_ base: UnsafePointer<UInt8>, _ begin: Int, _ end: Int, _ newlines: inout Int) -> Int? {
        var position = begin
        var doubled = false
        while position < end {
            let byte = base[position]
            if byte == UInt8(ascii: "\"") {
                if position &+ 1 == end && !input.isComplete { return nil }
                guard position &+ 1 < end && base[position &+ 1] == UInt8(ascii: "\"") else {
                    let raw = UnsafeRawBufferPointer(start: base + begin, count: position &- begin)
                    cells.append(doubled ? withoutDoubledQuotes(raw) : raw)
                    return position &+ 1
                }
                doubled = true
                position &+= 1
            } else if byte == UInt8(ascii: "\n") {
                newlines &+= 1
            }
            position &+= 1
        }
        return nil
    }

    private func withoutDoubledQuotes(_ raw: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        reserveScratch(raw.count)
        let target = scratch + scratchUsed
        var count = 0
        var index = 0
        while index < raw.count {
            let byte = raw[index]
            target[count] = byte
            count &+= 1
            index &+= byte == UInt8(ascii: "\"") ? 2 : 1
        }
        scratchUsed += count
        return UnsafeRawBufferPointer(start: target, count: count)
    }

    /// Makes room; cells that were put together before move along.
    private func reserveScratch(_ count: Int) {
        guard scratchUsed + count > scratchCapacity else { return }
        let capacity = max(scratchCapacity * 2, scratchUsed + count)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        memcpy(larger, scratch, scratchUsed)
        let old = UnsafeRawPointer(scratch)
        for index in cells.indices {
            guard let address = cells[index].baseAddress, address >= old, address < old + scratchCapacity else {
                continue
            }
            cells[index] = UnsafeRawBufferPointer(
                start: UnsafeRawPointer(larger) + (address - old),
                count: cells[index].count
            )
        }
        scratch.deallocate()
        scratch = larger
        scratchCapacity = capacity
    }
}
