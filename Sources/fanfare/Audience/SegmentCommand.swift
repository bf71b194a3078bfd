import ArgumentParser
import Fanfare

/// `fanfare audience segment …`.
struct SegmentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "segment",
        abstract: "Counts, tries, saves and lists segments of a stored audience.",
        discussion: """
            A segment is {match: all, conditions: [...]}, or any; a condition has a field, an op and mostly a value, as \
            Mailchimp's have, and a group {match: any, conditions: [...]} may stand for one. What a field takes is \
            said when its op is missing: {conditions: [{field: SCORE}]}.

            Examples:
              fanfare audience segment count customers --job black-friday.yaml
              fanfare audience segment test customers --contact ada@example.com --segment loyal
              fanfare audience segment save customers loyal --segment '{conditions: [{field: SCORE, op: greater, value: 9}]}'
            """,
        subcommands: [
            SegmentCountCommand.self, SegmentTestCommand.self, SegmentSaveCommand.self, SegmentListCommand.self,
            SegmentDeleteCommand.self,
        ]
    )
}

/// `fanfare audience segment count NAME`.
struct SegmentCountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "count",
        abstract: "Counts the contacts of a segment, a tag or a job's selection, by status.",
        discussion: "Example:\n  fanfare audience segment count customers --segment loyal"
    )

    @Argument(help: "The audience's name or id.", completion: Completions.audiences)
    var name: String
    @OptionGroup var selection: SelectionOptions
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await reportingFailures {
            let audience = try Installation.read(data.directory).openAudience(named: name, makesIt: false)
            let counts = try audience.countByStatus(selection.part)
            let named = Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, $0.value) })
            if output.json { return print(try JSONLine.text(named)) }
            print(HumanText.count(counts.values.reduce(0, +), "contact"))
            for (status, count) in named.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
                print("  \(status) \(HumanText.count(Int64(count)))")
            }
        }
    }
}

/// `fanfare audience segment save NAME SEGMENT`.
struct SegmentSaveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "save",
        abstract: "Keeps a segment under a name, in the place of one of that name.",
        discussion: """
            Example:
              fanfare audience segment save customers loyal --segment '{conditions: [{field: SCORE, op: greater, value: 9}]}'
            """
    )

    @Argument(help: "The audience's name or id.", completion: Completions.audiences)
    var name: String
    @Argument(help: "The segment's name.")
    var segment: String
    @OptionGroup var selection: SelectionOptions
    @OptionGroup var data: DataOptions

    func run() async throws {
        try await reportingFailures {
            let audience = try Installation.own(data.directory).openAudience(named: name, makesIt: false)
            try audience.saveSegment(audience.definition(of: selection.part), named: segment)
            let count = try audience.count(RecipientSelection(.savedSegment(segment)))
            Terminal.standardError.line("Saved; it has \(HumanText.count(count, "subscribed contact")).")
        }
    }
}

/// `fanfare audience segment list NAME`.
struct SegmentListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the saved segments with their conditions.",
        discussion: "Example:\n  fanfare audience segment list customers"
    )

    @Argument(help: "The audience's name or id.", completion: Completions.audiences)
    var name: String
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await reportingFailures {
            let audience = try Installation.read(data.directory).openAudience(named: name, makesIt: false)
            let names = try audience.savedSegments()
            if names.isEmpty, !output.json { return print("No saved segments yet: fanfare audience segment save") }
            for name in names {
                let text = SegmentPrinter(try audience.savedSegment(named: name), name: name)
                print(output.json ? try JSONLine.text(text) : text.lines.joined(separator: "\n"))
            }
        }
    }
}

/// `fanfare audience segment delete NAME SEGMENT`.
struct SegmentDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Forgets a saved segment; its contacts stay.",
        discussion: "Example:\n  fanfare audience segment delete customers loyal"
    )

    @Argument(help: "The audience's name or id.", completion: Completions.audiences)
    var name: String
    @Argument(help: "The segment's name.")
    var segment: String
    @OptionGroup var data: DataOptions

    func run() async throws {
        try await reportingFailures {
            let audience = try Installation.own(data.directory).openAudience(named: name, makesIt: false)
            try audience.deleteSavedSegment(named: segment)
            Terminal.standardError.line("Deleted.")
        }
    }
}
