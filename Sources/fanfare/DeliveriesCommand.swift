public import ArgumentParser
public import Fanfare

/// `fanfare deliveries …`.
struct DeliveriesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deliveries",
        abstract: "Lists the deliveries of a fan-out: who got it, who did not, and why; or sends one again.",
        discussion: """
            Examples:
              fanfare deliveries black-friday --state dead
              fanfare deliveries black-friday --state dead --status 5xx --since 2h --limit 50
              fanfare deliveries black-friday --contact ada@example.com
              fanfare deliveries black-friday --state uncertain --format jsonl
              fanfare deliveries resend black-friday --contact ada@example.com

            All options of the list: fanfare deliveries list --help
            """,
        subcommands: [DeliveriesListCommand.self, ResendCommand.self],
        defaultSubcommand: DeliveriesListCommand.self
    )
}

/// `fanfare deliveries NAME`.
struct DeliveriesListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists deliveries in the order of the frozen set; what `fanfare deliveries NAME` does.",
        discussion: """
            With --contact every attempt that is kept of the delivery is shown: its times, and how the answer began.

            In CSV a cell that a spreadsheet would take for a formula begins with an apostrophe; in JSON everything \
            stands as it is.

            Examples:
              fanfare deliveries black-friday --state dead --reason timeout
              fanfare deliveries black-friday --run 1 --format csv > first-run.csv
              fanfare deliveries black-friday --limit 100 --after 2300
            """
    )

    @Argument(help: "The name of a fan-out.", completion: Completions.fanOuts)
    var name: String
    @Option(
        name: .customLong("state"),
        help: ArgumentHelp("Only deliveries in this state; can be given again.", valueName: "state")
    )
    var states: [DeliveryState] = []
    @OptionGroup var filter: DeliveryFilterOptions
    @Option(help: ArgumentHelp("Which run of that name. (default: the last)", valueName: "number"))
    var run: Int64?
    @Option(help: ArgumentHelp("At most so many.", valueName: "count"))
    var limit: Int?
    @Option(help: ArgumentHelp("Only those behind this place in the frozen set: the next page.", valueName: "place"))
    var after: Int64 = 0
    @OptionGroup var printing: ListFormatOptions
    @OptionGroup var data: DataOptions

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit: \(limit) is less than 1") }
        if after < 0 { throw ValidationError("--after: \(after) is less than 0") }
        if let run, run < 1 { throw ValidationError("--run: \(run) is less than 1") }
    }

    func run() async throws {
        try await reportingFailures {
            let installation = try Installation.read(data.directory)
            let record = try installation.fanOutRecord(named: name, run: run)
            guard record.state.isFrozen else {
                throw JobRunError(.unknownFanOut, "\(name) has no deliveries yet: it is \(record.state.rawValue)")
            }
            if record.prunedAt != nil { throw JobRunError.pruned(record) }
            let listing = try installation.listing(of: record)
            let filter = try filter.filter(Set(states), record, installation)
            var printer = DeliveryPrinter(format: printing.format)
            try printer.begin()
            var last = after
            let mayGoOn = try listing.forEachPage(filter, after: after, limit: limit ?? .max) { page in
                for row in page {
                    let history = filter.contact == nil ? nil : try listing.attempts(of: row.ordinal)
                    try printer.print(row, history: history)
                }
                // Whoever waits for the first page has it at once, however rare the next ones are.
                try printer.flush()
                last = page.last?.ordinal ?? last
            }
            try printer.flush()
            if limit != nil, mayGoOn { Terminal.standardError.line("There may be more: the same with --after \(last)") }
        }
    }
}

extension DeliveryState: ExpressibleByArgument {
    /// By its name, for example `in_flight`.
    public init?(argument: String) { self.init(name: argument) }

    /// What `--state` accepts.
    public static var allValueStrings: [String] { allCases.map(\.name) }
}
