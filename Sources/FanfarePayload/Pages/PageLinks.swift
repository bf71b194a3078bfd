/// What the links to hosted pages of one audience are made of.
public struct PageLinks: Sendable {
    /// Where the pages are reached.
    public let publicURL: PublicURL
    /// The audience's id.
    public let audience: String
    /// Signs them.
    public let key: PageKey

    /// - Parameters: see the properties of the same names.
    public init(_ publicURL: PublicURL, audience: String, key: PageKey) {
        self.publicURL = publicURL
        self.audience = audience
        self.key = key
    }

    /// Whether a template can have such links.
    public enum Supply: Sendable {
        /// It can.
        case links(PageLinks)
        /// It cannot: why, as the end of a sentence that begins with the tag.
        case none(String)
    }
}
