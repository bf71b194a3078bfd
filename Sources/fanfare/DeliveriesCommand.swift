public import ArgumentParser
public import Fanfare

/// `fanfare deliveries NAME`.
struct DeliveriesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deliveries",
        abstract: "Lists the deliveries of a fan-out: who got it, who did not, and why.",
        discussion: """
            Examples:
              fanfare deliveries black-friday --state dead
              fanfare deliveries black-friday --state uncertain --format jsonl
            """
    )

    enum Format: String, ExpressibleByArgument, CaseIterable { case table, csv, jsonl }

    @Argument(help: "The name of a fan-out.", completion: Completions.fanOuts)
    var name: String
    @Option(
        name: .customLong("state"),
        help: ArgumentHelp("Only deliveries in this state; can be given again.", valueName: "state")
    )
    var states: [DeliveryState] = []
    @Option(name: .customLong("format"), help: "How to print: table, csv or jsonl. (default: table)")
    var givenFormat: Format?
    @Flag(help: "Print JSON, one object a line: the same as --format jsonl.")
    var json = false
    @OptionGroup var data: DataOptions

    func validate() throws {
        if json, let givenFormat, givenFormat != .jsonl {
            throw ValidationError("--json and --format \(givenFormat.rawValue) exclude each other")
        }
    }

    func run() async throws {
        try await reportingFailures {
            let installation = try Installation.read(data.directory)
            let record = try installation.fanOutRecords(named: name)[0]
            guard record.state.isFrozen else {
                throw JobRunError(.unknownFanOut, "\(name) has no deliveries yet: it is \(record.state.rawValue)")
            }
            let listing = installation.listing(of: record)
            var printer = DeliveryPrinter(format: json ? .jsonl : givenFormat ?? .table)
            printer.begin()
            try listing.forEachPage(in: Set(states)) { page in
                for row in page { try printer.print(row) }
            }
            printer.end()
        }
    }
}

extension Installation {
    /// The deliveries of a fan-out whose set is frozen.
    func listing(of record: FanOutRecord) -> DeliveryListing {
        DeliveryListing(
            ledger: ledger(of: record),
            audienceFile: directory.audiencePath(record.audience),
            ids: deliveryIDs(of: record)
        )
    }
}

extension DeliveryState: ExpressibleByArgument {
    /// By its name, for example `in_flight`.
    public init?(argument: String) { self.init(name: argument) }

    /// What `--state` accepts.
    public static var allValueStrings: [String] { allCases.map(\.name) }
}
