import ArgumentParser
import Fanfare

/// Which contact of which audience, for the commands that change one.
struct ContactArguments: ParsableArguments {
    @Argument(help: "The audience's name or id.", completion: Completions.audiences)
    var name: String
    @Argument(help: "The contact's address.")
    var address: String
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    /// Has a change made as the team's, by the process that owns the data directory or else by this one, and says what
    /// it came to.
    ///
    /// - Parameters:
    ///   - presence: Whether the contact is there already.
    ///   - change: What is to be changed; it can look into the audience.
    ///   - done: What was done, for a person, as `added`.
    func perform(
        _ presence: ContactEdit.Presence,
        _ change: (inout ContactEdit, () throws -> Audience) throws -> Void,
        _ done: (EditOutcome) -> String
    ) async throws {
        var edit = ContactEdit(.address(address), presence)
        try change(&edit) { try Installation.read(data.directory).openAudience(named: name, makesIt: false) }
        let request = ControlRequest(.edit, contact: ContactOrder(audience: name, edit: edit))
        let answer = try await ControlLink(dataDirectory: data.directory).ask(request)
        guard let outcome = answer.contact, answer.refusal == nil else {
            Terminal.standardError.line("fanfare: \(answer.message)")
            throw answer.refusal == .invalid ? ExitCode.invalid : ExitCode.agentError
        }
        if output.json {
            let text = ContactChangeText(
                audience: name,
                contact: address,
                added: outcome.isNew,
                changed: outcome.hasChanged
            )
            return print(try JSONLine.text(text))
        }
        print(outcome.hasChanged ? "\(address): \(done(outcome))" : "\(address): nothing to change")
    }
}

private struct ContactChangeText: Encodable {
    let audience: String
    let contact: String
    let added: Bool
    let changed: Bool
}

/// Values and groups of a contact, for the commands that set them.
struct ValueOptions: ParsableArguments {
    @Option(
        name: .customLong("field"),
        help: ArgumentHelp(
            "A merge field's value; an empty one clears it. Can be given again.",
            valueName: "tag=value"
        ),
        transform: Assignment.init
    )
    var fields: [Assignment] = []
    @Option(
        name: .customLong("group"),
        help: ArgumentHelp("A group that the contact is in. Can be given again.", valueName: "category=group"),
        transform: Assignment.init
    )
    var groups: [Assignment] = []
    @Option(
        name: .customLong("tag"),
        help: ArgumentHelp("A tag, made when it is unknown. Can be given again.", valueName: "tag")
    )
    var tags: [String] = []
    @Option(help: ArgumentHelp("The language, as fr.", valueName: "code"))
    var language: String?

    func apply(to edit: inout ContactEdit, in audience: () throws -> Audience) throws {
        for field in fields { edit.fields[field.name] = field.value }
        for group in groups { edit.groups[try audience().group(named: group.value, in: group.name)] = true }
        edit.tags += tags.map { .init($0) }
        if let language { edit.details[.language] = language }
    }
}

/// `NAME=VALUE`.
struct Assignment {
    let name: String
    let value: String

    init(_ text: String) throws {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
            throw ValidationError("\"\(text)\" is not accepted; write NAME=VALUE")
        }
        name = String(text[..<equals])
        value = String(text[text.index(after: equals)...])
    }
}
