import Foundation

/// How saved segments are stored: Mailchimp's `options` object; operands keep their kind.
extension SegmentDefinition {
    /// A group has a match and conditions, a condition the other members.
    private struct StoredTerm: Codable {
        var match: Match?
        var conditions: [StoredTerm]?
        var condition_type: String?
        var field: String?
        var op: String?
        var value: StoredOperand?
        var extra: StoredOperand?
        var addr: StoredOperand?
        var lat: StoredOperand?
        var lng: StoredOperand?

        init(_ term: Term) {
            switch term {
            case .group(let group):
                match = group.match
                conditions = group.terms.map(StoredTerm.init)
            case .condition(let condition):
                condition_type = condition.conditionType
                field = condition.field
                op = condition.op
                value = condition.value.map(StoredOperand.init)
                extra = condition.extra.map(StoredOperand.init)
                addr = condition.address.map(StoredOperand.init)
                lat = condition.latitude.map(StoredOperand.init)
                lng = condition.longitude.map(StoredOperand.init)
            }
        }

        var term: Term {
            if let conditions { return .group(SegmentDefinition(match: match ?? .all, terms: conditions.map(\.term))) }
            return .condition(
                Condition(
                    conditionType: condition_type,
                    field: field,
                    op: op,
                    value: value?.operand,
                    extra: extra?.operand,
                    address: addr?.operand,
                    latitude: lat?.operand,
                    longitude: lng?.operand
                )
            )
        }
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

    /// Reads what ``json()`` wrote.
    ///
    /// - Throws: What is wrong with the text.
    package init(json: String) throws {
        let stored = try JSONDecoder().decode(StoredTerm.self, from: Data(json.utf8))
        guard case .group(let segment) = stored.term else {
            throw AudienceError(.storage, "a saved segment has no conditions")
        }
        self = segment
    }

    /// The definition as audiences keep it.
    package func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(StoredTerm(.group(self))), as: UTF8.self)
    }
}
