import ArgumentParser
import Fanfare
import Foundation

/// `fanfare webhook log ID`.
struct WebhookLogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "Lists what a webhook was sent, the newest first: of whom, when, and what became of it.",
        discussion: """
            It works beside fanfare serve and without it, and for a webhook that was deleted too. With --contact every \
            attempt that is kept is shown: its time, and how the answer began.

            In CSV a cell that a spreadsheet would take for a formula begins with an apostrophe.

            Examples:
              fanfare webhook log 5a3f0c1b2e --limit 20
              fanfare webhook log 5a3f0c1b2e --state dead --since 2h
              fanfare webhook log 5a3f0c1b2e --contact ada@example.com
            """
    )

    @Argument(help: "The webhook's id, as fanfare webhook list shows it.")
    var id: String
    @Option(
        name: .customLong("state"),
        help: ArgumentHelp("Only deliveries in this state; can be given again.", valueName: "state")
    )
    var states: [DeliveryState] = []
    @OptionGroup var filter: DeliveryFilterOptions
    @Option(help: ArgumentHelp("At most so many.", valueName: "count"))
    var limit: Int?
    @Option(help: ArgumentHelp("Only those before this number: the next page.", valueName: "number"))
    var before: Int64?
    @OptionGroup var printing: ListFormatOptions
    @OptionGroup var data: DataOptions

    /// Events that are read at a time.
    private static let pageSize = 1000

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit: \(limit) is less than 1") }
        if let before, before < 1 { throw ValidationError("--before: \(before) is less than 1") }
    }

    func run() async throws {
        try await reportingFailures {
            let installation = try Installation.read(data.directory)
            let audience = try audience(in: installation)
            var printer = EventPrinter(format: printing.format)
            try printer.begin()
            var filter = filter.filter(Set(states))
            if let contact = self.filter.contact {
                guard let key = try installation.contactKey(of: contact, in: audience) else {
                    throw AudienceError(.unknownContact, "the audience has no contact \(contact)")
                }
                filter.contact = key
            }
            try print(EventQuery(endpoint: id, filter), installation.events(of: audience), &printer)
        }
    }

    private func print(_ query: EventQuery, _ listing: EventListing, _ printer: inout EventPrinter) throws {
        var (place, left) = (before, limit ?? .max)
        while left > 0, listing.exists {
            let size = min(left, Self.pageSize)
            let page = try listing.page(query, before: place, limit: size)
            for row in page {
                try printer.print(row, history: filter.contact == nil ? nil : listing.attempts(of: row.number))
            }
            // Whoever waits for the first page has it at once, however rare the next ones are.
            try printer.flush()
            guard page.count == size, let last = page.last?.number else { return }
            (place, left) = (last, left - size)
        }
        if let place, limit != nil { Terminal.standardError.line("There may be more: the same with --before \(place)") }
    }

    /// The audience whose ledger has the webhook's events.
    private func audience(in installation: Installation) throws -> String {
        let audiences = try installation.audiences.all().map(\.id)
        for audience in audiences {
            let webhooks = try AudienceWebhookCatalogue.read(installation.catalogue, of: audience)
            if webhooks.contains(where: { $0.id == id }) { return audience }
        }
        // It may have been deleted since.
        for audience in audiences {
            let listing = installation.events(of: audience)
            if listing.exists, try !listing.page(EventQuery(endpoint: id), limit: 1).isEmpty { return audience }
        }
        throw WebhookError.unknown(id)
    }
}
