/// What of a job file's lines may be shown in an error.
enum Concealment {
    /// The lines, each cut where the first thing begins that must not be shown.
    ///
    /// - Parameters:
    ///   - root: The file's values; nil when it is not YAML.
    ///   - concealed: The values that may hold secrets.
    static func shownLines(
        of source: SourceText,
        root: SourceNode?,
        concealed: Set<[PathElement]>
    ) -> [ShownLine] {
        guard let root else { return guess(source.lines) }
        var marks: [Mark] = []
        collect(root, path: [], isConcealed: false, concealed, into: &marks)
        return cut(source.lines, at: marks.sorted { $0.place < $1.place })
    }

    /// The place of a key or of a value.
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
        let isConcealed = isConcealed || concealed.contains(path) || path.last?.mayHoldSecret == true
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
                let inner = path + [.key(member.key)]
                collect(member.value, path: inner, isConcealed: isConcealed, concealed, into: &marks)
            }
        }
    }

    /// A concealed value reaches to the next mark that is not; nothing says where it ends on its last line.
    private static func cut(_ lines: [String], at marks: [Mark]) -> [ShownLine] {
        var from: [Int: Int] = [:]
        for (index, mark) in marks.enumerated() where mark.isConcealed {
            from[mark.place.line] = min(from[mark.place.line] ?? .max, mark.place.column - 1)
            let next = index + 1 < marks.count ? marks[index + 1].place.line : lines.count + 1
            guard next > mark.place.line else { continue }
            for line in mark.place.line + 1..<next { from[line] = 0 }
            if index + 1 < marks.count, !begins(lines[next - 1], at: marks[index + 1].place) { from[next] = 0 }
        }
        return lines.enumerated().map { index, line in
            guard let end = from[index + 1] else { return ShownLine(text: line, isCut: false) }
            return ShownLine(text: String(String.UnicodeScalarView(line.unicodeScalars.prefix(end))), isCut: true)
        }
    }

    /// Whether nothing of a value above can stand before this place in its line.
    private static func begins(_ line: String, at place: Place) -> Bool {
        line.unicodeScalars.prefix(place.column - 1).allSatisfy { " -?".unicodeScalars.contains($0) }
    }
}

// MARK: Files that are not YAML

extension Concealment {
    /// Shows a line only if nothing in it, in the line before it, or in a line that it is indented under, sounds like a
    /// secret: where secrets are in a text that cannot be read as YAML nobody knows for sure.
    private static func guess(_ lines: [String]) -> [ShownLine] {
        var enclosing: [(indentation: Int, sounds: Bool)] = []
        var before = false
        return lines.map { line in
            let indentation = line.prefix { $0 == " " || $0 == "\t" }.count
            guard indentation < line.count else { return ShownLine(text: "", isCut: false) }
            while let last = enclosing.last, last.indentation >= indentation { enclosing.removeLast() }
            let sounds = line.soundsLikeSecret
            let isHidden = sounds || before || enclosing.contains { $0.sounds }
            enclosing.append((indentation, sounds))
            before = sounds
            return ShownLine(text: isHidden ? "" : line, isCut: isHidden)
        }
    }
}

extension String {
    /// Words in the names of things that are secret, and in secrets themselves.
    fileprivate var soundsLikeSecret: Bool {
        let folded = lowercased().filter { $0 != "_" && $0 != "-" }
        let words = [
            "auth", "pass", "pwd", "secret", "sign", "token", "bearer", "basic ", "header", "key", "credential",
            "whsec",
            "whsk", "private", "://",
        ]
        return words.contains { folded.contains($0) }
    }
}

extension PathElement {
    /// Whether a value of this name may be a secret, or hold one: nothing of it is shown.
    var mayHoldSecret: Bool {
        guard case .key(let name) = self else { return false }
        let folded = name.lowercased().filter { $0 != "_" && $0 != "-" }
        if ["auth", "signing", "headers", "authorization"].contains(folded) { return true }
        let words = ["password", "passwd", "pwd", "secret", "token", "apikey", "bearer", "credential", "privatekey"]
        return words.contains { folded.contains($0) }
    }
}
