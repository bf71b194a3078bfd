import ArgumentParser

/// `fanfare audience …`.
struct AudienceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audience",
        abstract: "Imports contacts into stored audiences, looks at them, changes single ones, and exports.",
        discussion: """
            Examples:
              fanfare audience import contacts.csv --name customers
              fanfare audience add customers ada@example.com --field FNAME=Ada --tag vip
              fanfare audience segment test customers --contact ada@example.com --job black-friday.yaml
              fanfare audience export customers --output customers.csv
            """,
        subcommands: [
            AudienceImportCommand.self, AudienceListCommand.self, AudienceShowCommand.self,
            AudienceAddCommand.self, AudienceSetCommand.self, AudienceTagCommand.self, AudienceUntagCommand.self,
            AudienceUnsubscribeCommand.self, AudienceDeleteCommand.self, AudienceEraseCommand.self,
            AudienceExportCommand.self, SegmentCommand.self,
        ]
    )
}
