import FanfareCampaigns
import Foundation
import Logging

/// That an audience webhook was disabled because of what its receiver did, or did not.
struct WebhookNotice: Announcement {
    private let webhook: AudienceWebhook
    private let reason: String
    private let time: Date

    init(disabled webhook: AudienceWebhook, reason: String, time: Date = .now) {
        (self.webhook, self.reason, self.time) = (webhook, reason, time)
    }

    var word: String { "webhook_disabled" }

    var subject: Logger.Metadata { ["webhook": "\(webhook.id)"] }

    var variables: [String: String] {
        [
            "FANFARE_EVENT": word, "FANFARE_WEBHOOK": webhook.id, "FANFARE_AUDIENCE": webhook.audience,
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
                data: .init(webhook: webhook.id, audience: webhook.audience, reason: reason)
            )
            return String(decoding: try encoder.encode(body), as: UTF8.self)
        }
    }
}
