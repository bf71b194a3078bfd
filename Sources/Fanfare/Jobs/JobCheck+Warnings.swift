import FanfareDelivery
import FanfareJob
import FanfarePayload
import Foundation

extension JobCheck {
    /// What deserves a second look in a webhook.
    static func warnings(of webhook: WebhookDefinition) -> [String] {
        var warnings: [String] = []
        let isPlain = webhook.url.lowercased().hasPrefix("http://")
        let secrets = webhook.headers.filter(\.isSecret).map(\.name)
        if isPlain, webhook.authorization != nil || !secrets.isEmpty {
            let what = (webhook.authorization == nil ? [] : ["webhook.auth"]) + secrets.map { "the header \($0)" }
            warnings.append(
                "webhook.url begins with http://: anybody on the way reads \(what.joined(separator: ", "))"
            )
        }
        if webhook.signing == nil {
            warnings.append("webhook.signing is not set: the receiver cannot tell these requests from anybody else's")
        }
        if !webhook.tls.verifies {
            warnings.append("webhook.tls.verify is false: anybody on the way can read the requests and answer them")
        }
        return warnings
    }

    /// What deserves a second look in how it is delivered.
    static func warnings(of delivery: DeliverySettings) -> [String] {
        guard delivery.http == .http2, delivery.whenUncertain == .hold else { return [] }
        return [
            "over HTTP/2 a receiver that ends a connection, or refuses requests on it, leaves open whether it took "
                + "them: with when_uncertain: hold they are held as uncertain"
        ]
    }

    /// What deserves a second look in parts.
    static func warnings(of batches: Schedule.Batches?, _ delivery: DeliverySettings) -> [String] {
        guard let batches, let stop = delivery.stopAfter, stop <= batches.length else { return [] }
        return [
            "delivery.stop_after is too short: the last of schedule.batches begins \(batches.length.shown) after the first, "
                + "and after \(stop.shown) what is left is cancelled"
        ]
    }

    /// What deserves a second look in a window.
    static func warnings(of schedule: Schedule, _ pace: JobPace) -> [String] {
        guard let window = schedule.window else { return [] }
        var warnings: [String] = []
        let begin = max(schedule.start?.unixSeconds ?? 0, Int64(Date().timeIntervalSince1970))
        if let opening = schedule.opening(at: begin) {
            warnings.append("it starts outside schedule.window, and sends from \(opening.text) \(schedule.timeZone)")
        }
        let longest = max(pace.byRate ?? .zero, pace.byWindow)
        if longest > window.length {
            warnings.append(
                "schedule.window is too short for one day: it is open for \(window.length.shown), and the job takes "
                    + longest.shown
            )
        }
        return warnings
    }

    /// What deserves a second look in a start.
    static func warnings(of start: Schedule.Start?) -> [String] {
        guard let start else { return [] }
        var warnings = start.note.map { [$0] } ?? []
        if start.unixSeconds < Int64(Date().timeIntervalSince1970) {
            warnings.append("its time, \(start.localText), has passed: it would start at once")
        }
        return warnings
    }
}
