/// What the links to hosted pages of one audience are made of.
public struct PageLinks: Sendable {
    /// Where the pages are reached.
    public let publicURL: PublicURL
    /// The audience's id.
    public let audience: String
    /// Signs them.
    public let key: PageKey
    /// The campaign that links for unsubscribing tell of, unsigned behind their token: what led to it when somebody
    /// leaves. Nil: they tell of none.
    public let campaign: String?

    /// - Parameters: see the properties of the same names.
    public init(_ publicURL: PublicURL, audience: String, key: PageKey, campaign: String? = nil) {
        self.publicURL = publicURL
        self.audience = audience
        self.key = key
        self.campaign = campaign
    }

    /// What stands in links to a page behind their token; empty: nothing.
    func tail(of page: ContactPage) -> String {
        guard page == .unsubscribe, let campaign else { return "" }
        return "/\(campaign)"
    }

    /// The campaign that a link tells of.
    ///
    /// - Parameter part: The part of its path behind the token, which anybody may have written.
    /// - Returns: Nil unless it is ten hexadecimal digits in lower case.
    public static func campaign(in part: String?) -> String? {
        guard let part, part.utf8.isPageID else { return nil }
        return part
    }

    /// Whether a template can have such links.
    public enum Supply: Sendable {
        /// It can.
        case links(PageLinks)
        /// It cannot: why, as the end of a sentence that begins with the tag.
        case none(String)
    }
}
