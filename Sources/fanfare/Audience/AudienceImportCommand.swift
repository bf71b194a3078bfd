import ArgumentParser
import Fanfare
import Foundation

/// `fanfare audience import FILE --name NAME`.
struct AudienceImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Reads a contact file into a stored audience.",
        discussion: """
            Reads CSV, Mailchimp's contact export (CSV, or the zip of files by status) and JSON Lines. A contact that \
            is there already is updated; nobody who unsubscribed is subscribed again without --resubscribe. Webhooks \
            are told nothing of it without --fire-webhooks; of what a job imports they are never told.

            Where fanfare serve owns the data directory it is serve that reads the file and writes the rejected rows, as its \
            user may; the file then has to be a plain one. Ctrl-C stops an import after some thousand rows; what was \
            imported stays, and the same command goes on.

            Examples:
              fanfare audience import contacts.csv --name customers
              fanfare audience import audience_export.zip --name customers
              fanfare audience import crm.csv --name customers --column "Points=SCORE:number"
            """
    )

    @Argument(help: "The contact file: .csv, .zip or .jsonl.", completion: Completions.contacts)
    var file: String
    @Option(help: "The audience; made when there is none of that name.")
    var name: String
    @Option(
        name: .customLong("column"),
        help: ArgumentHelp(
            "What a column is, where its header does not say it; can be given again.",
            valueName: "header=tag[:type]"
        ),
        transform: ColumnChoice.init
    )
    var columns: [ColumnChoice] = []
    @Option(
        help: ArgumentHelp(
            "Rows that may be rejected before the import gives up; any number unless given.",
            valueName: "rows"
        )
    )
    var maxRejects: Int?
    @Option(help: ArgumentHelp("Where rejected rows are written, as CSV.", valueName: "file"))
    var rejects: String?
    @Flag(help: "Let the file turn unsubscribed and cleaned contacts into subscribed ones.")
    var resubscribe = false
    @Flag(help: "Tell webhooks of what the file changes, as of changes one by one; fanfare serve does, or the next.")
    var fireWebhooks = false
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await reportingFailures {
            let interruption = Interruption()
            let console = RunConsole(name: name, json: output.json)
            let installation: Installation
            do {
                installation = try Installation.own(data.directory)
            } catch let owned as StoreError where owned.code == .inUse {
                let view = HandedImportView(data: data.directory, console: console, interruption: interruption)
                guard let handed = try await view.handOver(order()) else { throw owned }
                return try show(try await view.follow(handed), console)
            }
            try show(try importHere(installation, console, interruption), console)
        }
    }

    private func importHere(
        _ installation: Installation,
        _ console: RunConsole,
        _ interruption: Interruption
    ) throws -> ImportSummary {
        let audience = try installation.openAudience(named: name, makesIt: true)
        var options = ImportOptions(maxRejects: maxRejects, rejectsPath: rejects, resubscribe: resubscribe)
        options.notesChanges = fireWebhooks
        for column in columns { options.columns[column.header] = column.spec }
        try installation.note(AuditEntry(byCommand: "import", object: "audience \(name)"))
        do throws(AudienceError) {
            return try audience.importContacts(from: file, options: options) { progress in
                console.importing(progress)
                return !interruption.isRequested
            }
        } catch {
            if error.code == .cancelled { throw console.importLeft() }
            throw error
        }
    }

    /// The import, for a daemon to do.
    ///
    /// - Throws: `ValidationError` for a file that another process cannot open by its name.
    private func order() throws -> ImportOrder {
        let path = Self.wholePath(file)
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let isDescriptor = ["/dev/", "/proc/"].contains { path.hasPrefix($0) || target.hasPrefix($0) }
        let kind =
            FileManager.default.fileExists(atPath: target)
            ? try FileManager.default.attributesOfItem(atPath: target)[.type] as? FileAttributeType : .typeRegular
        guard !isDescriptor, kind == .typeRegular else {
            throw ValidationError("\(file) is no plain file: only such a one can be handed over to fanfare serve")
        }
        var order = ImportOrder(audience: name, file: path, fileName: file)
        for column in columns { order.columns[column.header] = column.spec }
        (order.maxRejects, order.rejects) = (maxRejects, rejects.map(Self.wholePath))
        (order.resubscribes, order.firesWebhooks) = (resubscribe, fireWebhooks)
        return order
    }

    private static func wholePath(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }

    private func show(_ summary: ImportSummary, _ console: RunConsole) throws {
        console.imported(summary, rejects: rejects)
        let shown = summary.rejects.prefix(5)
        for reject in shown { Terminal.standardError.line("  \(reject.text)") }
        if summary.rejected > shown.count {
            let rest = HumanText.count(Int64(summary.rejected - shown.count))
            Terminal.standardError.line(
                "  … and \(rest) more" + (rejects == nil ? "; --rejects FILE keeps all" : "")
            )
        }
        if output.json { print(try AudienceText.json(summary)) }
    }
}

/// `--column "Points=SCORE:number"`.
struct ColumnChoice {
    let header: String
    let spec: ColumnSpec

    init(_ text: String) throws {
        let accepted = MergeField.Kind.allCases.map(\.rawValue).joined(separator: ", ")
        guard let equals = text.lastIndex(of: "="), equals != text.startIndex else {
            throw ValidationError("write HEADER=TAG or HEADER=TAG:TYPE, TYPE one of \(accepted)")
        }
        header = String(text[..<equals])
        let parts = text[text.index(after: equals)...].split(separator: ":", omittingEmptySubsequences: false)
        let kind = parts.count == 2 ? MergeField.Kind(rawValue: String(parts[1])) : nil
        guard !parts[0].isEmpty, parts.count == 1 || (parts.count == 2 && kind != nil) else {
            throw ValidationError("the type must be one of \(accepted)")
        }
        spec = ColumnSpec(tag: String(parts[0]), kind: kind)
    }
}
