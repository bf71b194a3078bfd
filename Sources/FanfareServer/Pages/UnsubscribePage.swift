import Fanfare
import FanfareAudience
import FanfareCampaigns
import FanfarePayload
import Hummingbird

extension HostedPages {
    func addUnsubscribe(to pages: RouterGroup<APIContext>) {
        addUnsubscribe("/unsubscribe/{token}", to: pages)
        // The form has no address of its own: what is sent goes where the page came from, and says the campaign again.
        addUnsubscribe("/unsubscribe/{token}/{campaign_id}", to: pages)
    }

    private func addUnsubscribe(_ path: RouterPath, to pages: RouterGroup<APIContext>) {
        pages.get(path) { _, context in
            let visitor = try await visitor(of: .unsubscribe, context)
            if visitor.member.status == .unsubscribed { return left(visitor) }
            return templates.page(
                "unsubscribe",
                title: "Unsubscribe",
                audience: visitor.audience,
                ["address": visitor.coveredAddress]
            )
        }
        // Whatever the body says, `List-Unsubscribe=One-Click` or the button's nothing: it is asked for once only.
        pages.post(path) { _, context in
            let visitor = try await visitor(of: .unsubscribe, context)
            let campaign = try await campaign(context, visitor.list.id)
            let (contact, now) = (visitor.member.id, currentUnixTime())
            let isKnown = try await webhooks.write(visitor.list.id) {
                try Audience.leave(contact, campaign: campaign, now: now, $0)
            }
            guard isKnown else { throw PageProblem.gone }
            return left(visitor)
        }
    }

    /// The campaign that the link names, where it went to the audience: nobody signs for that part of the link.
    private func campaign(_ context: APIContext, _ list: String) async throws -> String? {
        guard let id = PageLinks.campaign(in: context.parameters.get("campaign_id")) else { return nil }
        let installation = daemon.installation
        let isOne = try await onDisk {
            try installation.fanOutRecords(named: nil).contains { $0.id == id && $0.audience == list }
        }
        return isOne ? id : nil
    }

    private func left(_ visitor: Visitor) -> Response {
        var message = PageMessage(
            title: "You are unsubscribed",
            texts: ["\(visitor.coveredAddress) gets no more messages from \(visitor.audience)."],
            audience: visitor.audience
        )
        message.link = (publicURL.signUp(to: visitor.list.id), "It was a mistake: sign up again")
        return templates.message(message)
    }
}
