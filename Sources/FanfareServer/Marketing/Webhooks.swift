import Fanfare
import FanfareAudience
import FanfareCampaigns
import FanfareJob
import FanfarePayload
import Hummingbird

extension MarketingAPI {
    /// A webhook as a caller gives it. Flags of events that Fanfare does not have are passed over.
    private struct Input: Decodable, Sendable {
        var url: String?
        var events: [String: Bool]?
        var sources: [String: Bool]?

        func events(over before: AudienceWebhook?) -> Set<ChangeKind> {
            Self.chosen(ChangeKind.allCases, before?.events) { events?[$0.name] }
        }

        func sources(over before: AudienceWebhook?) -> Set<ChangeSource> {
            Self.chosen(ChangeSource.allCases, before?.sources) { sources?[$0.name] }
        }

        /// Flags that are not given stay as they are. Those of a new webhook are set where no other one is given as set:
        /// who names one wants that one, who clears one wants the others.
        private static func chosen<Flag: Hashable>(
            _ all: [Flag],
            _ before: Set<Flag>?,
            _ flag: (Flag) -> Bool?
        ) -> Set<Flag> {
            let namesAny = all.contains { flag($0) == true }
            return Set(all.filter { flag($0) ?? before?.contains($0) ?? !namesAny })
        }
    }

    func addWebhooks(to root: RouterGroup<APIContext>) {
        let path = "/lists/{list_id}/webhooks"
        root.get("\(path)") { request, context in
            let list = try await list(context)
            let all = try await all(of: list)
            return try JSONAnswer.make(
                .object([
                    "webhooks": .array(all.map { json($0) }), "list_id": .string(list.id),
                    "total_items": .whole(all.count), "_links": [],
                ]),
                for: request
            )
        }
        root.post("\(path)") { request, context in
            try context.requireAdmin()
            let list = try await list(context)
            let input = try await request.decode(Input.self, context)
            guard let url = input.url else {
                throw Problem.unfit(
                    "url",
                    "This value is required."
                )
            }
            let webhook = try await webhooks.create(
                url: url,
                events: input.events(over: nil),
                sources: input.sources(over: nil),
                in: list.id
            )
            return try JSONAnswer.make(json(webhook, showsSecret: context.mayShowSecrets), for: request)
        }
        root.get("\(path)/{webhook_id}") { request, context in
            try JSONAnswer.make(json(try await webhook(context)), for: request)
        }
        root.patch("\(path)/{webhook_id}") { request, context in
            try context.requireAdmin()
            let webhook = try await webhook(context)
            let input = try await request.decode(Input.self, context)
            let changed = try await webhooks.change(
                webhook.id,
                url: input.url,
                events: input.events(over: webhook),
                sources: input.sources(over: webhook)
            )
            return try JSONAnswer.make(json(changed), for: request)
        }
        root.delete("\(path)/{webhook_id}") { _, context in
            try context.requireAdmin()
            try await webhooks.delete(try await webhook(context).id)
            return JSONAnswer.none
        }
    }

    private func webhook(_ context: APIContext) async throws -> AudienceWebhook {
        let id = try context.part("webhook_id")
        guard let webhook = try await all(of: try await list(context)).first(where: { $0.id == id }) else {
            throw Problem.notFound
        }
        return webhook
    }

    private func all(of list: AudienceCatalogue.Entry) async throws -> [AudienceWebhook] {
        let webhooks = self.webhooks
        return try await onDisk { try webhooks.all(of: list.id) }
    }

    private func json(_ webhook: AudienceWebhook, showsSecret: Bool = false) -> JSONValue {
        let value = JSONValue.object([
            "id": .string(webhook.id), "url": .string(webhook.url),
            "events": .object(
                ChangeKind.allCases.map { .init(key: $0.name, value: .bool(webhook.events.contains($0))) }
            ),
            "sources": .object(
                ChangeSource.allCases.map { .init(key: $0.name, value: .bool(webhook.sources.contains($0))) }
            ),
            "list_id": .string(webhook.audience), "signing_enabled": .bool(webhook.secret != nil),
            "_links": [],
        ])
        guard showsSecret, let secret = webhook.secret else { return value }
        return value.adding(["signing_secret": .string(String(decoding: secret.reveal(), as: UTF8.self))])
    }
}

extension APIContext {
    /// - Throws: ``Problem`` unless the key may do all.
    func requireAdmin() throws {
        guard key?.scope == .admin else { throw Problem.forbidden("This needs a key of the scope admin.") }
    }
}
