/// Where something stands in a job file.
public struct Place: Sendable, Hashable, Comparable {
    /// From 1.
    public let line: Int
    /// From 1, counted in Unicode scalars.
    public let column: Int

    /// - Parameters:
    ///   - line: From 1.
    ///   - column: From 1, counted in Unicode scalars.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// Document order.
    public static func < (left: Place, right: Place) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// One step from a value of a job file to a value inside it.
public enum PathElement: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    /// The member of a mapping with this key.
    case key(String)
    /// The item of a list, from 0.
    case index(Int)

    /// A key.
    public init(stringLiteral value: String) { self = .key(value) }
    /// An index, from 0.
    public init(integerLiteral value: Int) { self = .index(value) }
}

extension [PathElement] {
    /// The path as an operator reads it: `webhook.data.items[0].name`; a key that is not a plain word stands in quotes.
    package var dotted: String {
        var text = ""
        for element in self {
            switch element {
            case .index(let index): text += "[\(index)]"
            case .key(let key):
                if !text.isEmpty { text += "." }
                text += key.isPlainWord ? key : key.shown
            }
        }
        return text
    }
}

extension String {
    /// Whether it is 1 … 60 letters without accents, digits, `_` and `-`.
    var isPlainWord: Bool {
        !isEmpty && utf8.count <= 60
            && utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// The text in quotes, at most 60 characters of it, safe for a terminal: nothing in it can move the cursor,
    /// change colours or reverse the line.
    var shown: String { shown(atMost: 60) }

    /// The same for a path, of which more is needed.
    var shownPath: String { shown(atMost: 500) }

    private func shown(atMost most: Int) -> String {
        let scalars = unicodeScalars
        let text = scalars.prefix(most).map(\.safeForTerminal).joined()
        return "\"" + text + (scalars.count > most ? "…\"" : "\"")
    }
}

extension Unicode.Scalar {
    /// The scalar itself, or an escape in its stead where it could disturb a terminal.
    var safeForTerminal: String {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
            "\\u{" + String(value, radix: 16) + "}"
        default: String(self)
        }
    }
}
