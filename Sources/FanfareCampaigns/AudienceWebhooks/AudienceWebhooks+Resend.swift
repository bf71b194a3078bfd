public import FanfareDelivery

/// What webhooks were sent is sent again, with the same ids and bytes, signed afresh.
extension AudienceWebhooks {
    /// Sends one event again that has ended, however it did.
    ///
    /// - Parameters:
    ///   - number: Its number in the ledger of the webhook's audience.
    ///   - webhook: The id of the webhook that it is for.
    /// - Returns: Whether it is sent: not one that has not ended, whose body was erased or forgotten, or whose contact is
    ///   suppressed.
    /// - Throws: ``WebhookError`` with `unknownWebhook` or `disabled`; what keeps it from being written.
    public func resend(_ number: Int64, to webhook: String) async throws -> Bool {
        try await resending(webhook) { try await $0.resend([number]) } > 0
    }

    /// Sends events again that have ended, oldest first.
    ///
    /// - Parameters:
    ///   - filter: Which.
    ///   - webhook: The id of the webhook that they are for.
    /// - Returns: How many; see ``resend(_:to:)-(Int64,_)`` for those that are not.
    /// - Throws: As ``resend(_:to:)-(Int64,_)``; then those of earlier pieces are sent again.
    public func resend(_ filter: DeliveryFilter, to webhook: String) async throws -> Int {
        try await resending(webhook) { try await $0.resend(EventQuery(endpoint: webhook, filter)) }
    }

    /// It is not disabled meanwhile: that gives up what is open, and what were reopened later would stay so.
    private func resending(_ id: String, _ body: (EventBook) async throws -> Int) async throws -> Int {
        try await turns.take {
            guard let webhook = try catalogue.webhook(id) else { throw WebhookError.unknown(id) }
            guard webhook.state == .enabled else {
                throw WebhookError(.disabled, "the webhook \(id) is disabled, and is told nothing; enable it first")
            }
            return try await body(try open(webhook.audience).book)
        }
    }
}
