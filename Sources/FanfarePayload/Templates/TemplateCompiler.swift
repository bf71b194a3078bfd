/// Compiles texts with merge tags into one ``Program``, and gathers every problem on the way.
struct TemplateCompiler {
    let catalogue: TagCatalogue
    var builder = ProgramBuilder()
    private(set) var problems: [PayloadError] = []

    init(catalogue: TagCatalogue) { self.catalogue = catalogue }

    mutating func report(
        _ code: PayloadError.Code,
        _ message: String,
        at path: [PayloadError.PathElement],
        position: PayloadError.Position? = nil
    ) {
        problems.append(PayloadError(code, message, at: path, position: position))
    }

    /// Compiles a text.
    ///
    /// - Parameters:
    ///   - text: With merge tags.
    ///   - path: Where it stands in the definition.
    ///   - escape: The place its values are put into.
    ///   - literalEscape: What the text beside the tags needs; nil: the same.
    ///   - start: Where in the text to begin.
    mutating func compile(
        _ text: [UInt8],
        from start: Int = 0,
        at path: [PayloadError.PathElement],
        for escape: Escape,
        literals literalEscape: Escape? = nil
    ) {
        var parser = TemplateParser(text: text, path: path, escape: escape, literalEscape: literalEscape ?? escape)
        parser.run(from: start, &self)
    }

    /// The field when the text is one tag of a number field and nothing else.
    func numberField(in text: [UInt8]) -> MergeField? {
        guard let tag = MergeTagScanner.soleTag(of: text), case .column(_, let field?) = catalogue.meaning(of: tag),
            field.kind == .number
        else { return nil }
        return field
    }

    /// Emits a number field as a JSON value of its own.
    mutating func emitNumber(_ field: MergeField) {
        let value = Array(field.defaultValue.utf8)
        var fallback = value
        if !JSONNumber.matches(value) {
            let quote = [UInt8(ascii: "\"")]
            fallback = quote + (Escape.json.escaped(value) ?? []) + quote
        }
        let slot = builder.slot(of: .field(field.tag))
        builder.emit(.number(slot: slot, fallback: builder.keep(fallback)))
    }
}

/// Finds merge tags in a text.
enum MergeTagScanner {
    /// What stands next in a text.
    enum Token: Equatable {
        case literal(Range<Int>)
        /// The range between `*|` and `|*`.
        case tag(Range<Int>)
        /// `*|` at that offset without an end.
        case unclosed(Int)
    }

    private static func find(_ first: UInt8, _ second: UInt8, in text: [UInt8], from start: Int) -> Int? {
        var index = start
        while index + 1 < text.count {
            if text[index] == first, text[index + 1] == second { return index }
            index += 1
        }
        return nil
    }

    /// The tokens of a text, from an offset on.
    static func tokens(of text: [UInt8], from start: Int = 0) -> [Token] {
        let star = UInt8(ascii: "*")
        let bar = UInt8(ascii: "|")
        var tokens: [Token] = []
        var index = start
        while index < text.count {
            guard let open = find(star, bar, in: text, from: index) else {
                tokens.append(.literal(index..<text.count))
                break
            }
            if open > index { tokens.append(.literal(index..<open)) }
            guard let close = find(bar, star, in: text, from: open + 2) else {
                tokens.append(.unclosed(open))
                break
            }
            tokens.append(.tag(open + 2..<close))
            index = close + 2
        }
        return tokens
    }

    /// The tag when the text is one tag and nothing else.
    static func soleTag(of text: [UInt8]) -> String? {
        let tokens = tokens(of: text)
        guard tokens.count == 1, case .tag(let range) = tokens[0] else { return nil }
        return String(decoding: text[range], as: UTF8.self)
    }
}
