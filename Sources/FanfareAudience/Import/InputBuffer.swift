import Glibc

/// A window over a byte source that moves on record by record and grows for a long record, up to a limit.
///
/// Pointers into it are valid until the next ``refill()``.
final class InputBuffer {
    /// No record of a contact file is that long; one that is has a quote that was never closed.
    static let longestRecord = 16 << 20

    private let source: any ByteSource
    private(set) var base: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    /// Where the record that is being read begins.
    var start = 0
    /// The end of what was read.
    private(set) var end = 0
    /// Whether nothing follows ``end``.
    private(set) var isComplete = false
    private(set) var bytesRead: Int64 = 0

    var name: String { source.name }

    init(source: any ByteSource, capacity: Int = 1 << 20) {
        self.source = source
        self.capacity = capacity
        base = .allocate(capacity: capacity)
    }

    deinit { base.deallocate() }

    /// Moves the current record to the beginning and reads on behind it.
    ///
    /// - Returns: Whether there is room; false when the record has grown past ``longestRecord``.
    func refill() throws -> Bool {
        if start > 0 {
            memmove(base, base + start, end - start)
            end -= start
            start = 0
        }
        if end == capacity {
            guard capacity < InputBuffer.longestRecord else { return false }
            grow()
        }
        let count = try source.read(into: UnsafeMutableRawBufferPointer(start: base + end, count: capacity - end))
        isComplete = count == 0
        end += count
        bytesRead += Int64(count)
        return true
    }

    private func grow() {
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity * 2)
        memcpy(larger, base, end)
        base.deallocate()
        base = larger
        capacity *= 2
    }
}
