import FanfareCampaigns
public import FanfareControl
public import FanfareTransport

extension ControlLink {
    /// Has an order for a webhook followed by the daemon, or here when nobody owns the data directory: then nothing but
    /// a check or a test is sent.
    ///
    /// - Parameters:
    ///   - request: The order.
    ///   - egress: Where connections may go when it is followed here.
    ///   - proxy: Which requests go through then; nil: none.
    /// - Throws: As ``ask(_:)``, `AudienceError`, `TransportError`, `PayloadError`.
    public func ask(
        ofWebhook request: ControlRequest,
        egress: EgressPolicy = EgressPolicy(),
        proxy: ForwardProxy? = nil
    ) async throws -> ControlAnswer {
        try await patiently { try await askOnce(ofWebhook: request, egress, proxy) }
    }

    private func askOnce(
        ofWebhook request: ControlRequest,
        _ egress: EgressPolicy,
        _ proxy: ForwardProxy?
    ) async throws -> ControlAnswer {
        if let answer = try askPresentOwner(request) { return answer }
        let installation = try Installation.own(path)
        let webhooks = try installation.audienceWebhooks(egress: egress, proxy: proxy, startsPaused: true)
        let answer = await webhooks.follow(request, installation.audiences)
        await webhooks.close()
        try installation.note(AuditEntry(of: request, answer))
        return answer
    }
}
