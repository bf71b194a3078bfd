import FanfarePayload

/// One rendered request, copied out of its buffer.
struct RenderedText: Equatable {
    var url: String?
    var headers: [String]
    var body: [UInt8]
    var bodyDigest: UInt64

    var bodyText: String { String(decoding: body, as: UTF8.self) }

    /// The value of a header line that every contact has of its own.
    func header(_ name: String) -> String? {
        headers.first { $0.hasPrefix("\(name): ") }.map { String($0.dropFirst(name.count + 2)) }
    }
}

/// The time of most tests: 2024-06-10 06:13:20 UTC, a Monday.
let someTime: Int64 = 1_718_000_000
let someID = DeliveryID(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210)

extension RequestTemplate {
    /// Renders one contact, given by what it has in each column; what is not given is missing.
    func render(
        _ contact: [ContactColumn: [UInt8]],
        id: DeliveryID = someID,
        time: Int64 = someTime,
        utcOffset: Int = 0,
        into buffer: inout RequestBuffer
    ) -> RenderOutcome {
        let values = columns.map { contact[$0] }
        // One stretch for all values, as in SQLite's row.
        let bytes = values.map { $0 ?? [] }.joined() + [0]
        return bytes.withUnsafeBytes { memory in
            var offset = 0
            let slots = values.map { value in
                defer { offset += value?.count ?? 0 }
                return ContactRow.Value(
                    start: value.map { _ in memory.baseAddress! + offset },
                    count: value?.count ?? 0
                )
            }
            return slots.withUnsafeBufferPointer { slots in
                render(
                    ContactRow(slots),
                    context: RenderContext(deliveryID: id, unixTime: time, utcOffset: utcOffset),
                    into: &buffer
                )
            }
        }
    }

    /// Renders one contact; nil when it is skipped.
    func text(
        _ contact: [ContactColumn: [UInt8]],
        id: DeliveryID = someID,
        time: Int64 = someTime,
        utcOffset: Int = 0
    ) -> RenderedText? {
        var buffer = RequestBuffer(capacity: 1)
        let outcome = render(contact, id: id, time: time, utcOffset: utcOffset, into: &buffer)
        guard case .rendered(let request) = outcome else { return nil }
        return buffer.text(of: request)
    }

    /// Renders one contact given as text.
    func text(_ contact: [ContactColumn: String] = [:], time: Int64 = someTime, utcOffset: Int = 0) -> RenderedText? {
        text(contact.mapValues { Array($0.utf8) }, time: time, utcOffset: utcOffset)
    }
}

extension RequestBuffer {
    func text(of request: RenderedRequest) -> RenderedText {
        RenderedText(
            url: request.url.map { String(decoding: copy($0), as: UTF8.self) },
            headers: copy(request.headers).split(separator: 0).map { String(decoding: $0, as: UTF8.self) },
            body: copy(request.body),
            bodyDigest: request.bodyDigest
        )
    }
}

/// The fields of most tests.
let someFields = [
    MergeField(tag: "FNAME", name: "First Name"),
    MergeField(tag: "LNAME", defaultValue: "friend"),
    MergeField(tag: "PHONE", kind: .phone),
    MergeField(tag: "SCORE", kind: .number),
    MergeField(tag: "POINTS", kind: .number, defaultValue: "0"),
    MergeField(tag: "LEVEL", kind: .number, defaultValue: "no \"level\""),
    MergeField(tag: "JOINED", kind: .date, dateFormat: "DD/MM/YYYY"),
    MergeField(tag: "JOINEDUS", kind: .date, dateFormat: "MM/DD/YYYY"),
    MergeField(tag: "JOINEDISO", kind: .date),
    MergeField(tag: "BIRTHDAY", kind: .birthday, dateFormat: "DD/MM"),
    MergeField(tag: "ADDRESS", kind: .address),
]

/// A webhook that sends `data`, compiled.
func compile(
    url: String = "https://sms.example.com/v2",
    _ body: WebhookDefinition.Body = .none,
    headers: [WebhookDefinition.Header] = [],
    require: [String] = [],
    signing: [String] = [],
    audienceName: String? = nil,
    links: PageLinks? = nil
) throws -> RequestTemplate {
    let definition = WebhookDefinition(
        url: url,
        headers: headers,
        body: body,
        require: require,
        signing: signing.isEmpty ? nil : .init(secrets: signing.map { Secret($0) })
    )
    return try RequestTemplate.compile(
        definition,
        fields: someFields,
        audienceName: audienceName,
        links: links.map { .links($0) } ?? .none("has no page to lead to")
    )
}

/// A webhook whose JSON body is one string, compiled.
func compile(json text: String, audienceName: String? = nil, links: PageLinks? = nil) throws -> RequestTemplate {
    try compile(.json(.string(text)), audienceName: audienceName, links: links)
}
