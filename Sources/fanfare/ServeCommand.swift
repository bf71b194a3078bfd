import ArgumentParser
import Fanfare
import Logging

/// `fanfare serve`.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Owns the data directory and tells webhooks what changes in its audiences, until it is ended.",
        discussion: """
            Commands that change contacts hand their changes over to it. Ctrl-C or SIGTERM ends it in good order: what \
            is in flight is waited for, and what was not sent goes out at the next start. After two deaths within ten \
            minutes the third start sends nothing until: fanfare webhook resume

            Example:
              fanfare serve --data /var/lib/fanfare
            """
    )

    @OptionGroup var data: DataOptions
    @OptionGroup var network: NetworkOptions
    @OptionGroup var log: LogOptions

    func run() async throws {
        try await reportingFailures {
            let interruption = Interruption()
            let screen = Screen()
            screen.format = try log.format
            var configuration = Daemon.Configuration(egress: try network.policy())
            configuration.logger = try log.logger(screen)
            let daemon = try Daemon(try Installation.own(data.directory), configuration)
            screen.say(.info, try Self.greeting(daemon, data.directory))
            if daemon.startedPaused {
                screen.say(
                    .warning,
                    "This is the third start within ten minutes after deaths: nothing is sent until "
                        + "fanfare webhook resume\(data.hint)"
                )
            }
            await interruption.waitForRequest()
            screen.say(.info, "Ending: what is in flight is waited for; once more to stop at once.")
            try await daemon.close()
        }
    }

    private static func greeting(_ daemon: Daemon, _ directory: String) throws -> String {
        let audiences = try daemon.installation.audiences.all().filter { $0.name != nil }
        let webhooks = try audiences.flatMap { try daemon.webhooks.all(of: $0.id) }
        let listening = webhooks.count { $0.state == .enabled }
        return "Serving \(directory): \(HumanText.count(Int64(audiences.count), "audience")), "
            + "\(HumanText.count(Int64(listening), "webhook")). Ctrl-C ends it."
    }
}
