/// A list whose items have one format.
///
/// - Parameters:
///   - item: The items' format.
///   - accepted: What the list is, with its article.
///   - count: How many items.
func list<Item: Sendable>(
    of item: Format<Item>,
    _ accepted: String,
    count: ClosedRange<Int>
) -> Format<[Item]> {
    let schema = JSONValue.object([
        "type": "array",
        "items": item.schema,
        "minItems": .number(String(count.lowerBound)),
        "maxItems": .number(String(count.upperBound)),
    ])
    return Format(accepted: accepted, schema: schema) { node, reading in
        guard case .sequence(let nodes) = node.content else {
            reading.reportType(node, accepted: accepted)
            return nil
        }
        guard count.contains(nodes.count) else {
            reading.report(
                .badValue,
                at: node.place,
                "`\(reading.path.dotted)` has \(nodes.count) items",
                accepted: "\(accepted) of \(count.lowerBound) … \(count.upperBound) items"
            )
            return nil
        }
        let items = nodes.enumerated().map { index, node in
            reading.descend(.index(index)) { item.read(node, &$0) }
        }
        let right = items.compactMap { $0 }
        return right.count == items.count ? right : nil
    }
}

/// A value or a list of such values.
func oneOrMore<Item: Sendable>(_ item: Format<Item>, atMost most: Int) -> Format<[Item]> {
    let accepted = item.accepted + ", or a list of such"
    let several = list(of: item, accepted, count: 1...most)
    return Format(accepted: accepted, schema: .object(["anyOf": [item.schema, several.schema]])) { node, reading in
        if case .sequence = node.content { return several.read(node, &reading) }
        return item.read(node, &reading).map { [$0] }
    }
}
