public import ArgumentParser
public import Fanfare
import Foundation

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

    @Argument(help: "The name of a fan-out.")
    var name: String
    @Option(
        name: .customLong("state"),
        help: ArgumentHelp("Only deliveries in this state; can be given again.", valueName: "state")
    )
    var states: [DeliveryState] = []
    @Option(help: "How to print: table, csv or jsonl.")
    var format = Format.table
    @OptionGroup var data: DataOptions

    func run() async throws {
        try await reportingFailures {
            let installation = try Installation.read(data.directory)
            let record = try installation.fanOutRecords(named: name)[0]
            guard record.state.isFrozen else {
                throw JobRunError(.unknownFanOut, "\(name) has no deliveries yet: it is \(record.state.rawValue)")
            }
            let listing = DeliveryListing(
                ledger: installation.ledger(of: record),
                audienceFile: installation.directory.audiencePath(record.audience),
                ids: installation.deliveryIDs(of: record)
            )
            var printer = DeliveryPrinter(format: format)
            printer.begin()
            try listing.forEachPage(in: Set(states)) { page in
                for row in page { try printer.print(row) }
            }
            printer.end()
        }
    }
}

extension DeliveryState: ExpressibleByArgument {
    /// By its name, for example `in_flight`.
    public init?(argument: String) { self.init(name: argument) }

    /// What `--state` accepts.
    public static var allValueStrings: [String] { allCases.map(\.name) }
}
