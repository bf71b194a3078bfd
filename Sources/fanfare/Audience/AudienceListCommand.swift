import ArgumentParser
import Fanfare

/// `fanfare audience list`.
struct AudienceListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the stored audiences, and those that jobs brought with them.",
        discussion: "Examples:\n  fanfare audience list\n  fanfare audience list --json"
    )

    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await reportingFailures {
            let installation = try Installation.read(data.directory)
            let entries = try installation.audiences.all()
            if entries.isEmpty, !output.json {
                return print("No audiences yet. Begin with: fanfare audience import FILE --name NAME")
            }
            for entry in entries {
                let text = try AudienceText(entry, installation)
                print(output.json ? try text.json : text.line)
            }
        }
    }
}
