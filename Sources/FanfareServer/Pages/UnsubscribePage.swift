import Fanfare
import FanfareAudience
import FanfareCampaigns
import FanfarePayload
import Hummingbird

extension HostedPages {
    func addUnsubscribe(to pages: RouterGroup<APIContext>) {
        let path: RouterPath = "/unsubscribe/{token}"
        show(path, of: pages) { context in
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
            let (contact, now) = (visitor.member.id, currentUnixTime())
            guard try await webhooks.write(visitor.list.id, { try Audience.leave(contact, now: now, $0) }) else {
                throw PageProblem.gone
            }
            return left(visitor)
        }
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
