import FanfarePayload

/// What is wrong with a journey as a whole.
struct JourneyCheck {
    private let outline: JourneyOutline
    private var problems: [JobProblem] = []
    /// Where points stand among ``JourneyOutline/points``, by their ids.
    private var indexes: [String: Int] = [:]
    /// The same by what was written for them, where it is near enough to their ids to be misspelt.
    private var misspelt: [String: Int] = [:]
    /// Whether every way leads to a point, misspelt or not.
    private var allWaysLead = true

    /// How many texts were compared with all ids.
    private var comparisons = 0
    private static let mostComparisons = 50

    /// Everything that is wrong, at its places.
    ///
    /// Of one with more points than it may have: nothing, as that is said already.
    static func problems(of outline: JourneyOutline) -> [JobProblem] {
        guard outline.isWithinLimits else { return [] }
        var check = JourneyCheck(outline)
        check.checkIDs()
        check.checkWays()
        check.checkReach()
        check.checkLoops()
        check.checkWaits()
        check.checkDates()
        return check.problems
    }

    private init(_ outline: JourneyOutline) {
        self.outline = outline
        for (index, point) in outline.points.enumerated() {
            if let id = point.id, indexes[id] == nil { indexes[id] = index }
        }
    }

    private mutating func report(
        _ code: JobProblem.Code,
        _ path: [PathElement],
        _ place: Place,
        _ message: String,
        accepted: String? = nil,
        suggestion: String? = nil
    ) {
        problems.append(
            JobProblem(code, path: path, place: place, message: message, accepted: accepted, suggestion: suggestion)
        )
    }

    private mutating func checkIDs() {
        var first: [String: [PathElement]] = [:]
        for point in outline.start + outline.points {
            guard let id = point.id else { continue }
            guard let other = first[id] else {
                first[id] = point.path
                continue
            }
            let path = point.path + [.key(JourneyPointSection.id.name)]
            report(
                .conflict,
                path,
                point.idPlace,
                "`\(path.dotted)` is \(id.shown), as that of `\(other.dotted)`",
                accepted: "an id that no other point has"
            )
        }
    }

    // MARK: Ways

    private mutating func checkWays() {
        let starts = Set(outline.start.compactMap(\.id))
        for way in (outline.start + outline.points).flatMap(\.ways) {
            guard let target = way.target, indexes[target] == nil else { continue }
            if starts.contains(target) {
                allWaysLead = false
                report(
                    .badValue,
                    way.path,
                    way.place,
                    "`\(way.path.dotted)` leads to the starting point \(target.shown)",
                    accepted: "the id of a point"
                )
                continue
            }
            let near = nearest(to: target)
            if near == nil { allWaysLead = false }
            // The point meant may be one whose id could not be read.
            guard outline.isWhole else { continue }
            report(
                .badValue,
                way.path,
                way.place,
                "`\(way.path.dotted)` is \(target.shown), and no point has that id",
                accepted: "the id of a point",
                suggestion: near.map { "did you mean `\($0)`?" }
            )
        }
    }

    /// The id that a text is probably a slip of.
    private mutating func nearest(to target: String) -> String? {
        if let index = misspelt[target] { return outline.points[index].id }
        comparisons += 1
        guard comparisons <= Self.mostComparisons,
            let near = nearestName(to: target, among: indexes.keys.sorted())
        else { return nil }
        misspelt[target] = indexes[near]
        return near
    }

    /// The points that a point leads to, misspelt ways included.
    private func targets(of point: JourneyOutline.Point) -> [(way: JourneyOutline.Way, index: Int)] {
        point.ways.compactMap { way in
            guard let target = way.target, let index = indexes[target] ?? misspelt[target] else { return nil }
            return (way, index)
        }
    }

    private mutating func checkReach() {
        guard outline.isWhole, allWaysLead else { return }
        var reached: Set<Int> = []
        var open = outline.start.flatMap { targets(of: $0) }.map(\.index)
        while let index = open.popLast() {
            guard reached.insert(index).inserted else { continue }
            open += targets(of: outline.points[index]).map(\.index)
        }
        for (index, point) in outline.points.enumerated() where !reached.contains(index) {
            // The second of two with one id: that is said already.
            guard let id = point.id, indexes[id] == index else { continue }
            report(
                .conflict,
                point.path,
                point.place,
                "`\(point.path.dotted)`: no way leads from a starting point to \(id.shown)",
                suggestion: "lead one there, or remove it"
            )
        }
    }

    // MARK: Loops

    /// How far a search has come.
    private struct Walk {
        /// Points from the first to the present one, each of which leads to the next.
        var path: [Int] = []
        var visited: Set<Int> = []
        /// Points of loops that were found already.
        var looped: Set<Int> = []
    }

    private mutating func checkLoops() {
        var walk = Walk()
        for index in outline.points.indices { visit(index, &walk) }
    }

    /// Follows all ways from a point that do not pass a pause.
    ///
    /// - Complexity: As many calls inside each other as a journey has points, at most.
    private mutating func visit(_ index: Int, _ walk: inout Walk) {
        guard !outline.points[index].isPause, walk.visited.insert(index).inserted else { return }
        walk.path.append(index)
        for (way, target) in targets(of: outline.points[index]) {
            guard let begin = walk.path.firstIndex(of: target) else {
                visit(target, &walk)
                continue
            }
            let loop = walk.path[begin...]
            guard walk.looped.isDisjoint(with: loop) else { continue }
            walk.looped.formUnion(loop)
            let names = (loop + [target]).map { outline.points[$0].id ?? "" }
            report(
                .conflict,
                way.path,
                way.place,
                "`\(way.path.dotted)` closes a loop in which nobody ever stays: \(names.joined(separator: " → "))",
                accepted: "a delay with `for` or `on`, or a wait, in every loop"
            )
        }
        walk.path.removeLast()
    }

    // MARK: Limits

    private mutating func checkWaits() {
        let waits = outline.points.filter { $0.type == JourneyPointSection.Kind.wait.rawValue }
        guard waits.count > JourneyMap.mostWaits else { return }
        let first = waits[JourneyMap.mostWaits]
        report(
            .badValue,
            first.path,
            first.place,
            "`points` has \(waits.count) points that wait for something to happen",
            accepted: "at most \(JourneyMap.mostWaits) of them"
        )
    }

    private mutating func checkDates() {
        let yearly = [JourneyTriggerSection.Kind.birthday, .recurringDate].map(\.rawValue)
        guard let other = outline.start.first(where: { yearly.contains($0.type) }) else { return }
        for point in outline.start where point.type == JourneyTriggerSection.Kind.specificDate.rawValue {
            report(
                .conflict,
                point.path,
                point.place,
                "`\(point.path.dotted)` is one day, and `\(other.path.dotted)` comes every year",
                suggestion: "make two journeys of them"
            )
        }
    }
}
