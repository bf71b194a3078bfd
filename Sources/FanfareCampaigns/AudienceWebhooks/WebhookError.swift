/// Why an audience webhook cannot be made or changed.
public struct WebhookError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What a caller can act on.
    public struct Code: Sendable, Hashable {
        private enum Kind: Sendable { case invalidURL, duplicateURL, unverified, unknownWebhook, tooMany, disabled }

        private let kind: Kind
        /// The URL is none that can be sent to.
        public static let invalidURL = Code(kind: .invalidURL)
        /// The audience has a webhook with that URL.
        public static let duplicateURL = Code(kind: .duplicateURL)
        /// The URL did not answer its check.
        public static let unverified = Code(kind: .unverified)
        /// There are as many as there may be.
        public static let tooMany = Code(kind: .tooMany)
        /// It is told nothing until it is enabled.
        public static let disabled = Code(kind: .disabled)
        /// There is no webhook with that id.
        public static let unknownWebhook = Code(kind: .unknownWebhook)
    }

    /// What a caller can act on.
    public let code: Code
    /// One sentence for a person; where Mailchimp has one, its.
    public let message: String

    /// - Parameters: see the properties of the same names.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The sentence.
    public var description: String { message }

    /// Of a second webhook with one URL.
    static var duplicateURL: WebhookError {
        WebhookError(.duplicateURL, "Sorry, you can't set up multiple WebHooks for one URL")
    }

    /// Of a URL that nothing can be sent to.
    static var invalidURL: WebhookError { WebhookError(.invalidURL, "Invalid URL") }

    /// Of an id that no webhook has.
    public static func unknown(_ id: String) -> WebhookError {
        WebhookError(.unknownWebhook, "there is no webhook \(id)")
    }
}
