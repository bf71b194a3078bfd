import FanfareCampaigns
import FanfareControl
import FanfareTransport

extension Daemon {
    /// What follows an order that takes its time, notes it, and says what it did or why not; nil: it is another order.
    ///
    /// A receiver may take its time, for a check or a test, and so may the check of a job that is planned; others do not
    /// wait for it.
    func lateAnswer(to request: ControlRequest) -> (@Sendable () async -> ControlAnswer)? {
        if let handler = lateHandler(of: request.command) {
            return { [audit] in
                let answer = await handler(request)
                if let entry = AuditEntry(of: request, answer) { audit.note(entry) }
                return answer
            }
        }
        let plan = request.command == .run ? request.run.flatMap { $0.isPlanned ? $0 : nil } : nil
        switch request.command {
        case .createWebhook, .enableWebhook, .disableWebhook, .deleteWebhook, .testWebhook: break
        case .run where plan != nil: break
        default: return nil
        }
        return { [self] in
            let answer = if let plan { await jobs.plan(plan) } else { await answerForWebhook(request) }
            if let entry = AuditEntry(of: request, answer) { audit.note(entry) }
            return answer
        }
    }

    /// The same for who can only block.
    func followForWebhook(_ request: ControlRequest) -> ControlAnswer {
        ControlDesk.answering { try waiting { [self] in await answerForWebhook(request) } }
    }

    private func answerForWebhook(_ request: ControlRequest) async -> ControlAnswer {
        if let order = request.webhook, let obstacle = obstacle(to: order) {
            return ControlAnswer(obstacle, refusal: .invalid)
        }
        return await webhooks.follow(request, installation.audiences)
    }

    /// Why the daemon does not send as whoever asks would; nil: it does.
    private func obstacle(to order: WebhookOrder) -> String? {
        do throws(TransportError) {
            for text in order.networks {
                let network = try EgressPolicy.Network(text)
                if !configuration.egress.permits(network) {
                    return
                        "fanfare serve, which sends webhooks, may not connect to \(network): start it with "
                        + "--allow-network \(network), or leave that out here (--allow-network, FANFARE_ALLOW_NETWORK)"
                }
            }
            if let proxy = order.proxy, try ForwardProxy(parsing: proxy) != configuration.proxy {
                return
                    "fanfare serve, which sends webhooks, goes through another proxy, or none: start it with --proxy, "
                    + "or leave that out here (--proxy, FANFARE_PROXY)"
            }
        } catch {
            return error.message
        }
        return nil
    }
}
