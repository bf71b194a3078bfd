import Foundation

/// What the HTTP interface answers, for who picks out of it what a person reads.
enum InterfaceValue: Decodable {
    case null
    case flag(Bool)
    case number(Double)
    case text(String)
    case list([InterfaceValue])
    case object([String: InterfaceValue])

    /// - Parameter text: JSON; nothing is null.
    /// - Throws: `DecodingError`.
    init(json text: String) throws {
        self = text.isEmpty ? .null : try JSONDecoder().decode(Self.self, from: Data(text.utf8))
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let list = try? container.decode([InterfaceValue].self) {
            self = .list(list)
        } else {
            self = .object(try container.decode([String: InterfaceValue].self))
        }
    }

    /// A member; null where there is none.
    subscript(name: String) -> InterfaceValue {
        if case .object(let members) = self { members[name] ?? .null } else { .null }
    }

    /// The items of a list; none of anything else.
    var items: [InterfaceValue] {
        if case .list(let items) = self { items } else { [] }
    }

    /// The members of an object, by their names; none of anything else.
    var members: [(name: String, value: InterfaceValue)] {
        guard case .object(let members) = self else { return [] }
        return members.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// A text as a terminal may have it; nil: it is none, or empty.
    var text: String? {
        if case .text(let text) = self, !text.isEmpty { VisibleText.text(text) } else { nil }
    }

    /// A whole number; nil: it is none.
    var whole: Int64? {
        if case .number(let number) = self { Int64(exactly: number.rounded()) } else { nil }
    }

    /// A number; nil: it is none.
    var number: Double? {
        if case .number(let number) = self { number } else { nil }
    }

    /// Whether it is true.
    var isTrue: Bool {
        if case .flag(true) = self { true } else { false }
    }

    /// A text or a number in a cell of a table; a dash for nothing.
    var shown: String {
        switch self {
        case .flag(let flag): flag ? "yes" : "no"
        case .number(let number): Int64(exactly: number).map { HumanText.count($0) } ?? "\(number)"
        default: text ?? "-"
        }
    }
}
