/// The operator of an IF and what it asks.
struct Comparison {
    var symbol: String
    var test: Condition.Test
    var negated = false

    /// Two-character operators first, so that `<=` is not taken for `<`.
    private static let all = [
        Comparison(symbol: "!=", test: .equal, negated: true),
        Comparison(symbol: "<=", test: .lessOrEqual),
        Comparison(symbol: ">=", test: .greaterOrEqual),
        Comparison(symbol: "=", test: .equal),
        Comparison(symbol: "<", test: .less),
        Comparison(symbol: ">", test: .greater),
    ]

    /// Takes `SCORE >= 10` apart.
    ///
    /// The operator is nil when there is none; spaces around name and operand are dropped.
    static func split(_ text: Substring) -> (name: String, comparison: Comparison?, operand: String) {
        for index in text.indices {
            let rest = text[index...]
            guard let found = all.first(where: { rest.hasPrefix($0.symbol) }) else { continue }
            return (text[..<index].trimmed, found, rest.dropFirst(found.symbol.count).trimmed)
        }
        return (text.trimmed, nil, "")
    }

    /// What is wrong with comparing this field with this operand; nil: nothing.
    func problem(with field: MergeField?, operand: String) -> String? {
        let kind = field?.kind
        if operand.isEmpty {
            return "nothing to compare with after \(symbol); to ask for presence, name the field alone"
        }
        if kind == .address { return "an address can be asked for presence only, not compared" }
        if kind == .number {
            let isNumber = Array(operand.utf8).withUnsafeBytes { Decimal($0) != nil }
            return isNumber ? nil : "\"\(operand.shortened)\" is no number, and \(field?.tag ?? "") is a number field"
        }
        if test != .equal { return "\(symbol) needs a number field; accepted here: = and !=" }
        return nil
    }
}

extension Condition {
    /// Stands for a condition that was refused: its program never runs.
    static let never = Condition(slot: 0, test: .hasValue)

    init(slot: UInt16, test: Test, negated: Bool = false) {
        self.init(slot: slot, test: test, negated: negated, numeric: false, operand: .empty)
    }
}

extension Substring {
    fileprivate var trimmed: String {
        let head = drop { $0 == " " || $0 == "\t" }
        return String(head.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
