import ArgumentParser
import Fanfare

/// `fanfare audience segment test NAME --contact EMAIL`.
struct SegmentTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Says which conditions of a segment one contact meets, and which not.",
        discussion: """
            Ends with 0 when the contact is in the segment, with 3 when it is not.

            Examples:
              fanfare audience segment test customers --contact ada@example.com --segment loyal
              fanfare audience segment test customers --contact ada@example.com --job black-friday.yaml
            """
    )

    private struct Result: Encodable {
        struct Condition: Encodable {
            let condition: String
            let met: Bool
            let value: String?
        }
        let contact: String
        let status: String
        let member: Bool
        let match: String
        let conditions: [Condition]
    }

    @Argument(help: "The audience's name or id.", completion: Completions.audiences)
    var name: String
    @Option(help: "The contact's address.")
    var contact: String
    @OptionGroup var selection: SelectionOptions
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await reportingFailures {
            let audience = try Installation.read(data.directory).openAudience(named: name, makesIt: false)
            let definition = try audience.definition(of: selection.part)
            guard let explanation = try audience.explain(definition, email: contact) else {
                throw AudienceError(.unknownContact, "\(name) has no contact \(contact)")
            }
            print(output.json ? try json(explanation) : text(explanation))
            if !explanation.isMember { throw ExitCode.finishedWithFailures }
        }
    }

    private func json(_ explanation: SegmentExplanation) throws -> String {
        let conditions = explanation.conditions.map { condition in
            Result.Condition(
                condition: SegmentPrinter.text(condition.definition),
                met: condition.isMet,
                value: condition.value
            )
        }
        return try JSONLine.text(
            Result(
                contact: contact,
                status: explanation.status.rawValue,
                member: explanation.isMember,
                match: explanation.match.rawValue,
                conditions: conditions
            )
        )
    }

    private func text(_ explanation: SegmentExplanation) -> String {
        let verdict = explanation.isMember ? "is in the segment" : "is not in the segment"
        let conjunction = explanation.match == .all ? "all must be met" : "one is enough"
        var lines = ["\(contact) \(verdict) (\(conjunction))"]
        for condition in explanation.conditions {
            let seen = condition.value.map { "\"\($0)\"" } ?? "nothing"
            let mark = condition.isMet ? "met     " : "not met "
            lines.append("  \(mark) \(SegmentPrinter.text(condition.definition)): the contact has \(seen)")
        }
        if explanation.status != .subscribed {
            lines.append(
                "note: the contact is \(explanation.status.rawValue): only jobs that name this status reach it"
            )
        }
        return lines.joined(separator: "\n")
    }
}
