import FanfareCampaigns
import Foundation
import Logging

/// That a journey was paused without anybody's wish: a step cannot be made, or a receiver takes nothing.
struct JourneyNotice: Announcement {
    private struct Body: Encodable {
        struct Content: Encodable {
            var journey: String
            var name: String
            var audience: String
            var reason: String
        }

        let type = "journey.paused"
        var timestamp: String
        var data: Content
    }

    private let content: Body.Content
    private let time: Date

    init(paused journey: Journey, reason: String, time: Date = .now) {
        content = .init(journey: journey.id, name: journey.map.name, audience: journey.audience, reason: reason)
        self.time = time
    }

    var word: String { "journey_paused" }

    var subject: Logger.Metadata { ["journey": "\(content.journey)"] }

    var variables: [String: String] {
        [
            "FANFARE_EVENT": word, "FANFARE_JOURNEY": content.journey, "FANFARE_NAME": content.name,
            "FANFARE_AUDIENCE": content.audience, "FANFARE_REASON": content.reason,
        ]
    }

    /// `{"data": {…}, "timestamp": "…", "type": "journey.paused"}`.
    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let body = Body(timestamp: time.formatted(.iso8601), data: content)
            return String(decoding: try encoder.encode(body), as: UTF8.self)
        }
    }
}
