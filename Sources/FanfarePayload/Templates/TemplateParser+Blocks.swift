extension TemplateParser {
    mutating func open(
        _ name: String,
        _ text: Substring,
        negated: Bool,
        at offset: Int,
        _ compiler: inout TemplateCompiler
    ) {
        let condition = condition(text, negated: negated, at: offset, &compiler)
        blocks.append(Block(name: name, offset: offset, overBranch: compiler.builder.emitJumpUnless(condition)))
    }

    mutating func openInterested(_ text: Substring, at offset: Int, _ compiler: inout TemplateCompiler) {
        var condition = Condition.never
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let groups = parts.count == 2 ? parts[1].split(separator: ",").map(String.init) : []
        if parts.count == 2, !parts[0].isEmpty, !groups.isEmpty {
            let category = String(parts[0])
            for problem in compiler.catalogue.problems(withGroups: groups, of: category) {
                report(.unknownGroup, problem, at: offset, &compiler)
            }
            let column = ContactColumn.interested(category: category, groups: groups)
            condition = Condition(slot: compiler.builder.slot(of: column), test: .isSet)
        } else {
            report(.invalidCondition, "accepted: *|INTERESTED:Category:Group,Group|*", at: offset, &compiler)
        }
        let jump = compiler.builder.emitJumpUnless(condition)
        blocks.append(Block(name: "INTERESTED", offset: offset, overBranch: jump))
    }

    mutating func elseIf(_ text: Substring, at offset: Int, _ compiler: inout TemplateCompiler) {
        guard let block = blocks.last, block.name == "IF", !block.hasElse else {
            let message = "ELSEIF stands outside of an IF, or after its ELSE"
            return report(.unbalancedBlock, message, at: offset, &compiler)
        }
        endBranch(&compiler)
        let condition = condition(text, negated: false, at: offset, &compiler)
        blocks[blocks.count - 1].overBranch = compiler.builder.emitJumpUnless(condition)
    }

    mutating func elseBranch(at offset: Int, _ compiler: inout TemplateCompiler) {
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

    mutating func close(_ name: String, at offset: Int, _ compiler: inout TemplateCompiler) {
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
