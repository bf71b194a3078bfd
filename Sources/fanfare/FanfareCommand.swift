import ArgumentParser
import Fanfare
import Logging

/// The program: one file per subcommand.
@main
struct FanfareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fanfare",
        abstract: "Delivers one webhook to every contact of an audience, and accounts for each.",
        discussion: """
            Start with: fanfare init contacts.csv, then fanfare check job.yaml, and fanfare run job.yaml

            Exit status: 0 all delivered or skipped, or nobody to send to; 1 the agent failed; 2 wrong usage or an \
            invalid job; 3 finished with dead or uncertain deliveries; 4 stopped by canary, first answers, \
            stop_after or cancel; 130 interrupted, to be resumed by the same command.
            """,
        version: Version.text,
        subcommands: [
            InitCommand.self, CheckCommand.self, PreviewCommand.self, SendTestCommand.self, RunCommand.self,
            ScheduleCommand.self, CampaignCommand.self, JourneyCommand.self, CalendarCommand.self,
            StatusCommand.self, PauseCommand.self, ResumeCommand.self, CancelCommand.self, SetCommand.self,
            StopAllCommand.self, ResumeAllCommand.self,
            DeliveriesCommand.self, RetryCommand.self, ReportCommand.self, PruneCommand.self, BackupCommand.self,
            RestoreCommand.self, RetentionCommand.self, AudienceCommand.self, SuppressCommand.self,
            WebhookCommand.self, KeyCommand.self, AuditCommand.self, ServeCommand.self, ListenCommand.self,
            SchemaCommand.self,
        ]
    )

    /// Runs the command that the arguments name. Wrong usage ends with 2, as a shell's own commands do, not with the
    /// parser's 64.
    static func main() async {
        StandardDescriptors.openMissing()
        let arguments = Array(CommandLine.arguments.dropFirst())
        let screen = Screen(format: LogOptions.format(beforeParsing: arguments))
        do {
            for warning in Environment.warnings { screen.say(.warning, warning, prefix: "warning: ") }
            refuseUnknownHelp(screen)
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            screen.say(.error, screen.format == .json ? message(for: error) : fullMessage(for: error))
            if let advice = CommandAdvice(arguments).text { screen.say(.notice, advice) }
            exit(withError: ExitCode.invalid)
        }
    }
}

extension FanfareCommand {
    /// Ends with 2 when help with an unknown command is asked for.
    private static func refuseUnknownHelp(_ screen: Screen) {
        guard let problem = CommandAdvice(Array(CommandLine.arguments.dropFirst())).problemOfHelp else { return }
        screen.say(.error, problem)
        exit(withError: ExitCode.invalid)
    }
}

/// What `--version` prints.
enum Version {
    static let number = "0.1.0"

    static var text: String {
        "fanfare \(number) (libcurl \(TransportVersions.libcurl), \(TransportVersions.tls), "
            + "SQLite \(StoreVersions.sqlite))"
    }
}
