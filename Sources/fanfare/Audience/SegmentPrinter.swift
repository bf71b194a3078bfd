import Fanfare

/// A segment as a person reads it.
struct SegmentPrinter {
    /// For `--json`.
    struct Listed: Encodable {
        let name: String
        let match: String
        let conditions: [String]

        init(name: String, _ text: SegmentPrinter) {
            self.name = name
            match = text.match
            conditions = text.conditions
        }
    }

    let match: String
    /// `SCORE greater 9`.
    let conditions: [String]

    init(_ definition: SegmentDefinition) {
        match = definition.match.rawValue
        conditions = definition.conditions.map(Self.text)
    }

    /// How the conditions are joined.
    var conjunction: String { match == "all" ? "all of" : "any of" }

    static func text(_ condition: SegmentDefinition.Condition) -> String {
        let operands = [condition.value, condition.extra].compactMap { $0.map(text) }
        return ([condition.field ?? "?", condition.op ?? "?"] + operands).joined(separator: " ")
    }

    private static func text(_ operand: SegmentDefinition.Operand) -> String {
        switch operand {
        case .text(let text): "\"\(text)\""
        case .number(let number): number
        case .list(let texts): "[" + texts.map { "\"\($0)\"" }.joined(separator: ", ") + "]"
        }
    }
}
