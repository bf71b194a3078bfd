import Fanfare

/// A segment as a person or a program reads it.
struct SegmentPrinter: Encodable {
    /// `SCORE greater 9`, or conditions that are joined.
    private enum Term: Encodable {
        case condition(String)
        case group(SegmentPrinter)

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .condition(let text): try container.encode(text)
            case .group(let group): try container.encode(group)
            }
        }
    }

    /// Nil: a group.
    private let name: String?
    private let match: String
    private let conditions: [Term]

    init(_ definition: SegmentDefinition, name: String? = nil) {
        self.name = name
        match = definition.match.rawValue
        conditions = definition.terms.map { term in
            switch term {
            case .condition(let condition): .condition(Self.text(condition))
            case .group(let group): .group(SegmentPrinter(group))
            }
        }
    }

    /// How the conditions are joined, then each in a line of its own.
    var lines: [String] {
        let inner = conditions.flatMap { term in
            switch term {
            case .condition(let text): [text]
            case .group(let group): group.lines
            }
        }
        let title = match == "all" ? "all of" : "any of"
        return [(name.map { "\($0): " } ?? "") + title] + inner.map { "  \($0)" }
    }

    static func text(_ condition: SegmentDefinition.Condition) -> String {
        let operands = [condition.value, condition.extra].compactMap { $0.map(text) }
        let place = [condition.latitude, condition.longitude].compactMap { $0.map(text) }
        let around = place.isEmpty ? [] : ["of " + place.joined(separator: ", ")]
        return ([condition.field ?? "?", condition.op ?? "?"] + operands + around).joined(separator: " ")
    }

    private static func text(_ operand: SegmentDefinition.Operand) -> String {
        switch operand {
        case .text(let text): "\"\(text)\""
        case .number(let number): number
        case .list(let texts): "[" + texts.map { "\"\($0)\"" }.joined(separator: ", ") + "]"
        }
    }
}
