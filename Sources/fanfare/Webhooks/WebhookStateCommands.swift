public import ArgumentParser
public import Fanfare

/// Which webhook, for the commands that change one.
struct WebhookArguments: ParsableArguments {
    @Argument(help: "The webhook's id, as fanfare webhook list shows it.")
    var id: String
    @OptionGroup var data: DataOptions

    func give(_ command: ControlRequest.Command) async throws {
        try await reportingFailures {
            print(try await data.ask(ofWebhook: ControlRequest(command, webhook: WebhookOrder(id: id))).message)
        }
    }
}

extension DataOptions {
    /// Has an order for a webhook followed: by the daemon that owns the directory, or here.
    ///
    /// - Parameter network: Where connections may go when it is followed here; nil: nothing is connected to.
    /// - Throws: `ExitCode` when it is refused, which has been said; `StoreError`, `ControlError`.
    func ask(ofWebhook request: ControlRequest, _ network: NetworkOptions? = nil) async throws -> ControlAnswer {
        let answer = try await ControlLink(dataDirectory: directory).ask(
            ofWebhook: request,
            egress: network?.policy() ?? EgressPolicy(),
            proxy: network?.proxy()
        )
        guard let refusal = answer.refusal else { return answer }
        Terminal.standardError.line("fanfare: \(answer.message)")
        throw refusal == .invalid ? ExitCode.invalid : ExitCode.agentError
    }
}

extension WebhookOrder {
    /// Takes over where this process may connect to.
    mutating func take(_ network: NetworkOptions) {
        (networks, proxy) = (network.networkTexts, network.proxyText)
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

    func run() async throws { try await webhook.give(.enableWebhook) }
}

/// `fanfare webhook disable ID`.
struct WebhookDisableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Has a webhook told nothing any more; what it has not had is cancelled.",
        discussion: "Example:\n  fanfare webhook disable 5a3f0c1b2e"
    )

    @OptionGroup var webhook: WebhookArguments

    func run() async throws { try await webhook.give(.disableWebhook) }
}

/// `fanfare webhook delete ID`.
struct WebhookDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Forgets a webhook; what it was sent stays in the ledger.",
        discussion: "Example:\n  fanfare webhook delete 5a3f0c1b2e"
    )

    @OptionGroup var webhook: WebhookArguments

    func run() async throws { try await webhook.give(.deleteWebhook) }
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
