import FanfareDelivery
import FanfareJob
import FanfarePayload
import FanfareTransport
import Foundation
import Logging

/// Posts notices, signed, through libcurl and the egress policy as deliveries are.
///
/// A post that fails is tried again as a delivery would be (`AnswerRules`), with the same `webhook-id`.
struct NoticeWebhook: Sendable {
    /// Before each further attempt.
    static let pauses: [Duration] = [.seconds(1), .seconds(3)]
    static let timeout: Duration = .seconds(5)

    let settings: EndpointSettings
    let signer: FixedBodySigner?
    let egress: EgressPolicy
    let logger: Logger

    /// - Throws: `PayloadError` for a signing secret that is none.
    init?(_ notify: JobNotify, egress: EgressPolicy, logger: Logger) throws {
        guard let url = notify.url else { return nil }
        var settings = EndpointSettings(
            url: url,
            headers: [
                .init(name: "Content-Type", value: "application/json"), .init(name: "User-Agent", value: "fanfare"),
            ]
        )
        settings.connectTimeout = .seconds(3)
        self.settings = settings
        signer = try notify.signing.map { try FixedBodySigner($0.secrets) }
        self.egress = egress
        self.logger = logger
    }

    /// Posts one; what goes wrong is a warning.
    func tell(_ notice: any Announcement, isGivenUp: () -> Bool) {
        var problem: String?
        do {
            problem = try post(notice, isGivenUp)
        } catch {
            problem = String(describing: error)
        }
        guard let problem, !isGivenUp() else { return }
        logger.warning(
            "a notification was not delivered",
            metadata: notice.subject.merging(["event": "\(notice.word)", "reason": "\(problem)"]) { $1 }
        )
    }

    /// - Returns: Why it was not delivered; nil: it was, or was given up.
    private func post(_ notice: any Announcement, _ isGivenUp: () -> Bool) throws -> String? {
        let body = Array(try notice.json.utf8)
        let id = DeliveryID(high: .random(in: 0...UInt64.max), low: .random(in: 0...UInt64.max))
        let sender = try DirectSender(settings, egress: egress)
        let rules = AnswerRules(DeliverySettings())
        var pauses = Self.pauses[...]
        while true {
            let now = Int64(Date().timeIntervalSince1970)
            let headers =
                Array("webhook-id: \(id)\0".utf8) + (signer?.headers(id: id, unixTime: now, body: body) ?? [])
            let ending = try sender.post(headers: headers, body: body, timeout: Self.timeout, isCancelled: isGivenUp)
            guard let ending else { return nil }
            let reason: Reason
            switch rules.verdict(ending, breakerClosed: true) {
            case .delivered: return nil
            case .never(let why), .uncertain(let why): return why.text(status: ending.status)
            case .later(_, _, let why): reason = why
            }
            guard let pause = pauses.popFirst() else { return reason.text(status: ending.status) }
            if !Waiting.wait(pause, unless: isGivenUp) { return nil }
        }
    }
}

/// Waiting on a thread that has nothing else to do.
enum Waiting {
    /// - Returns: False when it was not waited to the end.
    static func wait(_ duration: Duration, unless isGivenUp: () -> Bool) -> Bool {
        let end = ContinuousClock.now + duration
        while ContinuousClock.now < end {
            if isGivenUp() { return false }
            usleep(20_000)
        }
        return !isGivenUp()
    }
}
