import Yams

/// Reads YAML into nodes that know their place, and says everything that is wrong with it.
///
/// What job files do without is refused with its place: anchors and aliases, tags other than `!!str`, keys that are
/// not text, more than one document, more than 64 levels.
struct YAMLReader {
    /// What was read, as far as it could be.
    struct Result {
        /// Nil: the text is not YAML, or empty.
        var root: SourceNode?
        var problems: [JobProblem] = []
    }

    private static let deepest = 64
    /// Each renamed key costs one more parse.
    private static let mostRenamedKeys = 20

    private let source: SourceText
    /// The source's text with stand-ins: the same number of scalars.
    private var text: [Unicode.Scalar]
    private var standIns: StandIns
    private var result = Result()

    static func read(_ source: SourceText) -> Result {
        var reader = YAMLReader(source)
        reader.read()
        return reader.result
    }

    private init(_ source: SourceText) {
        self.source = source
        standIns = StandIns(for: source.scalars)
        text = source.scalars
    }

    private mutating func read() {
        guard let hidden = standIns.hidingMarks(in: text) else {
            return report(.encoding, Place(line: 1, column: 1), "the file is full of private-use characters")
        }
        text = hidden
        var renamedKeys = 0
        while true {
            do {
                return try compose()
            } catch YamlError.duplicatedKeysInMapping(_, let context) {
                guard renamedKeys < YAMLReader.mostRenamedKeys, rename(keyAt: context.mark) else {
                    return reportDuplicate(context.mark)
                }
                renamedKeys += 1
            } catch {
                return report(error)
            }
        }
    }

    private mutating func compose() throws {
        let yaml = String(String.UnicodeScalarView(text))
        let parser = try Parser(yaml: yaml, resolver: .basic, encoding: .utf8)
        guard let root = try parser.singleRoot() else {
            return report(.syntax, Place(line: 1, column: 1), "the file is empty")
        }
        // The parser owns the anchors, to which nodes refer weakly.
        withExtendedLifetime(parser) { result.root = node(root, path: [], depth: 0) }
    }
}

// MARK: Keys that stand twice

extension YAMLReader {
    /// Gives the key at `mark` another first letter, so that Yams takes it for a key of its own.
    ///
    /// - Returns: False when it is not a plain or simply quoted word.
    private mutating func rename(keyAt mark: Mark) -> Bool {
        guard var index = source.index(of: Place(line: mark.line, column: mark.column)) else { return false }
        switch text[index] {
        case "\"", "'":
            index += 1
            guard index < text.count, !["\"", "'", "\\", "\n", "\r"].contains(text[index]) else { return false }
        case "&", "!", "[", "{", "?", "|", ">", " ", "\n", "\r", "\t", ":", "-": return false
        default: break
        }
        guard let standIn = standIns.make(for: text[index]) else { return false }
        text[index] = standIn
        return true
    }

    /// For a key that cannot be renamed; where it stands in the tree, and so whether it may be shown, is not known.
    private mutating func reportDuplicate(_ mark: Mark) {
        let place = Place(line: mark.line, column: mark.column)
        report(.duplicateKey, place, "this key stands twice in one mapping")
    }
}

// MARK: Nodes

extension YAMLReader {
    private mutating func node(_ node: Node, path: [PathElement], depth: Int) -> SourceNode {
        let place = Place(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
        refuseProperties(of: node, path: path, place: place)
        guard depth < YAMLReader.deepest else {
            report(.syntax, place, "more than \(YAMLReader.deepest) levels inside one another", path: path)
            return SourceNode(content: .scalar(.init(text: "", style: .plain)), place: place)
        }
        switch node {
        case .scalar(let scalar):
            return SourceNode(content: .scalar(self.scalar(scalar, path: path, place: place)), place: place)
        case .sequence(let sequence):
            var items: [SourceNode] = []
            for (index, item) in sequence.enumerated() {
                items.append(self.node(item, path: path + [.index(index)], depth: depth + 1))
            }
            return SourceNode(content: .sequence(items), place: place)
        case .mapping(let mapping):
            return SourceNode(content: .mapping(members(of: mapping, path: path, depth: depth)), place: place)
        case .alias:
            // Only Yams' encoder makes these.
            return SourceNode(content: .scalar(.init(text: "", style: .plain)), place: place)
        }
    }

    private mutating func scalar(_ scalar: Node.Scalar, path: [PathElement], place: Place) -> SourceNode.Scalar {
        let isPlain = scalar.style == .plain
        let text = standIns.restored(scalar.string, resolvesEscapes: scalar.style == .doubleQuoted)
        if isPlain, standIns.beginsWithStar(scalar.string) {
            report(
                .syntax,
                place,
                "a value that begins with `*` must stand in quotes: YAML takes the star for an alias",
                path: path,
                suggestion: text.hasPrefix("*|") ? "put quotes around it: \"*|TAG|*\"" : "put quotes around it"
            )
        }
        let style: SourceNode.Scalar.Style =
            switch scalar.style {
            case .literal: .literal
            case .folded: .folded
            default: isPlain && scalar.tag.rawValue != Tag.Name.str.rawValue ? .plain : .quoted
            }
        return SourceNode.Scalar(text: text, style: style)
    }

    private mutating func members(
        of mapping: Node.Mapping,
        path: [PathElement],
        depth: Int
    ) -> [SourceNode.Member] {
        var members: [SourceNode.Member] = []
        var places: [String: Place] = [:]
        for (keyNode, valueNode) in mapping {
            let keyPlace = Place(line: keyNode.mark?.line ?? 1, column: keyNode.mark?.column ?? 1)
            guard case .scalar(let scalar) = keyNode else {
                report(.syntax, keyPlace, "a key must be text", path: path)
                continue
            }
            refuseProperties(of: keyNode, path: path, place: keyPlace)
            let key = self.scalar(scalar, path: path, place: keyPlace).text
            let inner = path + [.key(key)]
            let value = node(valueNode, path: inner, depth: depth + 1)
            if let first = places[key] {
                let name = path.contains { $0.mayHoldSecret } ? "a key of `\(path.dotted)`" : "`\(inner.dotted)`"
                report(
                    .duplicateKey,
                    keyPlace,
                    "\(name) stands twice: first in line \(first.line)",
                    path: path,
                    suggestion: "remove one of them"
                )
                continue
            }
            places[key] = keyPlace
            members.append(.init(key: key, keyPlace: keyPlace, value: value))
        }
        return members
    }

    private mutating func refuseProperties(of node: Node, path: [PathElement], place: Place) {
        if node.anchor != nil {
            report(
                .syntax,
                place,
                "a value that begins with `&` must stand in quotes: YAML takes it for an anchor",
                path: path,
                suggestion: "put quotes around it; anchors and aliases are not used in job files"
            )
        }
        let tag: String
        switch node {
        case .scalar(let scalar): tag = scalar.tag.rawValue
        case .sequence(let sequence): tag = sequence.tag.rawValue
        case .mapping(let mapping): tag = mapping.tag.rawValue
        case .alias: tag = ""
        }
        let known: Set = ["", Tag.Name.str.rawValue, Tag.Name.seq.rawValue, Tag.Name.map.rawValue]
        if !known.contains(tag) {
            report(
                .syntax,
                place,
                "a value that begins with `!` must stand in quotes: YAML takes it for a tag",
                path: path,
                suggestion: "put quotes around it; of YAML's tags only !!str is used in job files"
            )
        }
    }

    private mutating func report(
        _ code: JobProblem.Code,
        _ place: Place?,
        _ message: String,
        path: [PathElement] = [],
        suggestion: String? = nil
    ) {
        result.problems.append(
            JobProblem(code, path: path, place: place, message: message, suggestion: suggestion)
        )
    }
}

// MARK: Errors of libyaml

extension YAMLReader {
    private mutating func report(_ error: any Error) {
        switch error {
        case YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _),
            YamlError.composer(let context, let problem, let mark, _):
            report(context: context, problem: problem, mark)
        default:
            // libyaml's reader has nothing to refuse in a SourceText; what is left is a want of memory.
            report(.syntax, Place(line: 1, column: 1), "the file cannot be read as YAML")
        }
    }

    private mutating func report(context: YamlError.Context?, problem: String, _ mark: Mark) {
        let place = Place(line: mark.line, column: mark.column)
        let character = source.index(of: place).map { source.scalars[$0] }
        let advice = SyntaxAdvice(problem: problem, context: context?.text ?? "", character: character)
        var message = advice.message ?? "not YAML: \(problem)"
        guard let beginning = context?.mark, beginning.line < mark.line else {
            return report(.syntax, place, message, suggestion: advice.suggestion)
        }
        if advice.liesAtBeginning {
            let place = Place(line: beginning.line, column: beginning.column)
            return report(.syntax, place, message, suggestion: advice.suggestion)
        }
        message += " (what began in line \(beginning.line))"
        report(.syntax, place, message, suggestion: advice.suggestion)
    }
}
