/// Puts a ``Program`` together.
struct ProgramBuilder {
    private(set) var program = Program()
    /// What the program reads, in slot order.
    private(set) var columns: [ContactColumn] = []
    /// Instructions from here on may still be merged; a jump may lead to this place.
    private var barrier = 0

    /// The place of the next instruction, to which a jump may be made.
    mutating func label() -> Int {
        barrier = program.instructions.count
        return barrier
    }

    /// The place of the next instruction, as the end of a section.
    var position: Int { program.instructions.count }

    /// The slot of a column; one column has one slot.
    mutating func slot(of column: ContactColumn) -> UInt16 {
        if let known = columns.firstIndex(of: column) { return UInt16(known) }
        columns.append(column)
        return UInt16(columns.count - 1)
    }

    /// Keeps bytes for an instruction.
    mutating func keep(_ bytes: some Collection<UInt8>) -> LiteralSpan {
        let span = LiteralSpan(offset: UInt32(program.literals.count), count: UInt32(bytes.count))
        program.literals.append(contentsOf: bytes)
        return span
    }

    mutating func emit(_ instruction: Instruction) { program.instructions.append(instruction) }

    /// Emits bytes that are copied as they are; adjoining ones become one copy.
    mutating func emit(literal bytes: some Collection<UInt8>) {
        guard !bytes.isEmpty else { return }
        if program.instructions.count > barrier, case .literal(var span) = program.instructions.last,
            Int(span.offset + span.count) == program.literals.count
        {
            span.count += UInt32(keep(bytes).count)
            program.instructions[program.instructions.count - 1] = .literal(span)
        } else {
            emit(.literal(keep(bytes)))
        }
    }

    mutating func emit(literal text: StaticString) {
        emit(literal: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Emits the token of a link to a page of the contact's own.
    mutating func emit(tokenOf page: ContactPage, _ links: PageLinks) {
        program.pageKey = links.key
        let (contact, uniqueID) = (slot(of: .key), slot(of: .uniqueID))
        emit(.pageToken(page: page, contact: contact, uniqueID: uniqueID, audience: keep(links.audience.utf8)))
    }

    /// Emits a conditional jump whose goal is set later.
    mutating func emitJumpUnless(_ condition: Condition) -> Int {
        program.conditions.append(condition)
        emit(.jumpUnless(condition: program.conditions.count - 1, to: -1))
        return position - 1
    }

    /// Lets a jump emitted before lead to `goal`.
    mutating func direct(_ jump: Int, to goal: Int) {
        switch program.instructions[jump] {
        case .jump: program.instructions[jump] = .jump(to: goal)
        case .jumpUnless(let condition, _):
            program.instructions[jump] = .jumpUnless(condition: condition, to: goal)
        // The compiler directs what it emitted itself; no template leads here.
        default: preconditionFailure("instruction \(jump) is no jump")
        }
    }
}
