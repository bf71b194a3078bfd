/// A growing stretch of raw memory into which a batch of requests is rendered, one after another.
///
/// Belongs to one thread at a time. Rendering may move it, so take pointers only once the batch is complete.
public struct RequestBuffer: ~Copyable, @unchecked Sendable {
    // Sendable although it holds pointers: the memory is its own, and being non-copyable it has one owner.
    private var start: UnsafeMutableRawPointer
    private var capacity: Int
    /// Bytes in use.
    public private(set) var count = 0

    /// - Parameter capacity: Bytes to begin with, at least 1; it grows as needed.
    public init(capacity: Int = 256 << 10) {
        self.capacity = max(capacity, 64)
        start = .allocate(byteCount: self.capacity, alignment: 16)
    }

    deinit { start.deallocate() }

    /// Forgets what was rendered and keeps the memory.
    public mutating func reset() { count = 0 }

    /// What was rendered.
    ///
    /// Valid until the next rendering or reset.
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

    /// The bytes of one part of a request, copied: for previews and tests.
    public func copy(_ range: Range<Int>) -> [UInt8] { Array(UnsafeRawBufferPointer(rebasing: bytes[range])) }

    /// Where the next byte goes.
    @inline(__always)
    var end: UnsafeMutableRawPointer { start + count }

    /// The byte at an offset below ``count``, to be changed in place.
    @inline(__always)
    func at(_ offset: Int) -> UnsafeMutableRawPointer { start + offset }

    /// Makes room for `additional` more bytes.
    @inline(__always)
    mutating func reserve(_ additional: Int) {
        if capacity - count < additional { grow(by: additional) }
    }

    /// Takes bytes written at ``end`` into use; room for them was reserved.
    @inline(__always)
    mutating func advance(by added: Int) { count += added }

    /// Drops everything from an earlier ``count`` on.
    mutating func truncate(to earlier: Int) { count = earlier }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        reserve(1)
        end.storeBytes(of: byte, as: UInt8.self)
        count += 1
    }

    @inline(__always)
    mutating func append(_ source: UnsafeRawBufferPointer) {
        guard let first = source.baseAddress else { return }
        reserve(source.count)
        end.copyMemory(from: first, byteCount: source.count)
        count += source.count
    }

    /// Appends text known when this was compiled.
    @inline(__always)
    mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(text))
    }

    /// Appends a number in decimal, with zeros in front up to `width` digits (at most 20).
    mutating func append(decimal number: UInt64, width: Int = 1) {
        reserve(20)
        var digits = 1
        var rest = number / 10
        while rest > 0 {
            digits += 1
            rest /= 10
        }
        digits = max(digits, width)
        rest = number
        for place in stride(from: digits - 1, through: 0, by: -1) {
            end.storeBytes(of: UInt8(ascii: "0") + UInt8(rest % 10), toByteOffset: place, as: UInt8.self)
            rest /= 10
        }
        count += digits
    }

    @inline(never)
    private mutating func grow(by additional: Int) {
        let larger = max(capacity * 2, count + additional)
        let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        moved.copyMemory(from: start, byteCount: count)
        start.deallocate()
        start = moved
        capacity = larger
    }
}
