/// What of a job file's lines may be shown in an error.
enum Concealment {
    /// The lines, each cut where the first thing begins that must not be shown.
    ///
    /// - Parameters:
    ///   - root: The file's values; nil when it is not YAML, and then nothing is known of where its secrets are.
    ///   - concealed: The values that may hold secrets.
    static func shownLines(
        of source: SourceText,
        root: SourceNode?,
        concealed: Set<[PathElement]>
    ) -> [ShownLine] {
        guard let root else { return source.lines.map { _ in ShownLine(text: "", isCut: true) } }
        var marks: [Mark] = []
        collect(root, path: [], isConcealed: false, concealed, into: &marks)
        return cut(source.lines, at: marks.sorted { $0.place < $1.place })
    }

    /// The place of a key or of a value without values inside it.
    private struct Mark {
        let place: Place
        let isConcealed: Bool
    }

    private static func collect(
        _ node: SourceNode,
        path: [PathElement],
        isConcealed: Bool,
        _ concealed: Set<[PathElement]>,
        into marks: inout [Mark]
    ) {
        let isConcealed = isConcealed || concealed.contains(path)
        marks.append(Mark(place: node.place, isConcealed: isConcealed))
        switch node.content {
        case .scalar: break
        case .sequence(let items):
            for (index, item) in items.enumerated() {
                collect(item, path: path + [.index(index)], isConcealed: isConcealed, concealed, into: &marks)
            }
        case .mapping(let members):
            for member in members {
                marks.append(Mark(place: member.keyPlace, isConcealed: isConcealed))
                collect(
                    member.value,
                    path: path + [.key(member.key)],
                    isConcealed: isConcealed,
                    concealed,
                    into: &marks
                )
            }
        }
    }

    /// A concealed value reaches to the next mark that is not; nothing says where it ends on its last line.
    private static func cut(_ lines: [String], at marks: [Mark]) -> [ShownLine] {
        var from: [Int: Int] = [:]
        for (index, mark) in marks.enumerated() where mark.isConcealed {
            from[mark.place.line] = min(from[mark.place.line] ?? .max, mark.place.column - 1)
            let next = marks[(index + 1)...].first?.place.line ?? lines.count + 1
            for line in mark.place.line + 1..<max(next, mark.place.line + 1) { from[line] = 0 }
            if index + 1 < marks.count, next > mark.place.line, !begins(lines[next - 1], at: marks[index + 1].place) {
                from[next] = 0
            }
        }
        return lines.enumerated().map { index, line in
            guard let end = from[index + 1] else { return ShownLine(text: line, isCut: false) }
            return ShownLine(text: String(String.UnicodeScalarView(line.unicodeScalars.prefix(end))), isCut: true)
        }
    }

    /// Whether nothing of a value above can stand before this place in its line.
    private static func begins(_ line: String, at place: Place) -> Bool {
        line.unicodeScalars.prefix(place.column - 1).allSatisfy { " -?{[,".unicodeScalars.contains($0) }
    }
}
