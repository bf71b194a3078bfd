public import ArgumentParser
public import Fanfare

/// Which webhook, for the commands that change one.
struct WebhookArguments: ParsableArguments {
    @Argument(help: "The webhook's id, as fanfare webhook list shows it.")
    var id: String
    @OptionGroup var data: DataOptions

    func change(_ done: String, _ body: (AudienceWebhooks) async throws -> Void) async throws {
        try await reportingFailures {
            try await Installation.own(data.directory).changingWebhooks { try await body($0) }
            print("\(id): \(done)")
        }
    }
}

/// `fanfare webhook enable ID`.
struct WebhookEnableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable",
        abstract: "Has a webhook told again, of what changes from now on.",
        discussion: "Example:\n  fanfare webhook enable 5a3f0c1b2e"
    )

    @OptionGroup var webhook: WebhookArguments

    func run() async throws { try await webhook.change("enabled") { try await $0.enable(webhook.id) } }
}

/// `fanfare webhook disable ID`.
struct WebhookDisableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Has a webhook told nothing any more; what it has not had is cancelled.",
        discussion: "Example:\n  fanfare webhook disable 5a3f0c1b2e"
    )

    @OptionGroup var webhook: WebhookArguments

    func run() async throws {
        try await webhook.change("disabled") { try await $0.disable(webhook.id, reason: "by the operator") }
    }
}

/// `fanfare webhook delete ID`.
struct WebhookDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Forgets a webhook; what it was sent stays in the ledger.",
        discussion: "Example:\n  fanfare webhook delete 5a3f0c1b2e"
    )

    @OptionGroup var webhook: WebhookArguments

    func run() async throws { try await webhook.change("deleted") { try await $0.delete(webhook.id) } }
}

/// `fanfare webhook pause`.
struct WebhookPauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Has fanfare serve send no webhooks until told otherwise or started again.",
        discussion: "Example:\n  fanfare webhook pause"
    )

    @OptionGroup var order: OrderOptions

    func run() async throws { try await order.give(ControlRequest(.pauseWebhooks)) }
}

/// `fanfare webhook resume`.
struct WebhookResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Has fanfare serve send webhooks again.",
        discussion: """
            After a restore they stand still until it is said what becomes of those that had not been delivered when \
            the backup was made: --uncertain resend sends them, with the ids that they had, and --uncertain leave does \
            not.

            Examples:
              fanfare webhook resume
              fanfare webhook resume --uncertain resend
            """
    )

    @Option(help: "What becomes of webhooks that may have been sent since the backup that was restored.")
    var uncertain: RestoredChoice?
    @OptionGroup var order: OrderOptions

    func run() async throws { try await order.give(ControlRequest(.resumeWebhooks, restored: uncertain)) }
}

extension RestoredChoice: ExpressibleByArgument {}
