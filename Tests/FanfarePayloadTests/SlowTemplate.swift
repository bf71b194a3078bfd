import FanfarePayload
import FanfareTesting
import Foundation

/// A template as a tree, which writes itself down and evaluates itself in the most obvious way.
indirect enum SlowTemplate {
    enum Question {
        case hasValue(String)
        case compare(String, String, String)
    }

    case text(String)
    case field(String)
    case deliveryID
    case choice(not: Bool, [(Question, [SlowTemplate])], otherwise: [SlowTemplate]?)
    case interested([SlowTemplate], otherwise: [SlowTemplate]?)

    static let interestColumn = ContactColumn.interested(category: "Cat, egory", groups: ["A b", "C"])

    /// The text with merge tags.
    var source: String {
        switch self {
        case .text(let text): return text
        case .field(let tag): return "*|\(tag)|*"
        case .deliveryID: return "*|DELIVERY_ID|*"
        case .interested(let pieces, let otherwise):
            let rest = otherwise.map { "*|ELSE:|*\($0.source)" } ?? ""
            return "*|INTERESTED:Cat, egory:A b,C|*\(pieces.source)\(rest)*|END:INTERESTED|*"
        case .choice(let not, let branches, let otherwise):
            var text = ""
            for (index, branch) in branches.enumerated() {
                let word = index > 0 ? "ELSEIF" : not ? "IFNOT" : "IF"
                switch branch.0 {
                case .hasValue(let tag): text += "*|\(word):\(tag)|*"
                case .compare(let tag, let symbol, let operand): text += "*|\(word):\(tag)\(symbol)\(operand)|*"
                }
                text += branch.1.source
            }
            return text + (otherwise.map { "*|ELSE:|*\($0.source)" } ?? "") + "*|END:IF|*"
        }
    }

    /// What the contact gets.
    func evaluate(_ contact: [ContactColumn: [UInt8]]) -> [UInt8] {
        switch self {
        case .text(let text): return Array(text.utf8)
        case .field(let tag):
            let value = contact[.field(tag)] ?? []
            return value.isEmpty ? Array(someFields.first { $0.tag == tag }!.defaultValue.utf8) : value
        case .deliveryID: return Array(someID.description.utf8)
        case .interested(let pieces, let otherwise):
            let value = contact[Self.interestColumn] ?? []
            return (value == Array("1".utf8) ? pieces : otherwise ?? []).evaluate(contact)
        case .choice(let not, let branches, let otherwise):
            for (index, branch) in branches.enumerated() {
                if branch.0.holds(for: contact) != (not && index == 0) { return branch.1.evaluate(contact) }
            }
            return (otherwise ?? []).evaluate(contact)
        }
    }
}

extension SlowTemplate.Question {
    func holds(for contact: [ContactColumn: [UInt8]]) -> Bool {
        switch self {
        case .hasValue(let tag): return !(contact[.field(tag)] ?? []).isEmpty
        case .compare(let tag, let symbol, let operand):
            let value = contact[.field(tag)] ?? []
            let symbol = symbol.trimmingCharacters(in: .whitespaces)
            if value.isEmpty { return symbol == "!=" }
            let isNumber = someFields.first { $0.tag == tag }!.kind == .number
            guard isNumber else { return (value == Array(operand.utf8)) == (symbol == "=") }
            guard let left = Decimal(string: String(decoding: value, as: UTF8.self)),
                let right = Decimal(string: operand)
            else { return symbol == "!=" }
            return switch symbol {
            case "=": left == right
            case "!=": left != right
            case "<": left < right
            case ">": left > right
            case "<=": left <= right
            default: left >= right
            }
        }
    }
}

extension [SlowTemplate] {
    var source: String { map(\.source).joined() }
    func evaluate(_ contact: [ContactColumn: [UInt8]]) -> [UInt8] { flatMap { $0.evaluate(contact) } }
}

// MARK: Random ones

extension SeededGenerator {
    // No U+FEFF: Foundation drops one that begins a JSON string.
    private static let snippets = [
        "a", "Z", "0", " ", "\"", "\\", "\n", "\r\n", "\t", "\u{0}", "\u{1F}", "\u{7F}", "/", "{", "}", "[", "]", ",",
        ":", "&",
        "=", "%", "+", "?", "#", ";", "'", "<", ">", "|", "--", "é", "ß", "漢", "🎺", "\u{2028}", "\u{FFFD}", "%41",
    ]

    /// Text of any kind; no `*|` can come of it.
    mutating func text(upTo length: Int = 6) -> String {
        (0..<Int.random(in: 0...length, using: &self)).map { _ in Self.snippets.randomElement(using: &self)! }.joined()
    }

    /// Bytes, a third of them ill-formed UTF-8.
    mutating func bytes() -> [UInt8] {
        var bytes = Array(text(upTo: 10).utf8)
        if Int.random(in: 0..<3, using: &self) == 0 {
            for _ in 0..<Int.random(in: 1...6, using: &self) {
                bytes.insert(
                    UInt8.random(in: 0x80...0xFF, using: &self),
                    at: Int.random(in: 0...bytes.count, using: &self)
                )
            }
        }
        return bytes
    }

    mutating func number() -> String {
        let whole = Int.random(in: -3...3, using: &self)
        return ["\(whole)", "\(whole).0", "\(whole).50", "\(whole)e1", "\(abs(whole)).25"].randomElement(using: &self)!
    }

    mutating func contact() -> [ContactColumn: [UInt8]] {
        var contact: [ContactColumn: [UInt8]] = [:]
        for tag in ["FNAME", "LNAME", "PHONE"] where Bool.random(using: &self) {
            contact[.field(tag)] =
                Bool.random(using: &self) ? Array(["Bob", "Al"].randomElement(using: &self)!.utf8) : bytes()
        }
        for tag in ["SCORE", "POINTS"] where Bool.random(using: &self) { contact[.field(tag)] = Array(number().utf8) }
        if Bool.random(using: &self) {
            contact[SlowTemplate.interestColumn] = [Bool.random(using: &self) ? UInt8(ascii: "1") : UInt8(ascii: "0")]
        }
        return contact
    }

    mutating func template(depth: Int = 3) -> [SlowTemplate] {
        (0..<Int.random(in: 0...4, using: &self)).map { _ in piece(depth: depth) }
    }

    private mutating func piece(depth: Int) -> SlowTemplate {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 5), using: &self) {
        case 0, 1: return .text(text())
        case 2, 3: return .field(["FNAME", "LNAME", "PHONE", "SCORE", "POINTS"].randomElement(using: &self)!)
        case 4: return .deliveryID
        case 5: return .interested(template(depth: depth - 1), otherwise: otherwise(depth: depth))
        default:
            let count = Int.random(in: 1...3, using: &self)
            let branches = (0..<count).map { _ in (question(), template(depth: depth - 1)) }
            return .choice(not: Bool.random(using: &self), branches, otherwise: otherwise(depth: depth))
        }
    }

    private mutating func otherwise(depth: Int) -> [SlowTemplate]? {
        Bool.random(using: &self) ? template(depth: depth - 1) : nil
    }

    private mutating func question() -> SlowTemplate.Question {
        let space = Bool.random(using: &self) ? " " : ""
        switch Int.random(in: 0..<3, using: &self) {
        case 0: return .hasValue(["FNAME", "LNAME", "PHONE", "SCORE", "POINTS"].randomElement(using: &self)!)
        case 1:
            let symbol = ["=", "!="].randomElement(using: &self)!
            return .compare(["FNAME", "LNAME"].randomElement(using: &self)!, space + symbol + space, "Bob")
        default:
            let symbol = ["=", "!=", "<", ">", "<=", ">="].randomElement(using: &self)!
            return .compare(["SCORE", "POINTS"].randomElement(using: &self)!, space + symbol + space, number())
        }
    }
}
