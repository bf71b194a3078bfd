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
            let installation = try Installation.own(data.directory)
            let audience = try installation.audiences.audience(named: audience)
            try await installation.changingWebhooks(try network.policy(), try network.proxy()) { webhooks in
                let webhook = try await webhooks.create(
                    url: url,
                    events: Set(events.isEmpty ? ChangeKind.allCases : events),
                    sources: Set(sources.isEmpty ? ChangeSource.allCases : sources),
                    in: audience.id
                )
                let text = WebhookText(webhook, showsSecret: true)
                if output.json { return print(try JSONLine.text(text)) }
                print(text.line)
                print("  signing secret, shown only now: \(text.secret ?? "none")")
            }
        }
    }
}

extension Installation {
    /// Lets webhooks be changed without sending anything.
    func changingWebhooks(
        _ egress: EgressPolicy = EgressPolicy(),
        _ proxy: ForwardProxy? = nil,
        _ body: (AudienceWebhooks) async throws -> Void
    ) async throws {
        let webhooks = try audienceWebhooks(egress: egress, proxy: proxy, startsPaused: true)
        do {
            try await body(webhooks)
        } catch {
            await webhooks.close()
            throw error
        }
        await webhooks.close()
    }
}
