import ArgumentParser

/// `fanfare audience …`.
struct AudienceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audience",
        abstract: "Imports contacts into stored audiences, looks at them, tries segments, and exports.",
        discussion: """
            Examples:
              fanfare audience import contacts.csv --name customers
              fanfare audience segment test customers --contact ada@example.com --job black-friday.yaml
              fanfare audience export customers --output customers.csv
            """,
        subcommands: [
            AudienceImportCommand.self, AudienceListCommand.self, AudienceShowCommand.self,
            AudienceExportCommand.self, SegmentCommand.self,
        ]
    )
}
