/// Where values stand, without the values.
struct PlaceTree: Sendable {
    /// Where the text of a value stands as written, so that a place in the text is a place in the file.
    private enum Text {
        /// In one line, from this column, letter for letter.
        case line(column: Int)
        /// A `|` block: from the line after it, indented to this column.
        case block(column: Int)
        /// With escapes, or folded.
        case unknown
    }

    private var place = Place(line: 1, column: 1)
    private var text = Text.unknown
    private var children: [PathElement: PlaceTree] = [:]

    init() {}

    init(_ node: SourceNode, in source: SourceText) {
        place = node.place
        switch node.content {
        case .scalar(let scalar): text = PlaceTree.locate(scalar, at: place, in: source)
        case .sequence(let items):
            for (index, item) in items.enumerated() { children[.index(index)] = PlaceTree(item, in: source) }
        case .mapping(let members):
            for member in members { children[.key(member.key)] = PlaceTree(member.value, in: source) }
        }
    }

    /// The place of a value, or of the innermost one around it that there is.
    func place(of path: [PathElement]) -> Place { subtree(at: path).tree.place }

    /// The place of a position inside a value's text, as exactly as the way it is written allows.
    func place(of path: [PathElement], line: Int, column: Int) -> Place {
        let (tree, isExact) = subtree(at: path)
        guard isExact else { return tree.place }
        switch tree.text {
        case .line(let start) where line == 1: return Place(line: tree.place.line, column: start + column - 1)
        case .block(let start): return Place(line: tree.place.line + line, column: start + column - 1)
        default: return tree.place
        }
    }

    private func subtree(at path: [PathElement]) -> (tree: PlaceTree, isExact: Bool) {
        var tree = self
        for element in path {
            guard let next = tree.children[element] else { return (tree, false) }
            tree = next
        }
        return (tree, true)
    }

    private static func locate(_ scalar: SourceNode.Scalar, at place: Place, in source: SourceText) -> Text {
        switch scalar.style {
        case .plain, .quoted:
            let column = scalar.style == .plain ? place.column : place.column + 1
            let start = source.index(of: Place(line: place.line, column: column)) ?? source.scalars.count
            return source.scalars[start...].starts(with: scalar.text.unicodeScalars) ? .line(column: column) : .unknown
        case .literal:
            guard var index = source.index(of: Place(line: place.line + 1, column: 1)) else { return .unknown }
            // An empty first line does not show the indentation; then the column is not known.
            let start = index
            while index < source.scalars.count, source.scalars[index] == " " { index += 1 }
            let first = scalar.text.unicodeScalars.prefix { $0 != "\n" }
            guard !first.isEmpty, source.scalars[index...].starts(with: first) else { return .unknown }
            return .block(column: index - start + 1)
        case .folded: return .unknown
        }
    }
}
