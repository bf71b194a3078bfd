import Foundation

/// How saved segments are stored: Mailchimp's `options` object; operands keep their kind.
extension SegmentDefinition {
    private struct Stored: Codable {
        struct Condition: Codable {
            var condition_type: String?
            var field: String?
            var op: String?
            var value: StoredOperand?
            var extra: StoredOperand?
        }
        var match: Match
        var conditions: [Condition]
    }

    /// `{"text": …}`, `{"number": …}` or `{"list": […]}`.
    private struct StoredOperand: Codable {
        var text: String?
        var number: String?
        var list: [String]?

        init(_ operand: Operand) {
            switch operand {
            case .text(let value): text = value
            case .number(let value): number = value
            case .list(let value): list = value
            }
        }

        var operand: Operand? {
            if let text { return .text(text) }
            if let number { return .number(number) }
            return list.map(Operand.list)
        }
    }

    init(json: String) throws {
        let stored = try JSONDecoder().decode(Stored.self, from: Data(json.utf8))
        let conditions = stored.conditions.map {
            Condition(
                conditionType: $0.condition_type,
                field: $0.field,
                op: $0.op,
                value: $0.value?.operand,
                extra: $0.extra?.operand
            )
        }
        self.init(match: stored.match, conditions: conditions)
    }

    func json() throws -> String {
        let conditions = conditions.map {
            Stored.Condition(
                condition_type: $0.conditionType,
                field: $0.field,
                op: $0.op,
                value: $0.value.map(StoredOperand.init),
                extra: $0.extra.map(StoredOperand.init)
            )
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(Stored(match: match, conditions: conditions)), as: UTF8.self)
    }
}
