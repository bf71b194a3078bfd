import ArgumentParser
import Fanfare

/// `fanfare audience show NAME`.
struct AudienceShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows an audience's contacts by status, its fields, tags and segments; or one contact.",
        discussion: "Examples:\n  fanfare audience show customers\n  fanfare audience show customers --contact a@b.com"
    )

    @Argument(help: "The audience's name or id.", completion: Completions.audiences)
    var name: String
    @Option(help: "The address of one contact to show instead.")
    var contact: String?
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await reportingFailures {
            let installation = try Installation.read(data.directory)
            let entry = try installation.audiences.audience(named: name)
            guard let contact else {
                let text = try AudienceText(entry, installation)
                return print(output.json ? try text.json : text.page)
            }
            let audience = try installation.openAudience(named: name, makesIt: false)
            guard let found = try audience.contact(email: contact) else {
                throw AudienceError(.unknownContact, "\(name) has no contact \(contact)")
            }
            print(output.json ? try ContactText(found).json : ContactText(found).page)
        }
    }
}
