import Foundation

/// How a condition compares, in the plainest way.
enum PlainComparison {
    static func text(_ value: String?, _ op: String, _ operand: String) -> Bool {
        if op == "blank" { return value == nil }
        if op == "blank_not" { return value != nil }
        let wanted = fold(operand)
        guard let value else { return op == "not" || op == "notcontain" }
        let seen = fold(value)
        let contains = seen.indices.contains { seen[$0...].starts(with: wanted) }
        switch op {
        case "is": return seen == wanted
        case "not": return seen != wanted
        case "contains": return contains
        case "notcontain": return !contains
        case "starts": return seen.starts(with: wanted)
        case "ends": return seen.reversed().starts(with: wanted.reversed())
        case "greater": return bytes(wanted).lexicographicallyPrecedes(bytes(seen))
        default: return bytes(seen).lexicographicallyPrecedes(bytes(wanted))
        }
    }

    static func order<Value: Comparable>(_ value: Value?, _ op: String, _ operand: Value) -> Bool {
        switch op {
        case "blank": value == nil
        case "blank_not": value != nil
        case "is": value == operand
        case "not": value != operand
        case "greater": value.map { $0 > operand } ?? false
        default: value.map { $0 < operand } ?? false
        }
    }

    /// The day of a time in a zone, as text that sorts.
    static func localDay(_ time: Int64, in zone: TimeZone) -> String {
        let local = time + Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(time))))
        return Date(timeIntervalSince1970: TimeInterval(local)).ISO8601Format(.iso8601.year().month().day())
    }

    /// Miles over the great circle, by the angle of two vectors.
    static func miles(_ one: (Double, Double), _ other: (Double, Double)) -> Double {
        func vector(_ place: (Double, Double)) -> [Double] {
            let (north, east) = (place.0 * .pi / 180, place.1 * .pi / 180)
            return [cos(north) * cos(east), cos(north) * sin(east), sin(north)]
        }
        let product = zip(vector(one), vector(other)).reduce(0) { $0 + $1.0 * $1.1 }
        return 3958.7613 * acos(max(-1, min(1, product)))
    }

    private static func fold(_ text: String) -> [Unicode.Scalar] {
        text.unicodeScalars.flatMap { scalar in
            let lower = String(scalar).uppercased().lowercased().unicodeScalars
            // Final sigma, and letters whose mapping is more than one character.
            if scalar == "ς" { return ["σ"] as [Unicode.Scalar] }
            return lower.count == 1 ? Array(lower) : [scalar]
        }
    }

    private static func bytes(_ scalars: [Unicode.Scalar]) -> [UInt8] { scalars.flatMap { Array(String($0).utf8) } }
}
