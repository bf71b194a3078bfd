import ArgumentParser
import Fanfare

/// `fanfare webhook create AUDIENCE URL`.
struct WebhookCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Makes a webhook, when its URL answers a GET with 2xx.",
        discussion: """
            The signing secret is shown once, now, and never again. Requests carry X-Mailchimp-Signature and the headers \
            of Standard Webhooks, both made with it.

            While fanfare serve runs it is serve that asks the URL, and what serve may connect to holds: a network or a \
            proxy that is given here and that serve was not given too is refused.

            Example:
              fanfare webhook create customers https://crm.example.com/hook --source user --source admin
            """
    )

    @Argument(help: "The audience's name or id.", completion: Completions.audiences)
    var audience: String
    @Argument(help: "Where it is told: http or https.")
    var url: String
    @Option(
        name: .customLong("event"),
        help: "What it is told of; all unless given. Can be given again."
    )
    var events: [ChangeKind] = []
    @Option(name: .customLong("source"), help: "Whose changes it is told of; all unless given. Can be given again.")
    var sources: [ChangeSource] = []
    @OptionGroup var data: DataOptions
    @OptionGroup var network: NetworkOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await reportingFailures {
            var order = WebhookOrder(
                audience: audience,
                url: url,
                events: events.map(\.name),
                sources: sources.map(\.name)
            )
            order.take(network)
            let answer = try await data.ask(ofWebhook: ControlRequest(.createWebhook, webhook: order), network)
            guard let made = answer.webhook else { throw OrderRefused(description: "no webhook was made") }
            let text = WebhookText(made)
            if output.json { return print(try JSONLine.text(text)) }
            print(text.line)
            print("  signing secret, shown only now: \(text.secret ?? "none")")
        }
    }
}
