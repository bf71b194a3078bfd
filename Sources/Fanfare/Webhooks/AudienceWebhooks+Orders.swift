import FanfareAudience
import FanfareCampaigns
import FanfareControl
import FanfarePayload

extension AudienceWebhooks {
    /// Follows an order for a webhook, and says what it did or why not.
    ///
    /// - Parameters:
    ///   - request: The order.
    ///   - audiences: Where audiences are found by their names.
    func follow(_ request: ControlRequest, _ audiences: AudienceCatalogue) async -> ControlAnswer {
        guard let order = request.webhook else {
            return ControlAnswer("\(request.command.rawValue) needs a webhook", refusal: .malformed)
        }
        do {
            if request.command == .createWebhook { return try await make(order, audiences) }
            guard let id = order.id else {
                return ControlAnswer("\(request.command.rawValue) needs a webhook's id", refusal: .malformed)
            }
            return try await follow(request.command, id)
        } catch let error as WebhookError {
            return ControlAnswer(error.message, refusal: .invalid)
        } catch let error as AudienceError where error.code != .storage {
            return ControlAnswer(error.description, refusal: .invalid)
        } catch {
            return ControlAnswer("\(error)", refusal: .failed)
        }
    }

    private func follow(_ command: ControlRequest.Command, _ id: String) async throws -> ControlAnswer {
        switch command {
        case .enableWebhook:
            try await enable(id)
            return ControlAnswer("\(id): enabled")
        case .disableWebhook:
            try await disable(id, reason: "by the operator")
            return ControlAnswer("\(id): disabled")
        case .deleteWebhook:
            try await delete(id)
            return ControlAnswer("\(id): deleted")
        case .testWebhook:
            let trial = try await test(id)
            return ControlAnswer("", trial: trial)
        default:
            return ControlAnswer("\(command.rawValue) is no order for a webhook", refusal: .malformed)
        }
    }

    private func make(_ order: WebhookOrder, _ audiences: AudienceCatalogue) async throws -> ControlAnswer {
        guard let audience = order.audience, let url = order.url else {
            return ControlAnswer("a webhook needs an audience and a URL", refusal: .malformed)
        }
        let events = order.events.compactMap { name in ChangeKind.allCases.first { $0.name == name } }
        let sources = order.sources.compactMap { name in ChangeSource.allCases.first { $0.name == name } }
        guard events.count == order.events.count, sources.count == order.sources.count else {
            return ControlAnswer("there is no such event or source", refusal: .invalid)
        }
        let webhook = try await create(
            url: url,
            events: Set(events.isEmpty ? ChangeKind.allCases : events),
            sources: Set(sources.isEmpty ? ChangeSource.allCases : sources),
            in: audiences.audience(named: audience).id
        )
        return ControlAnswer("", webhook: MadeWebhook(webhook))
    }
}

extension MadeWebhook {
    /// With its secret.
    fileprivate init(_ webhook: AudienceWebhook) {
        self.init(
            id: webhook.id,
            audience: webhook.audience,
            url: webhook.url,
            events: ChangeKind.allCases.filter(webhook.events.contains).map(\.name),
            sources: ChangeSource.allCases.filter(webhook.sources.contains).map(\.name),
            secret: webhook.secret.map { String(decoding: $0.reveal(), as: UTF8.self) }
        )
    }
}
