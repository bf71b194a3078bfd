import Logging

/// What somebody outside is told: in numbers and reasons, with nothing of a contact.
protocol Announcement: Sendable {
    /// What happened, in a word: `ended`, `webhook_disabled`.
    var word: String { get }
    /// What it happened to, for the log.
    var subject: Logger.Metadata { get }
    /// What a command finds in its environment.
    var variables: [String: String] { get }
    /// What is posted, and stands on a command's standard input.
    var json: String { get throws }
}
