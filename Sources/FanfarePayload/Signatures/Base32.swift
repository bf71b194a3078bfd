/// Base 32 with the alphabet of RFC 4648 §6 in lower case, without padding.
enum Base32 {
    /// The length of the text of 128 bits.
    static let length = 26

    /// Writes the text of 128 bits, ``length`` bytes.
    @inline(__always)
    static func write(_ high: UInt64, _ low: UInt64, into output: UnsafeMutablePointer<UInt8>) {
        var (upper, lower) = (high, low)
        for place in 0..<length {
            let value = UInt8(truncatingIfNeeded: upper >> 59)
            output[place] = value < 26 ? UInt8(ascii: "a") + value : UInt8(ascii: "2") + value - 26
            upper = upper << 5 | lower >> 59
            lower <<= 5
        }
    }
}
