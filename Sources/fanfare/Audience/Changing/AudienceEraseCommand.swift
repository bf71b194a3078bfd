import ArgumentParser
import Fanfare

/// `fanfare audience erase NAME EMAIL`.
struct AudienceEraseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase",
        abstract: "Deletes one contact for good; its address is never contacted again.",
        discussion: """
            The contact, its entries in the change log, the bodies of its webhooks, and what receivers answered for it \
            are overwritten; counts of deliveries stay. Its address goes on the suppression list, where it is known by a \
            keyed hash alone: no import takes it again. What is in flight cannot be called back, and is forgotten when \
            it has ended. Backups, contact files and exports that were made before are not touched.

            Examples:
              fanfare audience erase customers ada@example.com
            """
    )

    @OptionGroup var contact: ContactArguments

    func run() async throws {
        try await reportingFailures {
            let order = ContactOrder(audience: contact.name, edit: .init(.address(contact.address), .mustExist))
            let answer = try await ControlLink(dataDirectory: contact.data.directory)
                .ask(ControlRequest(.erase, contact: order))
            if let refusal = answer.refusal {
                Terminal.standardError.line("fanfare: \(answer.message)")
                throw refusal == .invalid ? ExitCode.invalid : ExitCode.agentError
            }
            if contact.output.json {
                return print(try JSONLine.text(["audience": contact.name, "result": answer.message]))
            }
            print("\(contact.address): \(answer.message)")
        }
    }
}
