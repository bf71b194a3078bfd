/// Walks one text and emits its instructions; keeps account of the IF and INTERESTED blocks that are open.
struct TemplateParser {
    /// A block that is open.
    struct Block {
        /// `IF` or `INTERESTED`.
        var name: String
        /// Where its first tag begins.
        var offset: Int
        /// The jump over the branch being read; nil after ELSE.
        var overBranch: Int?
        /// The jumps from the ends of branches to the end of the block.
        var toEnd: [Int] = []
        var hasElse = false
    }

    let text: [UInt8]
    let path: [PayloadError.PathElement]
    let escape: Escape
    let literalEscape: Escape
    var blocks: [Block] = []

    init(text: [UInt8], path: [PayloadError.PathElement], escape: Escape, literalEscape: Escape) {
        self.text = text
        self.path = path
        self.escape = escape
        self.literalEscape = literalEscape
    }

    mutating func run(from start: Int, _ compiler: inout TemplateCompiler) {
        for token in MergeTagScanner.tokens(of: text, from: start) {
            switch token {
            case .literal(let range): emitLiteral(range, &compiler)
            case .tag(let range):
                read(String(decoding: text[range], as: UTF8.self), at: range.lowerBound - 2, &compiler)
            case .unclosed(let offset):
                report(.unclosedTag, "\"*|\" begins a merge tag, but no \"|*\" ends it", at: offset, &compiler)
            }
        }
        for block in blocks {
            report(
                .unbalancedBlock,
                "\(block.name) is never closed; *|END:\(block.name)|* does",
                at: block.offset,
                &compiler
            )
        }
    }

    func report(
        _ code: PayloadError.Code,
        _ message: String,
        at offset: Int,
        _ compiler: inout TemplateCompiler
    ) {
        compiler.report(code, message, at: path, position: .init(offset: offset, in: text))
    }

    private func emitLiteral(_ range: Range<Int>, _ compiler: inout TemplateCompiler) {
        if let bytes = literalEscape.escaped(text[range]) { return compiler.builder.emit(literal: bytes) }
        let offset = text[range].firstIndex(where: \.isForbiddenInHeaderValue) ?? range.lowerBound
        let (code, place): (PayloadError.Code, String) =
            literalEscape == .urlLiteral ? (.invalidURL, "URL") : (.invalidHeaderValue, "header value")
        report(code, "a \(place) may hold no control character", at: offset, &compiler)
    }

    private mutating func read(_ tag: String, at offset: Int, _ compiler: inout TemplateCompiler) {
        if let condition = tag.dropping(prefix: "IFNOT:") {
            open("IF", condition, negated: true, at: offset, &compiler)
        } else if let condition = tag.dropping(prefix: "IF:") {
            open("IF", condition, negated: false, at: offset, &compiler)
        } else if let condition = tag.dropping(prefix: "ELSEIF:") {
            elseIf(condition, at: offset, &compiler)
        } else if let groups = tag.dropping(prefix: "INTERESTED:") {
            openInterested(groups, at: offset, &compiler)
        } else if tag == "ELSE:" || tag == "ELSE" {
            elseBranch(at: offset, &compiler)
        } else if tag == "END:IF" || tag == "END:INTERESTED" {
            close(String(tag.dropFirst("END:".count)), at: offset, &compiler)
        } else if let meaning = compiler.catalogue.meaning(of: tag) {
            emit(meaning, of: tag, at: offset, &compiler)
        } else {
            readUnknown(tag, at: offset, &compiler)
        }
    }

    /// Reports a tag that nothing goes by; one that was to open a block opens it, so that its end is no error too.
    private mutating func readUnknown(_ tag: String, at offset: Int, _ compiler: inout TemplateCompiler) {
        let word = TagCatalogue.blockWord(nearestTo: tag)
        let meant = word.map { " (did you mean \("\($0)\(tag.drop { $0 != ":" }.dropFirst())".shortened)?)" }
        let hint = meant ?? NearestName.hint(for: tag, among: compiler.catalogue.names)
        report(.unknownTag, "unknown merge tag *|\(tag.shortened)|*\(hint)", at: offset, &compiler)
        switch word {
        case "IF:", "IFNOT:": blocks.append(Block(name: "IF", offset: offset))
        case "INTERESTED:": blocks.append(Block(name: "INTERESTED", offset: offset))
        default: break
        }
    }

    private func emit(
        _ meaning: TagCatalogue.Meaning,
        of tag: String,
        at offset: Int,
        _ compiler: inout TemplateCompiler
    ) {
        switch meaning {
        case .column(let column, let field):
            let slot = compiler.builder.slot(of: column)
            let fallback = compiler.builder.keep(escapedConstant(field?.defaultValue ?? "", at: offset, &compiler))
            let shape = field?.shape ?? .asStored
            compiler.builder.emit(.value(slot: slot, shape: shape, escape: escape, fallback: fallback))
        case .date(let format):
            for part in PHPDateFormat.parts(of: format) {
                switch part {
                case .letter(let letter): compiler.builder.emit(.datePart(letter: letter, escape: escape))
                case .text(let bytes): compiler.builder.emit(literal: escape.escaped(bytes) ?? [])
                }
            }
        case .deliveryID: compiler.builder.emit(.deliveryID)
        case .constant(let value): compiler.builder.emit(literal: escapedConstant(value, at: offset, &compiler))
        case .page(let page, let links):
            let base = links.publicURL.page(page, token: "")
            compiler.builder.emit(literal: escapedConstant(base, at: offset, &compiler))
            compiler.builder.emit(tokenOf: page, links)
            compiler.builder.emit(literal: escapedConstant(links.tail(of: page), at: offset, &compiler))
        case .unavailable(let reason): report(.unavailableTag, "*|\(tag)|* \(reason)", at: offset, &compiler)
        }
    }

    /// A value of the definition's own; one that a header cannot hold is reported.
    private func escapedConstant(_ value: String, at offset: Int, _ compiler: inout TemplateCompiler) -> [UInt8] {
        if let bytes = escape.escaped(value.utf8) { return bytes }
        report(.invalidHeaderValue, "the tag's text holds a control character; a header may not", at: offset, &compiler)
        return []
    }
}

extension StringProtocol {
    /// What follows a prefix; nil when the text does not begin with it.
    fileprivate func dropping(prefix: String) -> SubSequence? {
        hasPrefix(prefix) ? dropFirst(prefix.count) : nil
    }
}

extension String {
    /// The beginning of a text that a message quotes, on one line.
    var shortened: String {
        let line = prefix(60).map { $0.isNewline ? " " : String($0) }.joined()
        return count > 60 ? line + "…" : line
    }
}
