import ArgumentParser
import Fanfare

/// `fanfare audience set NAME EMAIL`.
struct AudienceSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Changes one contact: values, groups, status, address.",
        discussion: """
            What is not named stays as it is.

            Examples:
              fanfare audience set customers ada@example.com --field SCORE=12 --field CITY=
              fanfare audience set customers ada@example.com --new-address ada@example.org
              fanfare audience set customers ada@example.com --leave-group "Interests=Music"
            """
    )

    @OptionGroup var contact: ContactArguments
    @OptionGroup var values: ValueOptions
    @Option(
        help: ArgumentHelp(
            "A group that the contact is in no longer. Can be given again.",
            valueName: "category=group"
        ),
        transform: Assignment.init
    )
    var leaveGroup: [Assignment] = []
    @Option(help: "Its status from now on.")
    var status: ContactStatus?
    @Option(help: ArgumentHelp("Its address from now on.", valueName: "address"))
    var newAddress: String?

    func run() async throws {
        try await reportingFailures {
            try await contact.perform(.mustExist) { edit, audience in
                edit.status = status
                edit.newAddress = newAddress
                try values.apply(to: &edit, in: audience)
                for group in leaveGroup {
                    edit.groups[try audience().group(named: group.value, in: group.name)] = false
                }
            } _: { _ in
                "changed"
            }
        }
    }
}
