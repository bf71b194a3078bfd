import Fanfare
import FanfareCampaigns
import FanfareJob
import FanfarePayload
import Hummingbird

/// Webhooks that are told of batches that are finished.
extension MarketingAPI {
    private struct Input: Decodable, Sendable {
        var url: String?
        var enabled: Bool?
    }

    func addBatchWebhooks(to root: RouterGroup<APIContext>) {
        let path = "/batch-webhooks"
        root.get("\(path)") { request, _ in
            let page = try request.page()
            let all = try await allBatchWebhooks()
            return try JSONAnswer.make(
                .object([
                    "webhooks": .array(page.of(all).map { json($0) }), "total_items": .whole(all.count), "_links": [],
                ]),
                for: request
            )
        }
        root.post("\(path)") { request, context in
            try context.requireAdmin()
            let input = try await request.decode(Input.self, context)
            guard let url = input.url else { throw Problem.missing(["url"]) }
            let made = try await daemon.batchWebhooks.create(url: url, isEnabled: input.enabled ?? true)
            return try JSONAnswer.make(json(made, showsSecret: context.mayShowSecrets), for: request)
        }
        root.get("\(path)/{webhook_id}") { request, context in
            let id = try context.part("webhook_id")
            guard let webhook = try await allBatchWebhooks().first(where: { $0.id == id }) else {
                throw Problem.notFound
            }
            return try JSONAnswer.make(json(webhook), for: request)
        }
        root.patch("\(path)/{webhook_id}") { request, context in
            try context.requireAdmin()
            let input = try await request.decode(Input.self, context)
            let id = try context.part("webhook_id")
            let changed = try await daemon.batchWebhooks.change(id, url: input.url, isEnabled: input.enabled)
            return try JSONAnswer.make(json(changed), for: request)
        }
        root.delete("\(path)/{webhook_id}") { _, context in
            try context.requireAdmin()
            try await daemon.batchWebhooks.delete(try context.part("webhook_id"))
            return JSONAnswer.none
        }
    }

    private func allBatchWebhooks() async throws -> [BatchWebhook] {
        let webhooks = daemon.batchWebhooks
        return try await onDisk { try webhooks.all() }
    }

    private func json(_ webhook: BatchWebhook, showsSecret: Bool = false) -> JSONValue {
        let value = JSONValue.object([
            "id": .string(webhook.id), "url": .string(webhook.url), "enabled": .bool(webhook.isEnabled), "_links": [],
        ])
        guard showsSecret else { return value }
        return value.adding(["signing_secret": .string(String(decoding: webhook.secret.reveal(), as: UTF8.self))])
    }
}
