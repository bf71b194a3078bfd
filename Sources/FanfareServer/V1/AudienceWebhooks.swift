import Fanfare
import FanfareAudience
import FanfareCampaigns
import FanfareJob
import HTTPTypes
import Hummingbird

/// Webhooks that tell of changes in audiences, with their states and what became of what they were sent.
extension V1API {
    var webhookOperations: [Operation] {
        [
            Operation(
                method: .get,
                path: "/webhooks",
                id: "listWebhooks",
                summary: "Audience webhooks, oldest first",
                scope: .view,
                parameters: [.query("audience", JSONSchema.text(pattern: "^[0-9a-f]{10}$"), "Those of this audience.")],
                answer: .json(JSONSchema.named("Webhooks"), "The webhooks."),
                handler: list
            ),
            Operation(
                method: .post,
                path: "/webhooks",
                id: "createWebhook",
                summary: "Makes an audience webhook",
                description: """
                    Its URL is asked by a GET first, which it has to answer with 2xx within ten seconds. The signing secret \
                    is in this answer and in none after it.
                    """,
                scope: .admin,
                body: JSONSchema.named("NewWebhook"),
                answer: .json(
                    JSONSchema.named("NewWebhookWithSecret"),
                    "The webhook, with its secret.",
                    status: .created
                ),
                handler: create
            ),
            Operation(
                method: .get,
                path: "/webhooks/{webhook_id}",
                id: "getWebhook",
                summary: "One audience webhook",
                scope: .view,
                parameters: [Self.webhookID],
                answer: .json(JSONSchema.named("Webhook"), "The webhook."),
                handler: { request, context in try await answer(try await webhook(context), request) }
            ),
            Operation(
                method: .patch,
                path: "/webhooks/{webhook_id}",
                id: "changeWebhook",
                summary: "Changes an audience webhook, disables it, or enables it",
                description: """
                    What is left out stays as it is. A new URL is asked by a GET first, as a new webhook's. Disabling it \
                    cancels what it has not had; enabled again, it is told of what changes from then on.
                    """,
                scope: .admin,
                parameters: [Self.webhookID],
                body: JSONSchema.named("WebhookChange"),
                answer: .json(JSONSchema.named("Webhook"), "The webhook, as it is then."),
                handler: change
            ),
            Operation(
                method: .delete,
                path: "/webhooks/{webhook_id}",
                id: "deleteWebhook",
                summary: "Forgets an audience webhook; what it was sent stays in the log",
                scope: .admin,
                parameters: [Self.webhookID],
                answer: .none("It is forgotten."),
                handler: { _, context in
                    try await webhooks.delete(try await webhook(context).id)
                    return JSONAnswer.none
                }
            ),
        ]
    }

    private static let webhookID = Operation.Parameter.id("webhook_id", of: "an audience webhook")

    private func webhook(_ context: APIContext) async throws -> AudienceWebhook {
        let id = try context.part("webhook_id")
        guard let webhook = try await onDisk({ [webhooks] in try webhooks.webhook(id) }) else { throw Problem.notFound }
        return webhook
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let audience = request.value("audience")
        let all = try await onDisk { [webhooks] in
            try (webhooks.all(of: audience), Self.counts(webhooks))
        }
        return try JSONAnswer.make(
            .object([
                "webhooks": .array(all.0.map { Self.json($0, all.1[$0.id]) }),
                "is_sending": .bool(webhooks.isSending && !webhooks.isPaused),
            ]),
            for: request
        )
    }

    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let input = try await request.decode(NewWebhook.self, context)
        let known = try await onDisk { [installation = daemon.installation] in try installation.audiences.all() }
        guard known.contains(where: { $0.id == input.audience && $0.name != nil }) else {
            throw Problem.unfit("audience", "There is no audience of this id.")
        }
        let webhook = try await webhooks.create(
            url: input.url,
            events: input.events ?? Set(ChangeKind.allCases),
            sources: input.sources ?? Set(ChangeSource.allCases),
            in: input.audience
        )
        let secret = webhook.secret.map { JSONValue.string(String(decoding: $0.reveal(), as: UTF8.self)) }
        return try JSONAnswer.make(
            Self.json(webhook, nil).adding(["signing_secret": secret ?? .null]),
            for: request,
            status: .created
        )
    }

    private func change(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try await webhook(context).id
        let input = try await request.decode(WebhookChange.self, context)
        if input.changesAnything {
            _ = try await webhooks.change(id, url: input.url, events: input.events, sources: input.sources)
        }
        switch input.isEnabled {
        case true?: try await webhooks.enable(id)
        case false?: try await webhooks.disable(id, reason: "by the operator")
        case nil: break
        }
        return try await answer(try await webhook(context), request)
    }

    private func answer(_ webhook: AudienceWebhook, _ request: Request) async throws -> Response {
        let counts = try await onDisk { [webhooks] in try Self.counts(webhooks) }
        return try JSONAnswer.make(Self.json(webhook, counts[webhook.id]), for: request)
    }

    /// How what each webhook was sent stands, by its id.
    private static func counts(_ webhooks: AudienceWebhooks) throws -> [String: EventSummary] {
        let summaries = try webhooks.summaries().flatMap(\.events)
        return Dictionary(summaries.map { ($0.endpoint, $0) }) { first, _ in first }
    }

    private static func json(_ webhook: AudienceWebhook, _ summary: EventSummary?) -> JSONValue {
        var disabled: (reason: String, at: Int64)?
        if case .disabled(let reason, let at) = webhook.state { disabled = (reason, at) }
        return .object([
            "id": .string(webhook.id), "audience": .string(webhook.audience), "url": .string(webhook.url),
            "events": .array(ChangeKind.allCases.filter(webhook.events.contains).map { .string($0.name) }),
            "sources": .array(ChangeSource.allCases.filter(webhook.sources.contains).map { .string($0.name) }),
            "is_enabled": .bool(disabled == nil), "disabled_reason": .orNull(disabled?.reason),
            "disabled_at": .moment(disabled?.at), "is_signed": .bool(webhook.secret != nil),
            "created_at": .time(webhook.created), "oldest_waiting_since": .moment(summary?.oldestWaiting),
            "deliveries": .object(
                DeliveryState.allCases.map { .init(key: $0.name, value: .whole(summary?.counts[$0] ?? 0)) }
            ),
        ])
    }
}

/// A webhook that is to be made, as a caller says it.
struct NewWebhook: Decodable, Sendable {
    /// Of its URL, in characters.
    static let urlLength = 1...2000

    private enum CodingKeys: String, CodingKey, CaseIterable { case audience, url, events, sources }

    let audience: String
    let url: String
    let events: Set<ChangeKind>?
    let sources: Set<ChangeSource>?

    init(from decoder: any Decoder) throws {
        let members = try decoder.members(CodingKeys.self)
        audience = try members.decode(String.self, forKey: .audience)
        url = try members.text(required: .url, length: Self.urlLength)
        events = try members.words(.events, of: ChangeKind.allCases, called: \.name)
        sources = try members.words(.sources, of: ChangeSource.allCases, called: \.name)
    }

    static let schema = JSONSchema.object(
        [
            "audience": JSONSchema.text("The audience's id.", pattern: "^[0-9a-f]{10}$"),
            "url": JSONSchema.text("Where it is told: http or https.", length: urlLength),
            "events": WebhookSchemas.events("What it is told of; all unless given."),
            "sources": WebhookSchemas.sources("Whose changes it is told of; all unless given."),
        ],
        optional: ["events", "sources"]
    )
}

/// What is to be changed of a webhook, as a caller says it.
struct WebhookChange: Decodable, Sendable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case url, events, sources
        case isEnabled = "is_enabled"
    }

    let url: String?
    let events: Set<ChangeKind>?
    let sources: Set<ChangeSource>?
    let isEnabled: Bool?

    init(from decoder: any Decoder) throws {
        let members = try decoder.members(CodingKeys.self)
        url = try members.text(.url, length: NewWebhook.urlLength)
        events = try members.words(.events, of: ChangeKind.allCases, called: \.name)
        sources = try members.words(.sources, of: ChangeSource.allCases, called: \.name)
        isEnabled = try members.optional(Bool.self, .isEnabled)
    }

    var changesAnything: Bool { url != nil || events != nil || sources != nil }

    static let schema = JSONSchema.object(
        [
            "url": JSONSchema.text("Where it is told: http or https.", length: NewWebhook.urlLength),
            "events": WebhookSchemas.events("What it is told of."),
            "sources": WebhookSchemas.sources("Whose changes it is told of."),
            "is_enabled": JSONSchema.flag("Whether it is told anything."),
        ],
        optional: ["url", "events", "sources", "is_enabled"]
    )
}

/// What schemas of webhooks share.
enum WebhookSchemas {
    static func events(_ description: String) -> JSONValue {
        let words = ChangeKind.allCases.map(\.name)
        return JSONSchema.list(of: JSONSchema.word(words), description, count: 0...words.count)
    }

    static func sources(_ description: String) -> JSONValue {
        let words = ChangeSource.allCases.map(\.name)
        return JSONSchema.list(of: JSONSchema.word(words), description, count: 0...words.count)
    }
}
