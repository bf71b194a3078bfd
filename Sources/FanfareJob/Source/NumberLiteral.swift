extension String {
    /// A number of the core schema of YAML 1.2 (§10.3.2), of which JSON's numbers are some.
    var isYAMLNumber: Bool {
        if isDecimalNumber(jsonOnly: false) { return true }
        var rest = Substring(self)
        if rest.hasPrefix("0o") {
            return rest.utf8.count > 2 && rest.utf8.dropFirst(2).allSatisfy { (48...55).contains($0) }
        }
        if rest.hasPrefix("0x") { return rest.utf8.count > 2 && rest.utf8.dropFirst(2).allSatisfy(\.isHexDigit) }
        if [".nan", ".NaN", ".NAN"].contains(self) { return true }
        if rest.first == "-" || rest.first == "+" { rest.removeFirst() }
        return [".inf", ".Inf", ".INF"].contains(rest)
    }

    /// A number as JSON writes it (RFC 8259 §6): no `+`, no leading zero, a digit on both sides of the point.
    var isJSONNumber: Bool { isDecimalNumber(jsonOnly: true) }

    private func isDecimalNumber(jsonOnly: Bool) -> Bool {
        var rest = utf8[...]
        if rest.first == UInt8(ascii: "-") || (!jsonOnly && rest.first == UInt8(ascii: "+")) { rest.removeFirst() }
        let whole = rest.takeDigits()
        if jsonOnly, whole.isEmpty || (whole.count > 1 && whole.first == UInt8(ascii: "0")) { return false }
        var fraction = rest[rest.startIndex..<rest.startIndex]
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            fraction = rest.takeDigits()
            if jsonOnly, fraction.isEmpty { return false }
        }
        guard !(whole.isEmpty && fraction.isEmpty) else { return false }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest.removeFirst()
            if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
            if rest.takeDigits().isEmpty { return false }
        }
        return rest.isEmpty
    }
}

extension Substring.UTF8View {
    /// Removes the digits at the front and returns them.
    fileprivate mutating func takeDigits() -> Self {
        let digits = prefix { (48...57).contains($0) }
        self = self[digits.endIndex...]
        return digits
    }
}

extension UInt8 {
    fileprivate var isHexDigit: Bool {
        (48...57).contains(self) || (65...70).contains(self) || (97...102).contains(self)
    }
}
