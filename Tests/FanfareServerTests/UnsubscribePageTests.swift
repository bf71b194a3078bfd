import Fanfare
import FanfareAudience
import FanfareDelivery
import FanfarePayload
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Testing

@testable import FanfareServer

/// The page by which contacts leave, asked without a connection.
@Suite struct UnsubscribePageTests {
    private func status(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ responder: some HTTPResponder<APIContext>
    ) async throws -> Int {
        let head = HTTPRequest(method: method, scheme: "http", authority: nil, path: path)
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer()))
        let context = APIContext(logger: Logger(label: "test"))
        return try await responder.respond(to: request, context: context).status.code
    }

    private func campaign(_ id: String, to list: String) -> FanOutRecord {
        FanOutRecord(
            id: id,
            name: "campaign \(id)",
            run: 1,
            identity: "",
            state: .ended,
            audience: list,
            jobFingerprint: "",
            contactsFingerprint: "",
            createdAt: 1
        )
    }

    @Test func `who leaves by a fan-out's link is noted with its campaign`() async throws {
        try await MarketingFixture.with { fixture in
            let publicURL = try #require(PublicURL("https://news.example.com"))
            let pages = try HostedPages(fixture.daemon, at: publicURL, isBehindProxy: false)
            let router = Router(context: APIContext.self)
            pages.add(to: router)
            let responder = router.buildResponder()
            let audience = try fixture.daemon.webhooks.reading(fixture.list)
            for (id, list) in [("5aa2102003", fixture.list), ("5aa2102004", "0123456789")] {
                try fixture.daemon.installation.fanOuts().save(campaign(id, to: list))
            }
            // What stands there and is no campaign is ignored.
            let rows: [(String, String?)] = [
                ("", nil), ("/5aa2102003", "5aa2102003"), ("/5aa2102003?from=mail", "5aa2102003"), ("/5AA2102003", nil),
                ("/5aa210200", nil), ("/5aa21020033", nil), ("?campaign_id=5aa2102003", nil),
                // Nor is one that is not known, or went to others.
                ("/5aa2102004", nil), ("/deadbeef99", nil),
            ]
            for (index, (tail, campaign)) in rows.enumerated() {
                let address = "a\(index)@example.com"
                let body = #"{"email_address": "\#(address)", "status": "subscribed"}"#
                try await fixture.ask(.post, "/lists/\(fixture.list)/members", body)
                let contact = try #require(try audience.member(.address(address)))
                let token = pages.key.token(
                    for: .unsubscribe,
                    audience: fixture.list,
                    contact: contact.id,
                    uniqueID: contact.uniqueID
                )
                let path = "/unsubscribe/\(token)\(tail)"
                #expect(try await status(.get, path, responder) == 200, "\(tail)")
                #expect(try audience.member(.address(address))?.status == .subscribed, "\(tail)")
                #expect(try await status(.post, path, responder) == 200, "\(tail)")
                let left = try #require(try audience.member(.address(address)))
                #expect(left.status == .unsubscribed && left[.unsubscribeCampaignID] == campaign, "\(tail)")
            }
            #expect(try await status(.post, "/unsubscribe/x/5aa2102003", responder) == 404)
        }
    }
}
