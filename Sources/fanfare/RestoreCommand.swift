import ArgumentParser
import Fanfare
import Foundation

/// `fanfare restore FOLDER --data NEW`.
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Makes a new data directory of a backup; nothing is sent before you say so.",
        discussion: """
            Every file is held against its checksum and checked whole; a backup that is damaged or not whole is refused \
            by the file's name. What the installation has sent since the backup was made nobody knows, so every \
            unfinished fan-out is paused, and what was under way is uncertain: look with fanfare deliveries NAME \
            --state uncertain, then fanfare resume NAME. Webhooks of audiences stand still until fanfare webhook resume \
            --uncertain resend, or leave. What was there keeps its ids, so that a receiver that keeps them drops what \
            it has had; new runs and events have ids of their own. API keys stay valid. Contacts that were erased since \
            the backup are there again.

            Example:
              fanfare restore /backups/fanfare-monday --data /var/lib/fanfare-restored
            """
    )

    @Argument(help: "The backup's folder.", completion: .directory)
    var folder: String
    @Option(help: ArgumentHelp("The key file, for a backup without one.", valueName: "file"), completion: .file())
    var key: String?
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await reportingFailures {
            let screen = CopyProgress(isShown: !output.json)
            let summary = try Restore.run(from: folder, into: data.directory, key: key) { screen.show($0) }
            screen.clear()
            if output.json { return print(try JSONLine.text(summary)) }
            print(Self.text(summary, hint: data.hint))
        }
    }

    private static func text(_ summary: Restore.Summary, hint: String) -> String {
        var lines = [
            "\(summary.data): \(HumanText.count(summary.files, "file")) restored, as of "
                + HumanText.moment(summary.madeAt)
        ]
        for name in summary.paused { lines.append("  \(name) is paused: fanfare resume \(name.quotedForShell)\(hint)") }
        if summary.uncertainDeliveries > 0 {
            let count = HumanText.count(summary.uncertainDeliveries, "delivery", plural: "deliveries")
            lines.append(
                "  \(count) may have been sent, and count as uncertain: once resumed they are left, and sent again by "
                    + "fanfare retry NAME --uncertain\(hint)"
            )
        }
        if summary.uncertainEvents > 0 {
            let count = HumanText.count(summary.uncertainEvents, "webhook")
            lines.append("  \(count) may have been sent since the backup, and count as uncertain")
        }
        guard summary.holdsWebhooks else { return lines.joined(separator: "\n") }
        lines.append("  webhooks of audiences stand still: fanfare webhook resume --uncertain resend|leave\(hint)")
        return lines.joined(separator: "\n")
    }
}
