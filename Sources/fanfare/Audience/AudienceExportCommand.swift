public import ArgumentParser
public import Fanfare
import Foundation

/// `fanfare audience export NAME`.
struct AudienceExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes an audience's contacts as CSV or JSON Lines, as `audience import` reads them.",
        discussion: """
            The CSV is Mailchimp's contact export with the columns STATUS, LANGUAGE, VIP and SOURCE added; the JSON \
            Lines are members of its API. Cells are written as they are, but for one that begins with + and a digit: as in \
            Mailchimp's export an apostrophe stands before it, which the import takes away again. A spreadsheet may take \
            a cell that begins with =, -, @ or another + for a formula.

            Examples:
              fanfare audience export customers --output customers.csv
              fanfare audience export customers --tag vip --status subscribed --field FNAME --field PHONE
              fanfare audience export customers --format jsonl | gzip > customers.jsonl.gz
            """
    )

    @Argument(help: "The audience's name or id.", completion: Completions.audiences)
    var name: String
    @Option(name: .customLong("format"), help: "How to write: csv or jsonl. (default: as --output ends, else csv)")
    var givenFormat: ExportOptions.Format?
    @Option(
        help: ArgumentHelp(
            "The file to write, for its owner's eyes alone; standard output unless given.",
            valueName: "file"
        )
    )
    var output: String?
    @OptionGroup var selection: SelectionOptions
    @Option(
        name: .customLong("status"),
        help: ArgumentHelp("Only contacts with this status; can be given again.", valueName: "status")
    )
    var statuses: [ContactStatus] = []
    @Option(
        name: .customLong("field"),
        help: ArgumentHelp("Only this merge field; can be given again. All unless given.", valueName: "tag")
    )
    var fields: [String] = []
    @OptionGroup var data: DataOptions

    private var format: ExportOptions.Format {
        givenFormat ?? (output?.hasSuffix(".jsonl") == true ? .jsonl : .csv)
    }

    func run() async throws {
        try await reportingFailures {
            let installation = try Installation.read(data.directory)
            let audience = try installation.openAudience(named: name, makesIt: false)
            var options = ExportOptions(format: format, part: try selection.part)
            if !statuses.isEmpty { options.statuses = Set(statuses) }
            if !fields.isEmpty { options.fields = fields }
            guard let output else {
                let stream = OutputStream()
                try audience.exportContacts(options) { try stream.write($0) }
                return try stream.flush()
            }
            let file = try AtomicFile(path: output)
            let count = try audience.exportContacts(options) { try file.write($0) }
            try file.commit()
            Terminal.standardError.line("Wrote \(HumanText.count(count, "contact")) to \(output).")
            let typed = try audience.fields().filter { $0.kind != .text && (fields.isEmpty || fields.contains($0.tag)) }
            if format == .csv, !typed.isEmpty {
                let columns = typed.map { " --column \("\($0.name)=\($0.tag):\($0.kind.rawValue)".quotedForShell)" }
                Terminal.standardError.line("Types are not part of it; to import it as it was:\(columns.joined())")
            }
        }
    }
}

extension ExportOptions.Format: ExpressibleByArgument {}
extension ContactStatus: ExpressibleByArgument {}
