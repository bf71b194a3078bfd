import FanfareAudience
import FanfareDelivery
import FanfareJob
import FanfarePayload
import FanfareStore
import GRDB

/// Writes down the requests of one point that sends a webhook: each rendered from the contact as it is in the
/// transaction under way.
///
/// Thread: that of the database access it is made in.
final class JourneyMailer {
    private let template: RequestTemplate
    private let statement: HotStatement
    private let endpoint: String
    private let isAwaited: Bool
    private var ids: EventIDs
    private let tools: JourneyTools
    private let utcOffset: Int
    private var buffer = RequestBuffer()
    private var values: [ContactRow.Value]

    /// - Throws: `PayloadErrors` for merge tags that the audience has no fields for (any more), `AudienceError`.
    init(_ webhook: JourneyWebhook, endpoint: String, utcOffset: Int, _ tools: JourneyTools) throws {
        self.endpoint = endpoint
        self.tools = tools
        self.utcOffset = utcOffset
        isAwaited = webhook.onFailure != .goOn
        ids = EventIDs(EventIDSeries(installation: "", endpoint: endpoint))
        template = try RequestTemplate.compile(webhook.unsigned, fields: tools.fields)
        let columns = try template.columns.map { try tools.audience.columnSQL(for: $0) }
        let list = (columns + ["c.email"]).joined(separator: ", ")
        statement = try HotStatement(tools.db, "SELECT \(list) FROM contact AS c WHERE c.id = ?")
        values = Array(repeating: .init(start: nil, count: 0), count: template.columns.count)
    }

    /// Notes the request of a contact.
    ///
    /// - Returns: Whether it gets one; not where it lacks what the webhook requires.
    func write(_ walker: JourneyWalker, to log: inout JourneyRequestLog) throws -> Bool {
        statement.bind(1, walker.contact)
        defer { statement.reset() }
        guard try statement.step() else { return false }
        for slot in values.indices {
            let bytes = statement.columnBytes(slot)
            values[slot] = .init(start: bytes?.baseAddress, count: bytes?.count ?? 0)
        }
        buffer.reset()
        let occurrence = EventOccurrence(entry: walker.entry, visit: walker.visit)
        let id = ids.id(change: .max, contact: walker.contact, occurrence)
        guard let address = statement.columnBytes(values.count) else { return false }
        let context = RenderContext(deliveryID: id, unixTime: max(0, tools.now), utcOffset: utcOffset)
        let outcome = values.withUnsafeBufferPointer { values in
            template.render(ContactRow(values), context: context, into: &buffer)
        }
        guard case .rendered(let request) = outcome else { return false }
        let body = UnsafeRawBufferPointer(rebasing: buffer.bytes[request.body])
        try log.note(
            .init(
                contact: walker.contact,
                endpoint: endpoint,
                entry: walker.entry,
                visit: walker.visit,
                isAwaited: isAwaited
            ),
            address: address,
            body: body
        )
        return true
    }
}

extension JourneyWebhook {
    /// Without its signing, which is done when a request is sent.
    fileprivate var unsigned: WebhookDefinition {
        var webhook = webhook
        webhook.signing = nil
        return webhook
    }

    /// What all its requests share: the body comes with each.
    var envelope: WebhookDefinition {
        var envelope = webhook
        var type: String?
        switch webhook.body {
        case .json: type = "application/json"
        case .form: type = "application/x-www-form-urlencoded"
        case .raw(_, let contentType): type = contentType
        case .none, .multipart: break
        }
        envelope.body = .none
        envelope.require = []
        if let type, !envelope.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            envelope.headers.append(.init(name: "Content-Type", value: .text(type)))
        }
        return envelope
    }
}
