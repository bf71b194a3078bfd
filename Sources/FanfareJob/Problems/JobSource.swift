/// The file a job was read from: where its values stand, and what of its lines may be shown.
///
/// It holds no secret: lines are kept as far as they may be shown.
public struct JobSource: Sendable {
    /// The file's path as given, or what else the text came from.
    public let file: String
    private let lines: [ShownLine]
    private let places: PlaceTree

    init(file: String, lines: [ShownLine] = [], places: PlaceTree = PlaceTree()) {
        self.file = file
        self.lines = lines
        self.places = places
    }

    /// Where the value of this path stands; when the file has no such value, the innermost one around it that it has.
    public func place(of path: [PathElement]) -> Place { places.place(of: path) }

    /// What may be shown of a line, from 1.
    func line(_ number: Int) -> ShownLine? {
        lines.indices.contains(number - 1) ? lines[number - 1] : nil
    }
}

/// What may be shown of one line.
struct ShownLine: Sendable {
    /// The text up to the first thing that must not be shown.
    let text: String
    /// Whether that is less than the line.
    let isCut: Bool
}

/// Where values stand, without the values.
struct PlaceTree: Sendable {
    private var place = Place(line: 1, column: 1)
    private var children: [PathElement: PlaceTree] = [:]

    init() {}

    init(_ node: SourceNode) {
        place = node.place
        switch node.content {
        case .scalar: break
        case .sequence(let items):
            for (index, item) in items.enumerated() { children[.index(index)] = PlaceTree(item) }
        case .mapping(let members):
            for member in members { children[.key(member.key)] = PlaceTree(member.value) }
        }
    }

    func place(of path: [PathElement]) -> Place {
        var tree = self
        for element in path {
            guard let next = tree.children[element] else { break }
            tree = next
        }
        return tree.place
    }
}
