import ArgumentParser
import Fanfare

/// `fanfare audience add NAME EMAIL`.
struct AudienceAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Adds one contact.",
        discussion: """
            Refused when the contact is there already: set changes one. With --status pending it is kept as one who has \
            not confirmed yet; Fanfare sends no mail that would ask for it.

            Examples:
              fanfare audience add customers ada@example.com --field FNAME=Ada --tag vip
              fanfare audience add customers ada@example.com --status pending
            """
    )

    @OptionGroup var contact: ContactArguments
    @OptionGroup var values: ValueOptions
    @Option(help: "Its status.")
    var status: ContactStatus = .subscribed

    func run() async throws {
        try await reportingFailures {
            try await contact.perform(.mustBeNew) { edit, audience in
                edit.status = status
                try values.apply(to: &edit, in: audience)
            } _: { _ in
                "added, \(status.rawValue)"
            }
        }
    }
}
