/// A journey's points and the ways between them, as far as they could be read: what is wrong inside a point is no
/// hindrance to finding what is wrong with the whole.
struct JourneyOutline {
    /// One way out of a point.
    struct Way {
        /// The key that it stands under.
        let path: [PathElement]
        let place: Place
        /// The id of the point that it leads to; nil: it could not be read.
        let target: String?
    }

    /// A starting point, or a point.
    struct Point {
        let path: [PathElement]
        let place: Place
        /// Nil: it could not be read.
        let id: String?
        let idPlace: Place
        /// What it says of its kind.
        let type: String
        /// Whether every contact stays there for a while. Until a date it does not: once that is past it goes on at once.
        let isPause: Bool
        /// Those that do not lead out of the journey.
        let ways: [Way]
    }

    let start: [Point]
    let points: [Point]
    /// Whether all ids and ways could be read.
    let isWhole: Bool
    /// Whether there are no more points than a journey may have.
    var isWithinLimits: Bool {
        start.count <= JourneyMap.mostStartingPoints && points.count <= JourneyMap.mostPoints
    }

    /// - Parameters:
    ///   - start: What was written as starting points.
    ///   - points: What was written as points; nil: nothing.
    init(start: SourceNode?, points: SourceNode?) {
        self.start = Self.points(start, at: .key(JourneySection.start.name))
        self.points = Self.points(points, at: .key(JourneySection.points.name))
        let all = self.start + self.points
        isWhole =
            start?.isList == true && points?.isList != false && all.allSatisfy { $0.id != nil && $0.ways.areRead }
            && self.start.allSatisfy { !$0.ways.isEmpty }
    }

    private static func points(_ node: SourceNode?, at key: PathElement) -> [Point] {
        guard case .sequence(let nodes)? = node?.content else { return [] }
        return nodes.enumerated().map { point($1, at: [key, .index($0)]) }
    }

    private static func point(_ node: SourceNode, at path: [PathElement]) -> Point {
        var members: [SourceNode.Member] = []
        if case .mapping(let written) = node.content { members = written }
        func value(_ name: String) -> SourceNode? { members.first { $0.key == name }?.value }
        let type = value(variantKey)?.text ?? ""
        let id = value(JourneyPointSection.id.name)
        let ways = members.filter { JourneyPointSection.ways.contains($0.key) && !$0.value.isNull }
        let isDate = value(JourneyPointSection.until.name) != nil
        return Point(
            path: path,
            place: node.place,
            id: id?.pointID,
            idPlace: id?.place ?? node.place,
            type: type,
            isPause: type == JourneyPointSection.Kind.wait.rawValue
                || (type == JourneyPointSection.Kind.delay.rawValue && !isDate),
            ways: ways.map { Way(path: path + [.key($0.key)], place: $0.value.place, target: $0.value.pointID) }
        )
    }
}

extension [JourneyOutline.Way] {
    fileprivate var areRead: Bool { allSatisfy { $0.target != nil } }
}

extension SourceNode {
    fileprivate var isList: Bool {
        if case .sequence = content { true } else { false }
    }

    fileprivate var pointID: String? { string.flatMap { $0.isPointID ? $0 : nil } }

    /// The text, if it is one.
    private var string: String? {
        if case .scalar(let scalar) = content, case .string(let text) = scalar.resolved { text } else { nil }
    }
}
