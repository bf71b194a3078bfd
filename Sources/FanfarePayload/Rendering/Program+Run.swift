/// What a program reads while it runs.
struct ProgramInput {
    var row: ContactRow
    var context: RenderContext
    /// What is added to the delivery's id to make the multipart boundary.
    var boundarySerial: UInt32 = 0
}

extension Program {
    /// Appends what the instructions of `section` make.
    ///
    /// Allocates nothing but the buffer's growth.
    ///
    /// - Returns: Why the contact gets no request; nil when it does.
    func run(_ section: Range<Int>, with input: ProgramInput, into buffer: inout RequestBuffer) -> SkipReason? {
        instructions.withUnsafeBufferPointer { instructions in
            literals.withUnsafeBytes { literals in
                conditions.withUnsafeBufferPointer { conditions in
                    // The program keeps the key while it runs.
                    let key = pageKey.map { Unmanaged.passUnretained($0) }
                    return Run(
                        instructions: instructions,
                        literals: literals,
                        conditions: conditions,
                        pageKey: key,
                        input: input
                    )
                    .execute(section, into: &buffer)
                }
            }
        }
    }
}

/// The program's storage, unwrapped once per section.
private struct Run {
    let instructions: UnsafeBufferPointer<Instruction>
    let literals: UnsafeRawBufferPointer
    let conditions: UnsafeBufferPointer<Condition>
    let pageKey: Unmanaged<PageKey>?
    let input: ProgramInput

    @inline(__always)
    func bytes(_ span: LiteralSpan) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: literals[Int(span.offset)..<Int(span.offset + span.count)])
    }

    func execute(_ section: Range<Int>, into buffer: inout RequestBuffer) -> SkipReason? {
        var counter = section.lowerBound
        var header = 0
        var headerValue = 0
        while counter < section.upperBound {
            let instruction = instructions[counter]
            counter += 1
            switch instruction {
            case .literal(let span): buffer.append(bytes(span))
            case .value(let slot, let shape, let escape, let fallback):
                guard append(slot: slot, shape: shape, escape: escape, fallback: fallback, to: &buffer) else {
                    return .controlCharacterInHeader(header)
                }
            case .number(let slot, let fallback): appendNumber(slot: slot, fallback: fallback, to: &buffer)
            case .datePart(let letter, let escape):
                DateText(unixTime: input.context.unixTime, utcOffset: input.context.utcOffset)
                    .append(letter: letter, escapedFor: escape, to: &buffer)
            case .deliveryID: buffer.append(input.context.deliveryID)
            case .pageToken(let page, let contact, let uniqueID, let audience):
                appendToken(of: page, contact: contact, uniqueID: uniqueID, bytes(audience), to: &buffer)
            case .boundary: buffer.appendBoundary(input.context.deliveryID, serial: input.boundarySerial)
            case .beginHeader(let index):
                header = index
                headerValue = buffer.count
            case .endHeader: buffer.endHeader(valueAt: headerValue)
            case .jump(let goal): counter = goal
            case .jumpUnless(let condition, let goal):
                if !conditions[condition].holds(in: input.row, literals: literals) { counter = goal }
            }
        }
        return nil
    }

    @inline(__always)
    private func append(
        slot: UInt16,
        shape: ValueShape,
        escape: Escape,
        fallback: LiteralSpan,
        to buffer: inout RequestBuffer
    ) -> Bool {
        let value = input.row[Int(slot)]
        if value.isEmpty {
            buffer.append(bytes(fallback))
            return true
        }
        if shape == .asStored { return buffer.append(value, escapedFor: escape) }
        return buffer.append(value, shaped: shape, escapedFor: escape)
    }

    @inline(never)
    private func appendToken(
        of page: ContactPage,
        contact: UInt16,
        uniqueID: UInt16,
        _ audience: UnsafeRawBufferPointer,
        to buffer: inout RequestBuffer
    ) {
        guard let pageKey else { preconditionFailure("who compiles a token gives the program its key") }
        let contact = input.row[Int(contact)]
        buffer.append(audience)
        buffer.append(UInt8(ascii: "-"))
        buffer.append(contact)
        buffer.append(UInt8(ascii: "-"))
        buffer.reserve(Base32.length)
        let output = buffer.end.assumingMemoryBound(to: UInt8.self)
        pageKey._withUnsafeGuaranteedRef {
            $0.write(page, audience: audience, contact: contact, uniqueID: input.row[Int(uniqueID)], into: output)
        }
        buffer.advance(by: Base32.length)
    }

    private func appendNumber(slot: UInt16, fallback: LiteralSpan, to buffer: inout RequestBuffer) {
        let value = input.row[Int(slot)]
        if value.isEmpty {
            buffer.append(bytes(fallback))
        } else if JSONNumber.matches(value) {
            buffer.append(value)
        } else {
            buffer.append(UInt8(ascii: "\""))
            _ = buffer.append(value, escapedFor: .json)
            buffer.append(UInt8(ascii: "\""))
        }
    }
}

extension RequestBuffer {
    /// Appends the text of an id, which no place needs escaped.
    @inline(__always)
    mutating func append(_ id: DeliveryID) {
        reserve(DeliveryID.textLength)
        id.write(into: end)
        advance(by: DeliveryID.textLength)
    }

    /// Appends a multipart boundary: the delivery's id and a serial number.
    mutating func appendBoundary(_ id: DeliveryID, serial: UInt32) {
        append("fanfare-")
        append(id)
        append(UInt8(ascii: "-"))
        append(decimal: UInt64(serial))
    }

    /// Ends the header line whose value begins at `start`, after `Name: `.
    ///
    /// libcurl drops a line whose value is empty unless the name ends in a semicolon.
    fileprivate mutating func endHeader(valueAt start: Int) {
        let value = UnsafeRawBufferPointer(rebasing: bytes[start..<count])
        if value.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) {
            truncate(to: start - 2)
            append(UInt8(ascii: ";"))
        }
        append(0)
    }
}
