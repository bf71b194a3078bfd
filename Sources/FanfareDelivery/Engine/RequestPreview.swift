public import FanfareAudience
public import FanfarePayload
import FanfareTransport

/// One contact's request as it would go out now, with all that libcurl adds to it.
///
/// It holds secrets. What may be shown of it is for its reader to decide; ``Header/isSecret`` and the template's
/// `RequestTemplate.secretMask` say where they stand.
public struct RequestPreview: Sendable {
    /// One header line.
    public struct Header: Sendable, Hashable {
        /// As it is spelled.
        public var name: String
        /// Without the blank after the colon.
        public var value: [UInt8]
        /// Whether the value must be shown to nobody.
        public var isSecret = false
    }

    /// The contact's key in the audience.
    public let contact: Int64
    /// The contact's address.
    public let address: String
    /// Sent as `webhook-id`.
    public let id: DeliveryID
    /// The time it is signed with.
    public let unixTime: Int64
    /// As it stands in the request line.
    public let method: String
    /// `scheme://host:port` as the job spells it.
    public let origin: String
    /// Path and query, as they stand in the request line.
    public let target: [UInt8]
    /// In the order in which they are sent.
    public let headers: [Header]
    /// What follows the headers.
    public let body: [UInt8]
    /// As the loop takes them: each line ended by a NUL.
    let ownHeaders: [UInt8]
    /// Nil: the endpoint's.
    let ownURL: [UInt8]?

    /// Every byte as it is sent over HTTP/1.1; all secrets are in it.
    public var bytes: [UInt8] {
        var bytes = Array("\(method) ".utf8) + target + Array(" HTTP/1.1\r\n".utf8)
        for header in headers {
            bytes += Array(header.name.utf8) + [UInt8(ascii: ":")]
            if !header.value.isEmpty { bytes += [UInt8(ascii: " ")] + header.value }
            bytes += Array("\r\n".utf8)
        }
        return bytes + Array("\r\n".utf8) + body
    }
}

/// Makes previews of an audience's contacts.
public struct RequestPreviewer: Sendable {
    /// What there is to say of one contact.
    public enum Outcome: Sendable {
        /// It would get this.
        case request(RequestPreview)
        /// It is a recipient and would be skipped.
        case skipped(SkipReason)
        /// It has a status that does not receive; nil: one that this version does not know.
        case wrongStatus(ContactStatus?)
        /// It is on the suppression list.
        case suppressed
        /// It is a recipient and would be held out.
        case heldOut
        /// Tag or segment do not name it.
        case notSelected
    }

    private let plan: FanOutPlan
    private let part: RecipientSelection.Part
    private let context: SegmentContext
    private let id: (@Sendable () -> DeliveryID)?
    /// Of headers whose values are made for each contact.
    private let secretNames: Set<String>

    /// - Parameters:
    ///   - plan: Its ledger is not used.
    ///   - webhook: What the plan's template was compiled from.
    ///   - part: Tag or segment.
    ///   - context: What segments mean now.
    ///   - id: Makes the id of each; nil: the plan's own.
    public init(
        _ plan: FanOutPlan,
        webhook: WebhookDefinition,
        part: RecipientSelection.Part = .everyone,
        context: SegmentContext = SegmentContext(),
        id: (@Sendable () -> DeliveryID)? = nil
    ) {
        self.plan = plan
        self.part = part
        self.context = context
        self.id = id
        secretNames = Set(webhook.headers.filter(\.isSecret).map { $0.name.lowercased() })
    }

    /// What the contact with an address would get.
    ///
    /// - Returns: Nil when there is none with this address.
    /// - Throws: `StoreError` or `AudienceError` when the audience cannot be read, `TransportError`.
    public func outcome(ofAddress address: String) throws -> Outcome? {
        let reader = try CandidateReader(plan, part: part, context: context)
        guard let key = try reader.key(ofAddress: address) else { return nil }
        var outcome: Outcome?
        try forEach(key...key, reader) { _, found in
            outcome = found
            return false
        }
        return outcome
    }

    /// Goes through the contacts in the order in which they came, until `body` returns false.
    ///
    /// - Parameter body: Given the address.
    /// - Throws: As ``outcome(ofAddress:)``, and what `body` throws.
    public func forEach(_ body: (String, Outcome) throws -> Bool) throws {
        let reader = try CandidateReader(plan, part: part, context: context)
        guard let keys = try reader.keys() else { return }
        try forEach(keys, reader, body)
    }

    private func forEach(
        _ keys: ClosedRange<Int64>,
        _ reader: CandidateReader,
        _ body: (String, Outcome) throws -> Bool
    ) throws {
        var clock = LocalClock(utcOffset: plan.utcOffset)
        var buffer = RequestBuffer()
        let suppression = try plan.suppression?.addresses()
        try reader.read(keys) { candidate in
            let address = String(decoding: candidate.address, as: UTF8.self)
            guard candidate.isSelected else { return try body(address, .notSelected) }
            guard let status = candidate.status, plan.statuses.contains(status) else {
                return try body(address, .wrongStatus(candidate.status))
            }
            if let suppression, try suppression.contains(address) { return try body(address, .suppressed) }
            if let holdout = plan.holdout, holdout.contains(foldedAddress: candidate.foldedAddress) {
                return try body(address, .heldOut)
            }
            buffer.reset()
            let time = clock.now()
            let id = id?() ?? plan.ids.id(contact: candidate.key)
            let context = RenderContext(deliveryID: id, unixTime: time.unix, utcOffset: time.utcOffset)
            switch plan.template.render(candidate.row, context: context, into: &buffer) {
            case .skipped(let reason): return try body(address, .skipped(reason))
            case .rendered(let request):
                let preview = try preview(request, candidate.key, address, context, buffer)
                return try body(address, .request(preview))
            }
        }
    }

    private func preview(
        _ request: RenderedRequest,
        _ contact: Int64,
        _ address: String,
        _ context: RenderContext,
        _ buffer: borrowing RequestBuffer
    ) throws -> RequestPreview {
        let (host, target) = try EndpointSettings.parts(of: plan.endpoint.url)
        let ownURL = request.url.map { buffer.copy($0) }
        let ownHeaders = buffer.copy(request.headers)
        let body = buffer.copy(request.body)
        var headers = [RequestPreview.Header(name: "Host", value: Array(host.utf8))]
        headers += ownHeaders.split(separator: 0).map(header)
        headers += plan.template.constantHeaders.map { constant in
            var header = header(constant.line[...])
            header.isSecret = constant.isSecret
            return header
        }
        headers += lastHeaders(bodyLength: body.count)
        return RequestPreview(
            contact: contact,
            address: address,
            id: context.deliveryID,
            unixTime: context.unixTime,
            method: plan.template.method.rawValue,
            origin: String(decoding: plan.template.urlBase, as: UTF8.self),
            target: ownURL.map { Array($0.dropFirst(plan.template.urlBase.count)) } ?? Array(target.utf8),
            headers: headers,
            body: body,
            ownHeaders: ownHeaders,
            ownURL: ownURL
        )
    }

    /// In the order in which they are sent.
    private func lastHeaders(bodyLength: Int) -> [RequestPreview.Header] {
        let writesHead = plan.endpoint.writesHead
        let agent = plan.endpoint.userAgent.map { agent in
            RequestPreview.Header(name: "User-Agent", value: Array((writesHead ? "\(agent) HTTP/1.1" : agent).utf8))
        }
        let length =
            plan.template.method == .get
            ? nil : RequestPreview.Header(name: "Content-Length", value: Array(String(bodyLength).utf8))
        return (writesHead ? [length, agent] : [agent, length]).compactMap(\.self)
    }

    /// From the line that libcurl takes, `Name: value` or `Name;`.
    private func header(_ line: ArraySlice<UInt8>) -> RequestPreview.Header {
        let end = line.firstIndex { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ";") } ?? line.endIndex
        let name = String(decoding: line[..<end], as: UTF8.self)
        let value = line[end...].dropFirst().drop { $0 == UInt8(ascii: " ") }
        return .init(name: name, value: Array(value), isSecret: secretNames.contains(name.lowercased()))
    }
}
