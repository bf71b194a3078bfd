import ArgumentParser
import Fanfare
import Foundation

/// `fanfare backup FOLDER`.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copies the data directory as it stands at one moment, also while it is in use.",
        discussion: """
            Writers are held up for some milliseconds; the copies are made afterwards, and each is read once more and \
            checked. The folder holds all audiences, change logs, ledgers and settings, and the key file: what it takes \
            to send goes with it, so guard it as the data directory itself. With --without-key the key stays out: \
            passwords and signing secrets that were given inline cannot be read from it then, and a restore wants the \
            key file from elsewhere. Job files, contact files, certificates, and secrets that a job takes from the \
            environment or from files are not in it.

            A backup that was interrupted has no backup.json, and is refused by restore. Copies are made by the process \
            that owns the data directory, if one does; they go on there when this command is ended.

            Examples:
              fanfare backup /backups/fanfare-monday
              fanfare backup /backups/fanfare-monday --without-key
            """
    )

    @Argument(help: "The folder; made, or there already and empty.", completion: .directory)
    var folder: String
    @Flag(help: "Leave out the key that sealed secrets open with.")
    var withoutKey = false
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if folder.isEmpty { throw ValidationError("the folder's path is empty") }
    }

    func run() async throws {
        try await reportingFailures {
            let place = URL(fileURLWithPath: folder).standardizedFileURL.path
            let order = BackupOrder(folder: place, withKey: !withoutKey)
            let screen = CopyProgress(isShown: !output.json)
            let summary = try await ControlLink(dataDirectory: data.directory).backUp(order) { screen.show($0) }
            screen.clear()
            if output.json { return print(try JSONLine.text(summary)) }
            let key = summary.hasKey ? "with the key" : "without the key"
            print(
                "\(folder): \(HumanText.count(summary.files, "file")), \(HumanText.size(summary.bytes)), \(key); "
                    + "as of \(HumanText.moment(summary.madeAt))"
            )
        }
    }
}

/// One line that tells how far a copy is, on a terminal.
struct CopyProgress {
    let isShown: Bool
    private let terminal = Terminal.standardError

    init(isShown: Bool) { self.isShown = isShown }

    func show(_ progress: BackupProgress) {
        guard isShown, terminal.isInteractive, progress.bytes > 0 else { return }
        let share = min(100, 100 * progress.bytesDone / progress.bytes)
        terminal.overwrite(
            "\(share) %, \(progress.filesDone) of \(HumanText.count(progress.files, "file")), "
                + "\(HumanText.size(progress.bytesDone)) of \(HumanText.size(progress.bytes))"
        )
    }

    func clear() { if isShown, terminal.isInteractive { terminal.overwrite("") } }
}
