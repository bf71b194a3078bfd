/// A decimal number as a slice of its digits, compared exactly and without conversion.
///
/// Reads what number fields hold: `-12.50`, `.5`, `7.`, `+3`, `1e-3`.
struct Decimal {
    private let text: UnsafeRawBufferPointer
    /// Indexes of the first and past the last significant digit; a point may lie between.
    private var digits: Range<Int>
    /// The power of ten of the first significant digit; of no meaning for zero.
    private var magnitude: Int
    private let isNegative: Bool

    /// Nil when the text is no number.
    init?(_ text: UnsafeRawBufferPointer) {
        self.text = text
        var index = 0
        isNegative = text.count > 0 && text[0] == UInt8(ascii: "-")
        if isNegative || text.count > 0 && text[0] == UInt8(ascii: "+") { index = 1 }
        var first = -1
        var last = -1
        var point: Int?
        var any = false
        scan: while index < text.count {
            let byte = text[index]
            if byte.isASCIIDigit {
                any = true
                if byte != UInt8(ascii: "0") {
                    if first < 0 { first = index }
                    last = index
                }
            } else if byte == UInt8(ascii: "."), point == nil {
                point = index
            } else {
                break scan
            }
            index += 1
        }
        guard any, let exponent = Self.exponent(in: text, from: index) else { return nil }
        digits = first < 0 ? 0..<0 : first..<last + 1
        let units = point ?? index
        magnitude = (first < units ? units - first - 1 : units - first) + exponent
    }

    /// The power after `e`; 0 when there is none, nil when what stands there is no power.
    private static func exponent(in text: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard start < text.count else { return 0 }
        guard text[start] | 0x20 == UInt8(ascii: "e") else { return nil }
        var index = start + 1
        let negative = index < text.count && text[index] == UInt8(ascii: "-")
        if index < text.count, negative || text[index] == UInt8(ascii: "+") { index += 1 }
        guard index < text.count else { return nil }
        var value = 0
        while index < text.count {
            guard text[index].isASCIIDigit else { return nil }
            // Far past any number that can be stored; keeps the sum from overflowing.
            value = min(value * 10 + Int(text[index] - UInt8(ascii: "0")), 1_000_000_000)
            index += 1
        }
        return negative ? -value : value
    }

    private var isZero: Bool { digits.isEmpty }

    /// -1, 0 or 1: whether `self` is less than, equal to or greater than `other`.
    func compared(to other: Decimal) -> Int {
        if isZero || other.isZero {
            if isZero && other.isZero { return 0 }
            return isZero ? (other.isNegative ? 1 : -1) : (isNegative ? -1 : 1)
        }
        if isNegative != other.isNegative { return isNegative ? -1 : 1 }
        let order = comparedMagnitude(to: other)
        return isNegative ? -order : order
    }

    private func comparedMagnitude(to other: Decimal) -> Int {
        if magnitude != other.magnitude { return magnitude < other.magnitude ? -1 : 1 }
        var mine = digits.lowerBound
        var others = other.digits.lowerBound
        while true {
            if mine < digits.upperBound, text[mine] == UInt8(ascii: ".") { mine += 1 }
            if others < other.digits.upperBound, other.text[others] == UInt8(ascii: ".") { others += 1 }
            let left = mine < digits.upperBound ? text[mine] : UInt8(ascii: "0")
            let right = others < other.digits.upperBound ? other.text[others] : UInt8(ascii: "0")
            if left != right { return left < right ? -1 : 1 }
            if mine >= digits.upperBound && others >= other.digits.upperBound { return 0 }
            mine += 1
            others += 1
        }
    }
}
