/// Reads a file line by line; lines end with LF or CR LF, blank ones are skipped, and so is a byte order mark.
final class LineReader {
    /// The current line without its end; valid until the next ``next()``.
    private(set) var record = UnsafeRawBufferPointer(start: nil, count: 0)
    /// From 1.
    private(set) var line = 0
    let input: InputBuffer

    init(_ input: InputBuffer) { self.input = input }

    /// Goes on to the next line that is not blank.
    ///
    /// - Returns: False at the end of the file.
    func next() throws -> Bool {
        while try nextLine() {
            if line == 1, record.starts(with: [0xef, 0xbb, 0xbf]) {
                record = UnsafeRawBufferPointer(rebasing: record[3...])
            }
            if !trimmingSpaces(record).isEmpty { return true }
        }
        return false
    }

    private func nextLine() throws -> Bool {
        var scanned = input.start
        while true {
            let base = UnsafePointer(input.base)
            while scanned < input.end, base[scanned] != UInt8(ascii: "\n") { scanned &+= 1 }
            if scanned < input.end || (input.isComplete && scanned > input.start) {
                record = UnsafeRawBufferPointer(start: base + input.start, count: scanned - input.start)
                input.start = min(scanned + 1, input.end)
                line += 1
                return true
            }
            if input.isComplete { return false }
            scanned -= input.start
            guard try input.refill() else {
                let place = AudienceError.Place(file: input.name, line: line + 1)
                throw AudienceError(
                    .malformedFile,
                    "a line is longer than \(InputBuffer.longestRecord >> 20) MiB",
                    place: place
                )
            }
            scanned += input.start
        }
    }
}
