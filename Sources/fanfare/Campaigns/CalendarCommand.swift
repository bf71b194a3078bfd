import ArgumentParser
import Fanfare
import Foundation

/// `fanfare calendar …`.
struct CalendarCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calendar",
        abstract: "Shows what is planned, goes on and is over; or makes links for calendar programs.",
        discussion: """
            Examples:
              fanfare calendar
              fanfare calendar --from 2026-12-01 --to 2027-01-01
              fanfare calendar feed create "Team calendar"

            All options of the list: fanfare calendar show --help
            """,
        subcommands: [CalendarShowCommand.self, CalendarFeedCommand.self],
        defaultSubcommand: CalendarShowCommand.self
    )
}

/// `fanfare calendar [show]`.
struct CalendarShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Lists touchpoints and fan-outs by their time; what `fanfare calendar` does.",
        discussion: "Example:\n  fanfare calendar show --from 2026-12-01 --to 2027-01-01"
    )

    /// Days that are shown unless told otherwise.
    private static let usual: Int64 = 31

    @Option(
        help: ArgumentHelp("From then on; today unless given. A day, a local time or ISO 8601.", valueName: "time"),
        transform: { try PointInTime.read($0) }
    )
    var from: Int64?
    @Option(
        help: ArgumentHelp("Before then; \(Self.usual) days later unless given.", valueName: "time"),
        transform: { try PointInTime.read($0) }
    )
    var to: Int64?
    @OptionGroup var interface: InterfaceOptions

    func run() async throws {
        let today = Int64(Calendar.current.startOfDay(for: .now).timeIntervalSince1970)
        let from = from ?? today
        let to = to ?? from + Self.usual * 86_400
        let query = [("from", HumanText.moment(from)), ("to", HumanText.moment(to))]
        try await interface.run("GET", ["calendar"], query: query) { calendar in
            let entries = calendar["entries"].items
            if entries.isEmpty { return "nothing is planned from \(HumanText.moment(from)) to \(HumanText.moment(to))" }
            var table = TextTable(["when", "minutes", "kind", "state", "campaign", "title"])
            for entry in entries {
                table.add(["local_time", "minutes", "kind", "state", "campaign_name", "title"].map { entry[$0].shown })
            }
            return table.text()
        }
    }
}

/// `fanfare calendar feed …`.
struct CalendarFeedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "feed",
        abstract: "Makes, lists and deletes links by which calendar programs subscribe to the calendar.",
        discussion: """
            Whoever has a link reads the calendar, 90 days back and 365 ahead, without a key.

            Example:
              fanfare calendar feed create "Team calendar"
            """,
        subcommands: [
            CalendarFeedCreateCommand.self, CalendarFeedListCommand.self, CalendarFeedDeleteCommand.self,
        ]
    )
}

/// `fanfare calendar feed create NAME`.
struct CalendarFeedCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Makes a link and prints it, once: only its hash is kept.",
        discussion: "Example:\n  fanfare calendar feed create \"Team calendar\""
    )

    @Argument(help: "What people call it.")
    var name: String
    @OptionGroup var interface: InterfaceOptions

    func run() async throws {
        try await interface.run("POST", ["calendar", "feeds"], InterfaceDocument(["name": .string(name)])) { feed in
            "\(feed["path"].shown)\n  below the address of fanfare serve, shown only now; its id is \(feed["id"].shown)"
        }
    }
}

/// `fanfare calendar feed list`.
struct CalendarFeedListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the links by their ids.",
        discussion: "Example:\n  fanfare calendar feed list"
    )

    @OptionGroup var interface: InterfaceOptions

    func run() async throws {
        try await interface.run("GET", ["calendar", "feeds"]) { answer in
            let feeds = answer["feeds"].items
            if feeds.isEmpty { return "there are no links; make one with: fanfare calendar feed create NAME" }
            var table = TextTable(["id", "made", "by", "name"])
            for feed in feeds { table.add(["id", "created_at", "created_by", "name"].map { feed[$0].shown }) }
            return table.text()
        }
    }
}

/// `fanfare calendar feed delete ID`.
struct CalendarFeedDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Ends the use of a link.",
        discussion: "Example:\n  fanfare calendar feed delete 5a3f0c1b2e"
    )

    @Argument(help: "The link's id, as fanfare calendar feed list shows it.")
    var id: String
    @OptionGroup var interface: InterfaceOptions

    func run() async throws {
        try await interface.run("DELETE", ["calendar", "feeds", id]) { _ in "\(id): deleted" }
    }
}
