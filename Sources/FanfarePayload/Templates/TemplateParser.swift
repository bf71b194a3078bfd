/// Walks one text and emits its instructions; keeps account of the IF and INTERESTED blocks that are open.
struct TemplateParser {
    /// A block that is open.
    private struct Block {
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
    private var blocks: [Block] = []

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

    private func report(
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
            emit(meaning, &compiler)
        } else {
            let hint = NearestName.hint(for: tag, among: compiler.catalogue.names)
            report(.unknownTag, "unknown merge tag *|\(tag.shortened)|*\(hint)", at: offset, &compiler)
        }
    }

    private func emit(_ meaning: TagCatalogue.Meaning, _ compiler: inout TemplateCompiler) {
        switch meaning {
        case .column(let column, let field):
            let slot = compiler.builder.slot(of: column)
            let fallback = compiler.builder.keep(escapedConstant(field?.defaultValue ?? "", &compiler))
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
        case .constant(let value): compiler.builder.emit(literal: escapedConstant(value, &compiler))
        }
    }

    /// A value of the definition's own; one that a header cannot hold is reported.
    private func escapedConstant(_ value: String, _ compiler: inout TemplateCompiler) -> [UInt8] {
        if let bytes = escape.escaped(value.utf8) { return bytes }
        report(.invalidHeaderValue, "the tag's text holds a control character; a header may not", at: 0, &compiler)
        return []
    }
}

// MARK: Blocks

extension TemplateParser {
    private mutating func open(
        _ name: String,
        _ text: Substring,
        negated: Bool,
        at offset: Int,
        _ compiler: inout TemplateCompiler
    ) {
        let condition = condition(text, negated: negated, at: offset, &compiler)
        blocks.append(Block(name: name, offset: offset, overBranch: compiler.builder.emitJumpUnless(condition)))
    }

    private mutating func openInterested(_ text: Substring, at offset: Int, _ compiler: inout TemplateCompiler) {
        var condition = Condition.never
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let groups = parts.count == 2 ? parts[1].split(separator: ",").map(String.init) : []
        if parts.count == 2, !parts[0].isEmpty, !groups.isEmpty {
            let column = ContactColumn.interested(category: String(parts[0]), groups: groups)
            condition = Condition(slot: compiler.builder.slot(of: column), test: .isSet)
        } else {
            report(.invalidCondition, "accepted: *|INTERESTED:Category:Group,Group|*", at: offset, &compiler)
        }
        let jump = compiler.builder.emitJumpUnless(condition)
        blocks.append(Block(name: "INTERESTED", offset: offset, overBranch: jump))
    }

    private mutating func elseIf(_ text: Substring, at offset: Int, _ compiler: inout TemplateCompiler) {
        guard let block = blocks.last, block.name == "IF", !block.hasElse else {
            let message = "ELSEIF stands outside of an IF, or after its ELSE"
            return report(.unbalancedBlock, message, at: offset, &compiler)
        }
        endBranch(&compiler)
        let condition = condition(text, negated: false, at: offset, &compiler)
        blocks[blocks.count - 1].overBranch = compiler.builder.emitJumpUnless(condition)
    }

    private mutating func elseBranch(at offset: Int, _ compiler: inout TemplateCompiler) {
        guard let block = blocks.last, !block.hasElse else {
            let message = "ELSE stands outside of an IF or INTERESTED, or is its second"
            return report(.unbalancedBlock, message, at: offset, &compiler)
        }
        endBranch(&compiler)
        blocks[blocks.count - 1].hasElse = true
    }

    /// Leaves the branch being read for the end of the block, and lets the jump over it lead to here.
    private mutating func endBranch(_ compiler: inout TemplateCompiler) {
        compiler.builder.emit(.jump(to: -1))
        blocks[blocks.count - 1].toEnd.append(compiler.builder.position - 1)
        landBranch(of: blocks.count - 1, &compiler)
    }

    private mutating func landBranch(of index: Int, _ compiler: inout TemplateCompiler) {
        let here = compiler.builder.label()
        if let jump = blocks[index].overBranch { compiler.builder.direct(jump, to: here) }
        blocks[index].overBranch = nil
    }

    private mutating func close(_ name: String, at offset: Int, _ compiler: inout TemplateCompiler) {
        guard let block = blocks.last, block.name == name else {
            let seen = blocks.last.map { "the innermost open block is \($0.name)" } ?? "no block is open"
            return report(.unbalancedBlock, "END:\(name), but \(seen)", at: offset, &compiler)
        }
        landBranch(of: blocks.count - 1, &compiler)
        let here = compiler.builder.label()
        for jump in block.toEnd { compiler.builder.direct(jump, to: here) }
        blocks.removeLast()
    }

    /// `FIELD`, or `FIELD op value` with spaces around the operator as one likes.
    private func condition(
        _ text: Substring,
        negated: Bool,
        at offset: Int,
        _ compiler: inout TemplateCompiler
    ) -> Condition {
        let (name, comparison, operand) = Comparison.split(text)
        guard let (column, field) = compiler.catalogue.column(named: name) else {
            let hint = NearestName.hint(for: name, among: compiler.catalogue.columnNames)
            report(.unknownTag, "unknown field \(name.shortened)\(hint)", at: offset, &compiler)
            return .never
        }
        let slot = compiler.builder.slot(of: column)
        guard let comparison else { return Condition(slot: slot, test: .hasValue, negated: negated) }
        let numeric = field?.kind == .number
        if let problem = comparison.problem(with: field, operand: operand) {
            report(.invalidCondition, problem, at: offset, &compiler)
        }
        return Condition(
            slot: slot,
            test: comparison.test,
            negated: comparison.negated != negated,
            numeric: numeric,
            operand: compiler.builder.keep(operand.utf8)
        )
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
