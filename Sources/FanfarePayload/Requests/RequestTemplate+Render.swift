extension RequestTemplate {
    /// Appends the request of one contact to a buffer; signs it when the webhook is signed.
    ///
    /// Allocates nothing but for signatures of ed25519; the buffer grows at first.
    ///
    /// - Parameters:
    ///   - row: The contact's values in the order of ``columns``.
    ///   - context: The delivery and the time.
    ///   - buffer: Where to append; left as it was when the contact is skipped.
    public func render(
        _ row: ContactRow,
        context: RenderContext,
        into buffer: inout RequestBuffer
    ) -> RenderOutcome {
        // The caller's own query makes the row; a shorter one would be read past its end.
        precondition(row.count == columns.count, "a row of \(row.count) values for \(columns.count) columns")
        for index in required.indices where row[Int(required[index])].isEmpty {
            return .skipped(.missingField(index))
        }
        let start = buffer.count
        var input = ProgramInput(row: row, context: context)
        while true {
            switch renderOnce(input, into: &buffer) {
            case .rendered(let request):
                if hasFreeBoundary(request, serial: input.boundarySerial, in: &buffer, of: context.deliveryID) {
                    return .rendered(request)
                }
                // A contact's value holds the boundary. It cannot hold all of them.
                input.boundarySerial += 1
                buffer.truncate(to: start)
            case .skipped(let reason):
                buffer.truncate(to: start)
                return .skipped(reason)
            }
        }
    }

    private func renderOnce(_ input: ProgramInput, into buffer: inout RequestBuffer) -> RenderOutcome {
        var url: Range<Int>?
        if let urlSection {
            let first = buffer.count
            if let reason = program.run(urlSection, with: input, into: &buffer) { return .skipped(reason) }
            let whole = UnsafeRawBufferPointer(rebasing: buffer.bytes[first...])
            if URLPath.hasDotSegment(whole) { return .skipped(.dotSegmentInURL) }
            url = first..<buffer.count - 1
        }
        let firstHeader = buffer.count
        buffer.append("webhook-id: ")
        buffer.append(input.context.deliveryID)
        buffer.append(0)
        let signature = signer?.reserveHeaders(time: input.context.unixTime, in: &buffer)
        if let reason = program.run(headerSection, with: input, into: &buffer) { return .skipped(reason) }
        let headers = firstHeader..<buffer.count
        let preamble = signer?.appendPreamble(id: input.context.deliveryID, time: input.context.unixTime, to: &buffer)
        let firstOfBody = buffer.count
        if let reason = program.run(bodySection, with: input, into: &buffer) { return .skipped(reason) }
        let body = firstOfBody..<buffer.count
        if let signer, let signature, let preamble {
            signer.sign(preamble..<buffer.count, into: signature, of: &buffer)
        }
        let digest = SHA256Sum(UnsafeRawBufferPointer(rebasing: buffer.bytes[body]))
            .withUnsafeBytes { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) }
        return .rendered(RenderedRequest(url: url, headers: headers, body: body, bodyDigest: digest))
    }

    /// Whether a multipart body holds its boundary as often as it has delimiters.
    private func hasFreeBoundary(
        _ request: RenderedRequest,
        serial: UInt32,
        in buffer: inout RequestBuffer,
        of id: DeliveryID
    ) -> Bool {
        guard let boundaryCount else { return true }
        let end = buffer.count
        buffer.appendBoundary(id, serial: serial)
        let boundary = UnsafeRawBufferPointer(rebasing: buffer.bytes[end...])
        let body = UnsafeRawBufferPointer(rebasing: buffer.bytes[request.body])
        let found = occurrences(of: boundary, in: body)
        buffer.truncate(to: end)
        return found == boundaryCount
    }
}

/// How often `needle`, which is not empty, stands in `text`, overlaps left out.
private func occurrences(of needle: UnsafeRawBufferPointer, in text: UnsafeRawBufferPointer) -> Int {
    var found = 0
    var index = 0
    while index + needle.count <= text.count {
        if text[index] == needle[0],
            UnsafeRawBufferPointer(rebasing: text[index..<index + needle.count]).holdsSame(as: needle)
        {
            found += 1
            index += needle.count
        } else {
            index += 1
        }
    }
    return found
}
