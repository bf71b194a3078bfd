import ArgumentParser
import Fanfare

/// `fanfare webhook list AUDIENCE`.
struct WebhookListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the webhooks of an audience, and why one is disabled.",
        discussion: "Example:\n  fanfare webhook list customers"
    )

    @Argument(help: "The audience's name or id.", completion: Completions.audiences)
    var audience: String
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await reportingFailures {
            let installation = try Installation.read(data.directory)
            let audience = try installation.audiences.audience(named: audience)
            let webhooks = try AudienceWebhookCatalogue.read(installation.catalogue, of: audience.id)
            notePause()
            if output.json {
                for webhook in webhooks { print(try JSONLine.text(WebhookText(webhook))) }
            } else if webhooks.isEmpty {
                print("\(self.audience) has no webhooks; make one with: fanfare webhook create")
            } else {
                for webhook in webhooks { print(WebhookText(webhook).line) }
            }
        }
    }

    /// The list is still worth showing when a daemon does not answer.
    private func notePause() {
        do {
            data.note(pauseIn: try data.askDaemon(ControlRequest(.status)))
        } catch {
            Terminal.standardError.line("warning: fanfare serve does not say whether webhooks are paused: \(error)")
        }
    }
}
