public import Fanfare
import FanfareAudience
import FanfareCampaigns
public import FanfarePayload
import Hummingbird

/// The three pages that an audience's contacts see: sign-up, preferences, unsubscribe.
///
/// | Page | GET | POST |
/// | --- | --- | --- |
/// | `/subscribe/{list}` | a form | signs an address up |
/// | `/preferences/{token}` | what is known of the contact, in a form | changes it |
/// | `/unsubscribe/{token}` | one button | takes the contact out; a mail program's one click (RFC 8058) does the same |
/// | `/unsubscribe/{token}/{campaign_id}` | the same | the same, and notes the campaign that led to it |
///
/// A GET changes nothing: scanners of mail follow links. There are no cookies, so nobody's browser can be made to act
/// for somebody; what a link may is in its token (``PageToken``). One file for each page; this one has what they share.
public struct HostedPages: Sendable {
    let daemon: Daemon
    let publicURL: PublicURL
    let key: PageKey
    let templates: PageTemplates
    /// Sign-ups by where they come from.
    let signUps = FailureLimit(limit: 20, length: .seconds(600))
    /// Whether a proxy says where a request comes from.
    let isBehindProxy: Bool

    var webhooks: AudienceWebhooks { daemon.webhooks }

    /// - Parameters:
    ///   - daemon: What serves them.
    ///   - publicURL: Where they are reached from outside.
    ///   - isBehindProxy: Whether the last address of `X-Forwarded-For` is whom a proxy of the operator's saw.
    /// - Throws: `StoreError` when the key of links cannot be read.
    public init(_ daemon: Daemon, at publicURL: PublicURL, isBehindProxy: Bool) throws {
        self.daemon = daemon
        self.publicURL = publicURL
        self.isBehindProxy = isBehindProxy
        key = try daemon.installation.pageKey()
        templates = try PageTemplates()
    }

    func add(to router: Router<APIContext>) {
        let pages = router.group("").add(middleware: PageMiddleware(templates: templates))
        addSignUp(to: pages)
        addPreferences(to: pages)
        addUnsubscribe(to: pages)
    }

    // MARK: Audiences and contacts

    /// The audience with an id, if it has a name: others belong to jobs.
    ///
    /// - Throws: ``PageProblem``.
    func list(_ id: String) async throws -> AudienceCatalogue.Entry {
        let audiences = daemon.installation.audiences
        let entry = try await onDisk { try audiences.all() }.first { $0.id == id && $0.name != nil }
        guard let entry else { throw PageProblem.gone }
        return entry
    }

    func reading<Value: Sendable>(
        _ list: AudienceCatalogue.Entry,
        _ body: @escaping @Sendable (Audience) throws -> Value
    ) async throws -> Value {
        let webhooks = self.webhooks
        return try await onDisk { try body(try webhooks.reading(list.id)) }
    }

    /// Whom a link leads to.
    struct Visitor {
        let list: AudienceCatalogue.Entry
        let member: Member

        var audience: String { list.name ?? "" }

        /// The address with most of its user covered: a link may have been passed on.
        var coveredAddress: String {
            let address = member.email
            guard let at = address.lastIndex(of: "@") else { return "•••" }
            return "\(address.prefix(1))•••\(address[at...])"
        }
    }

    /// The contact that the token of the path was made for.
    ///
    /// - Throws: ``PageProblem``, the same for a token that is none, a contact that was erased and an audience that is
    ///   gone.
    func visitor(of page: ContactPage, _ context: APIContext) async throws -> Visitor {
        guard let text = context.parameters.get("token"), let token = PageToken(text) else { throw PageProblem.gone }
        let list = try await list(token.audience)
        let member = try await reading(list) { try $0.member(.id(token.contact)) }
        guard key.signs(token, for: page, uniqueID: member?.uniqueID ?? ""), let member else {
            throw PageProblem.gone
        }
        return Visitor(list: list, member: member)
    }

    /// A link to another page of the same contact.
    func link(to page: ContactPage, _ visitor: Visitor) -> String {
        let contact = visitor.member
        return publicURL.page(
            page,
            token: key.token(for: page, audience: visitor.list.id, contact: contact.id, uniqueID: contact.uniqueID)
        )
    }
}

/// What a page cannot be shown for.
enum PageProblem: Error {
    /// A link that leads nowhere, or nowhere any more.
    case gone
    /// Too many sign-ups came from there.
    case tooMany
    /// What was sent is no form of these pages.
    case noForm
}
