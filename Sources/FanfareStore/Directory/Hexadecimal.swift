/// Bytes as lower-case hexadecimal digits.
public enum Hexadecimal {
    /// Two digits for each byte.
    public static func text(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// An identifier of that many digits, an even number, from the system's random numbers.
    public static func random(digits: Int) -> String { text(randomBytes(digits / 2)) }
}
