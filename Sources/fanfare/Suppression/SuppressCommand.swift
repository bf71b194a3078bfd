import ArgumentParser

/// `fanfare suppress`.
struct SuppressCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suppress",
        abstract: "Keeps the list of addresses that are never contacted again.",
        discussion: """
            It holds for all audiences and jobs of the data directory: no import takes such an address, no run sends to \
            it, no webhook tells of it. Contacts that are there stay as they are. An address is known by a keyed hash \
            alone, so the list does not show who is on it. A contact that is deleted for good is put on it.
            """,
        subcommands: [
            SuppressAddCommand.self, SuppressRemoveCommand.self, SuppressImportCommand.self, SuppressListCommand.self,
        ]
    )
}
