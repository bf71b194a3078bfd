import ArgumentParser
import Fanfare

/// `fanfare audience import FILE --name NAME`.
struct AudienceImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Reads a contact file into a stored audience.",
        discussion: """
            Reads CSV, Mailchimp's contact export (CSV, or the zip of files by status) and JSON Lines. A contact that \
            is there already is updated; nobody who unsubscribed is subscribed again without --resubscribe. Webhooks \
            are told nothing of it without --fire-webhooks; of what a job imports they are never told.

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
    @Flag(help: "Tell webhooks of what the file changes, as of changes one by one; the next fanfare serve does.")
    var fireWebhooks = false
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await reportingFailures {
            let installation = try Installation.own(data.directory)
            let audience = try installation.openAudience(named: name, makesIt: true)
            var options = ImportOptions(maxRejects: maxRejects, rejectsPath: rejects, resubscribe: resubscribe)
            options.notesChanges = fireWebhooks
            for column in columns { options.columns[column.header] = column.spec }
            let console = RunConsole(name: name, json: output.json)
            let summary = try audience.importContacts(from: file, options: options) { progress in
                console.importing(progress)
                return true
            }
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
