extension RequestTemplate {
    /// Appends a request whose body and further headers others have made; signs it when the webhook is signed.
    ///
    /// For a webhook without body, and with a URL that holds no merge tags.
    ///
    /// - Parameters:
    ///   - id: Sent as `webhook-id`; see ``fault(inID:)``.
    ///   - headers: Lines in the form that libcurl takes, each ended by a NUL; see ``fault(inHeader:value:)``.
    ///   - body: The body.
    ///   - unixTime: The time of the signature.
    ///   - buffer: Where to append.
    package func wrap(
        id: String,
        headers lines: [UInt8],
        body content: [UInt8],
        unixTime: Int64,
        into buffer: inout RequestBuffer
    ) -> RenderedRequest {
        let id = Array(id.utf8)
        let firstHeader = buffer.count
        buffer.append("webhook-id: ")
        buffer.append(copying: id)
        buffer.append(0)
        let signature = signer?.reserveHeaders(time: unixTime, in: &buffer)
        buffer.append(copying: lines)
        let headers = firstHeader..<buffer.count
        let preamble = signer?.appendPreamble(id: id, time: unixTime, to: &buffer)
        let firstOfBody = buffer.count
        buffer.append(copying: content)
        let body = firstOfBody..<buffer.count
        if let signer, let signature, let preamble {
            signer.sign(preamble..<buffer.count, into: signature, of: &buffer)
        }
        return RenderedRequest(url: nil, headers: headers, body: body, bodyDigest: 0)
    }

    /// Whether all its headers are in ``constantHeaders``.
    package var hasConstantHeaders: Bool { headerSection.isEmpty }

    /// Why a text cannot be a `webhook-id`; nil when it can.
    package static func fault(inID id: String) -> String? {
        let isVisible = id.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        return isVisible && (1...200).contains(id.utf8.count)
            ? nil : "an id is 1 to 200 visible ASCII characters, without spaces"
    }

    /// Why a header cannot stand in a request of this webhook beside what it has already; nil when it can.
    package func fault(inHeader name: String, value: String) -> String? {
        let folded = name.lowercased()
        if name.isEmpty || !name.utf8.allSatisfy(\.isTokenCharacter) {
            return "a header's name is not made of letters, digits and !#$%&'*+-.^_`|~"
        }
        if TemplateCompiler.reservedHeaders.contains(folded) { return "\(name) is set by the agent itself" }
        if constantHeaders.contains(where: { $0.name.lowercased() == folded }) {
            return "\(name) is a header of all requests already"
        }
        return value.utf8.contains(where: \.isForbiddenInHeaderValue) ? "\(name) holds a control character" : nil
    }
}

extension RequestBuffer {
    fileprivate mutating func append(copying bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }
}
