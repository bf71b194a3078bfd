public import FanfareAudience
public import FanfareDelivery
import NIOConcurrencyHelpers

extension AudienceWebhooks {
    /// The address of the contact that a test tells of: nobody's (RFC 2606).
    public static let testAddress = "test@example.com"

    /// Sends a webhook an event that never was, as one that was is sent: the same way, body, headers and signatures.
    ///
    /// It tells of the contact ``testAddress``, whom the audience need not have: of its `profile`, or that it subscribed
    /// where the webhook listens to that alone. No ledger knows of it, it is sent once, and its `webhook-id` is like
    /// none of an event's. A webhook that is disabled, or stands still, is sent it too.
    ///
    /// - Parameters:
    ///   - id: The webhook's id.
    ///   - now: The time it is signed with, in Unix seconds.
    /// - Returns: What came of it, whatever that is; after half a minute at most.
    /// - Throws: ``WebhookError`` with `unknownWebhook`, `AudienceError`, `StoreError`, `TransportError`,
    ///   `CancellationError`.
    public func test(_ id: String, now: Int64 = currentUnixTime()) async throws -> EventTrial {
        guard let webhook = try catalogue.webhook(id) else { throw WebhookError.unknown(id) }
        let open = try open(webhook.audience)
        let endpoint = try configuration.endpoint(id: id, url: webhook.url, secret: webhook.secret, epochs: open.epochs)
        let listensToSubscribeAlone = webhook.events.contains(.subscribe) && !webhook.events.contains(.profile)
        let kind: ChangeKind = listensToSubscribeAlone ? .subscribe : .profile
        let body = WebhookBody.bytes(of: .madeUp(kind, at: now), in: try AudienceShape(of: open.reading))
        let (egress, lookUp) = (configuration.delivery.egress, configuration.lookUp)
        let isCancelled = NIOLockedValueBox(false)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<EventTrial, any Error>) in
                BlockingWork.run {
                    continuation.resume(
                        with: Result {
                            try EventTrial(
                                to: endpoint,
                                event: kind.name,
                                body: body,
                                unixTime: now,
                                egress: egress,
                                lookUp: lookUp
                            ) { isCancelled.withLockedValue { $0 } }
                        }
                    )
                }
            }
        } onCancel: {
            isCancelled.withLockedValue { $0 = true }
        }
    }
}

extension Change {
    /// Of a contact that does not exist; 0 is nobody's key.
    fileprivate static func madeUp(_ kind: ChangeKind, at time: Int64) -> Change {
        var facts = Facts()
        (facts.id, facts.webID, facts.email) = ("0000000000", 0, AudienceWebhooks.testAddress)
        facts.merges = [["FNAME": "Test", "LNAME": "Contact"]]
        return Change(number: 0, contact: 0, kind: kind, source: .admin, time: time, facts: facts)
    }
}
