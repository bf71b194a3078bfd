public import ArgumentParser
public import Fanfare

/// `fanfare webhook …`.
struct WebhookCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhook",
        abstract: "Sets up who is told of changes in an audience.",
        discussion: """
            Webhooks are sent by fanfare serve. It may be running or not: what is ordered here holds at once.

            Examples:
              fanfare webhook create customers https://crm.example.com/hook --event subscribe --event unsubscribe
              fanfare webhook list customers
              fanfare webhook log 5a3f0c1b2e --state dead
              fanfare webhook test 5a3f0c1b2e
            """,
        subcommands: [
            WebhookCreateCommand.self, WebhookListCommand.self, WebhookLogCommand.self, WebhookTestCommand.self,
            WebhookEnableCommand.self, WebhookDisableCommand.self, WebhookDeleteCommand.self, WebhookPauseCommand.self,
            WebhookResumeCommand.self,
        ]
    )
}

extension ChangeKind: ExpressibleByArgument {
    /// As Mailchimp spells it.
    public init?(argument: String) {
        guard let kind = ChangeKind.allCases.first(where: { $0.name == argument }) else { return nil }
        self = kind
    }

    /// All of them, for help and errors.
    public static var allValueStrings: [String] { allCases.map(\.name) }
}

extension ChangeSource: ExpressibleByArgument {
    /// As Mailchimp spells it.
    public init?(argument: String) {
        guard let source = ChangeSource.allCases.first(where: { $0.name == argument }) else { return nil }
        self = source
    }

    /// All of them, for help and errors.
    public static var allValueStrings: [String] { allCases.map(\.name) }
}

/// What a person or a program reads of one webhook.
struct WebhookText: Encodable {
    let id: String
    let audience: String
    let url: String
    let events: [String]
    let sources: [String]
    let enabled: Bool
    let disabledReason: String?
    /// Shown once, when it is made.
    var secret: String?

    init(_ webhook: AudienceWebhook) {
        id = webhook.id
        audience = webhook.audience
        url = webhook.url
        events = ChangeKind.allCases.filter(webhook.events.contains).map(\.name)
        sources = ChangeSource.allCases.filter(webhook.sources.contains).map(\.name)
        enabled = webhook.state == .enabled
        disabledReason = if case .disabled(let reason, _) = webhook.state { reason } else { nil }
    }

    /// One that was just made, with its secret.
    init(_ made: MadeWebhook) {
        (id, audience, url, events, sources) = (made.id, made.audience, made.url, made.events, made.sources)
        (enabled, disabledReason, secret) = (true, nil, made.secret)
    }

    var line: String {
        let state = disabledReason.map { "disabled: \($0)" } ?? "enabled"
        return
            "\(id)  \(url)\n  \(state)\n  told of \(events.joined(separator: ", ")) by \(sources.joined(separator: ", "))"
    }

    private enum CodingKeys: String, CodingKey {
        case id, audience, url, events, sources, enabled, secret
        case disabledReason = "disabled_reason"
    }
}
