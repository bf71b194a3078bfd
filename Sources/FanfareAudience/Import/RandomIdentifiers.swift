import Glibc

/// `UNIQID`s: 16 hexadecimal digits from the system's generator, which is asked for many at a time.
struct RandomIdentifiers: ~Copyable {
    static let length = 16
    private static let poolSize = 4096
    private let pool: UnsafeMutablePointer<UInt8>
    private var position: Int
    private let text: UnsafeMutablePointer<UInt8>

    init() {
        pool = .allocate(capacity: RandomIdentifiers.poolSize)
        position = RandomIdentifiers.poolSize
        text = .allocate(capacity: RandomIdentifiers.length)
    }

    deinit {
        pool.deallocate()
        text.deallocate()
    }

    /// - Returns: Bytes that are valid until the next call.
    mutating func next() -> UnsafeRawBufferPointer {
        if position == RandomIdentifiers.poolSize { fill() }
        for index in 0..<(RandomIdentifiers.length / 2) {
            let byte = pool[position &+ index]
            text[2 &* index] = digit(byte >> 4)
            text[2 &* index &+ 1] = digit(byte & 15)
        }
        position &+= RandomIdentifiers.length / 2
        return UnsafeRawBufferPointer(start: text, count: RandomIdentifiers.length)
    }

    private mutating func fill() {
        // It gives at most 256 bytes at a time.
        for offset in stride(from: 0, to: RandomIdentifiers.poolSize, by: 256) {
            while getentropy(pool + offset, 256) != 0 {}
        }
        position = 0
    }

    @inline(__always)
    private func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") &+ value : UInt8(ascii: "a") &- 10 &+ value
    }
}
