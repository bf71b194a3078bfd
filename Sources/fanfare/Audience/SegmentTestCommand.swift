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
        try JSONLine.text(SegmentTestResult(contact, explanation))
    }

    private func text(_ explanation: SegmentExplanation) -> String {
        let verdict = explanation.isMember ? "is in the segment" : "is not in the segment"
        let lines = ["\(contact) \(verdict) (\(Self.conjunction(explanation.root)))"] + Self.lines(explanation.root)
        if explanation.status == .subscribed { return lines.joined(separator: "\n") }
        let note = "note: the contact is \(explanation.status.rawValue): only jobs that name this status reach it"
        return (lines + [note]).joined(separator: "\n")
    }

    /// One of each term; those of a group stand further in, below its own.
    private static func lines(_ group: SegmentExplanation.Group) -> [String] {
        group.terms.flatMap { term in
            switch term {
            case .condition(let condition):
                let seen = condition.value.map { "\"\($0)\"" } ?? "nothing"
                let text = SegmentPrinter.text(condition.definition)
                return ["  \(mark(condition.isMet)) \(text): the contact has \(seen)"]
            case .group(let group):
                return ["  \(mark(group.isMet)) a group (\(conjunction(group)))"] + lines(group).map { "  \($0)" }
            }
        }
    }

    private static func mark(_ isMet: Bool) -> String { isMet ? "met     " : "not met " }

    private static func conjunction(_ group: SegmentExplanation.Group) -> String {
        group.match == .all ? "all must be met" : "one is enough"
    }
}

/// What `--json` prints.
private struct SegmentTestResult: Encodable {
    /// A condition has a text and a value, a group a match and conditions.
    struct Term: Encodable {
        var condition: String?
        var value: String?
        var met: Bool
        var match: String?
        var conditions: [Term]?

        init(_ term: SegmentExplanation.Term) {
            switch term {
            case .condition(let tried):
                condition = SegmentPrinter.text(tried.definition)
                value = tried.value
                met = tried.isMet
            case .group(let group):
                match = group.match.rawValue
                met = group.isMet
                conditions = group.terms.map(Term.init)
            }
        }
    }

    let contact: String
    let status: String
    let member: Bool
    let match: String
    let conditions: [Term]

    init(_ contact: String, _ explanation: SegmentExplanation) {
        self.contact = contact
        status = explanation.status.rawValue
        member = explanation.isMember
        match = explanation.root.match.rawValue
        conditions = explanation.root.terms.map(Term.init)
    }
}
