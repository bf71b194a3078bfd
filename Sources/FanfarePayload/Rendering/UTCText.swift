/// A moment in UTC as programs write it to each other.
package struct UTCText {
    private let year: Int
    private let month: Int
    private let dayOfMonth: Int
    /// Of the day.
    private let second: Int

    /// - Parameter unixTime: Seconds since 1970.
    package init(_ unixTime: Int64) {
        let days = DateText.floorDivide(Int(unixTime), 86_400)
        second = Int(unixTime) - days * 86_400
        (year, month, dayOfMonth) = DateText.civil(fromDays: days)
    }

    /// `2015-10-21`.
    package var day: String { Writer.text { writeDay(to: &$0) } }

    /// `15:41:36`.
    package var time: String { Writer.text { writeTime(to: &$0) } }

    /// Both, with the offset: `2015-10-21T15:41:36+00:00`.
    package var iso8601: String {
        Writer.text { writer in
            writeDay(to: &writer)
            writer.append("T")
            writeTime(to: &writer)
            writer.append("+00:00")
        }
    }

    private func writeDay(to writer: inout Writer) {
        if (1000...9999).contains(year) {
            writer.append(two: year / 100)
            writer.append(two: year % 100)
        } else {
            for byte in String(year).utf8 { writer.append(byte) }
        }
        writer.append("-")
        writer.append(two: month)
        writer.append("-")
        writer.append(two: dayOfMonth)
    }

    private func writeTime(to writer: inout Writer) {
        writer.append(two: second / 3600)
        writer.append(":")
        writer.append(two: second / 60 % 60)
        writer.append(":")
        writer.append(two: second % 60)
    }
}

/// A short text on the stack.
private struct Writer {
    /// Enough for the longest year that 64 bits of seconds hold, of 13 bytes.
    private static let capacity = 48

    private let bytes: UnsafeMutableBufferPointer<UInt8>
    private var count = 0

    static func text(_ write: (inout Writer) -> Void) -> String {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: capacity) { bytes in
            var writer = Writer(bytes: bytes)
            write(&writer)
            return String(decoding: bytes.prefix(writer.count), as: UTF8.self)
        }
    }

    mutating func append(_ byte: UInt8) {
        bytes.initializeElement(at: count, to: byte)
        count += 1
    }

    mutating func append(_ text: StaticString) {
        for index in 0..<text.utf8CodeUnitCount { append(text.utf8Start[index]) }
    }

    /// - Parameter number: Below 100.
    mutating func append(two number: Int) {
        append(UInt8(ascii: "0") + UInt8(number / 10))
        append(UInt8(ascii: "0") + UInt8(number % 10))
    }
}
