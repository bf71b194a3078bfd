import ArgumentParser
import Fanfare

/// `fanfare audience unsubscribe NAME EMAIL`.
struct AudienceUnsubscribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unsubscribe",
        abstract: "Notes that one contact wants nothing any more.",
        discussion: """
            The contact stays, so that no import subscribes it again.

            Examples:
              fanfare audience unsubscribe customers ada@example.com
              fanfare audience unsubscribe customers ada@example.com --reason abuse
            """
    )

    @OptionGroup var contact: ContactArguments
    @Option(help: "Why: manual, or abuse after a complaint.")
    var reason: LeaveReason = .manual

    func run() async throws {
        try await reportingFailures {
            try await contact.perform(.mustExist) { edit, _ in
                edit.status = .unsubscribed
                edit.reason = reason.rawValue
            } _: { _ in
                "unsubscribed"
            }
        }
    }
}

/// The reasons that Mailchimp's webhooks know.
enum LeaveReason: String, ExpressibleByArgument, CaseIterable {
    case manual, abuse
}

/// `fanfare audience delete NAME EMAIL`.
struct AudienceDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Archives one contact: it is kept, and gets nothing.",
        discussion: """
            It can be brought back with set --status subscribed.

            Examples:
              fanfare audience delete customers ada@example.com
            """
    )

    @OptionGroup var contact: ContactArguments

    func run() async throws {
        try await reportingFailures {
            try await contact.perform(.mustExist) { edit, _ in
                edit.status = .archived
            } _: { _ in
                "archived"
            }
        }
    }
}
