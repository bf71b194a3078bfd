import ArgumentParser
import Fanfare

/// `fanfare audit`.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Lists who changed what: requests of the HTTP interface, and orders of commands.",
        discussion: """
            Each entry names a key's id, the command line or an operator who asked the interface by a command, what was \
            asked for, of which object, and what came of it; never a value or an address. Entries are kept for \(AuditLog.keptDays) days.

            Examples:
              fanfare audit
              fanfare audit --by 5a3f0c1b2e --limit 1000 --json
            """
    )

    @Option(
        help: ArgumentHelp(
            "Only what was changed by that: a key's id, \"operator NAME\", or \"command line\".",
            valueName: "who"
        )
    )
    var by: String?
    @Option(help: ArgumentHelp("The newest entries, so many at most, 1 … 100000.", valueName: "count"))
    var limit = 100
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    private struct Line: Encodable {
        let time: Int64
        let by: String
        let action: String
        let object: String
        let result: String
    }

    func validate() throws {
        guard (1...100_000).contains(limit) else {
            throw ValidationError("--limit: \(limit) is not within 1 … 100000")
        }
    }

    func run() async throws {
        try await reportingFailures {
            let installation = try Installation.read(data.directory)
            let entries = try AuditLog.entries(in: installation.catalogue, actor: by, limit: limit)
            if entries.isEmpty, !output.json { print("nothing was changed yet") }
            for entry in entries {
                if output.json {
                    let line = Line(
                        time: entry.time,
                        by: entry.actor,
                        action: entry.action,
                        object: entry.object,
                        result: entry.result
                    )
                    print(try JSONLine.text(line))
                } else {
                    let object = entry.object.isEmpty ? "" : "  \(VisibleText.text(entry.object))"
                    print("\(HumanText.moment(entry.time))  \(entry.actor)  \(entry.action)\(object)  \(entry.result)")
                }
            }
        }
    }
}
