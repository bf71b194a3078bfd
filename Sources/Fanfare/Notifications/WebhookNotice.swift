import FanfareCampaigns
import Foundation
import Logging

/// That a webhook was disabled because of what its receiver did, or did not.
struct WebhookNotice: Announcement {
    private let webhook: String
    /// Empty for one that is told of batches.
    private let audience: String
    private let reason: String
    private let time: Date

    init(disabled webhook: AudienceWebhook, reason: String, time: Date = .now) {
        (self.webhook, audience, self.reason, self.time) = (webhook.id, webhook.audience, reason, time)
    }

    init(disabled webhook: BatchWebhook, reason: String, time: Date = .now) {
        (self.webhook, audience, self.reason, self.time) = (webhook.id, "", reason, time)
    }

    var word: String { "webhook_disabled" }

    var subject: Logger.Metadata { ["webhook": "\(webhook)"] }

    var variables: [String: String] {
        [
            "FANFARE_EVENT": word, "FANFARE_WEBHOOK": webhook, "FANFARE_AUDIENCE": audience,
            "FANFARE_REASON": reason,
        ]
    }

    /// `{"data": {…}, "timestamp": "…", "type": "webhook.disabled"}`; without the URL, which may hold a secret.
    var json: String {
        get throws {
            struct Body: Encodable {
                struct Content: Encodable {
                    var webhook: String
                    var audience: String
                    var reason: String
                }
                var type: String
                var timestamp: String
                var data: Content
            }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let body = Body(
                type: "webhook.disabled",
                timestamp: time.formatted(.iso8601),
                data: .init(webhook: webhook, audience: audience, reason: reason)
            )
            return String(decoding: try encoder.encode(body), as: UTF8.self)
        }
    }
}
