import ArgumentParser
import Fanfare

/// `fanfare campaign …`.
struct CampaignCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "campaign",
        abstract: "Plans campaigns and their touchpoints; fanfare serve does what they say.",
        discussion: """
            A campaign has an audience and touchpoints: webhooks that are sent to it at a time, and tasks, events and notes \
            that stand beside them on the calendar.

            Examples:
              fanfare campaign create "Spring sale" --audience customers --objective "200 orders"
              fanfare campaign touchpoint add 5a3f0c1b2e --file early-access.yaml
              fanfare campaign touchpoint schedule 5a3f0c1b2e 0c1b2e5a3f
              fanfare campaign show 5a3f0c1b2e
            """,
        subcommands: [
            CampaignListCommand.self, CampaignShowCommand.self, CampaignCreateCommand.self, CampaignChangeCommand.self,
            CampaignDeleteCommand.self, TouchpointCommand.self,
        ]
    )
}

/// `fanfare campaign list`.
struct CampaignListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the campaigns, the newest first.",
        discussion: "Example:\n  fanfare campaign list"
    )

    @Option(help: ArgumentHelp("At most so many; 100 unless given.", valueName: "count"))
    var limit: Int?
    @OptionGroup var interface: InterfaceOptions

    func run() async throws {
        let query = limit.map { [("limit", String($0))] } ?? []
        try await interface.run("GET", ["campaigns"], query: query) { answer in
            let campaigns = answer["campaigns"].items
            if campaigns.isEmpty { return "there are no campaigns; make one with: fanfare campaign create NAME" }
            var table = TextTable(["id", "made", "audience", "name"])
            let names = ["id", "created_at", "audience", "name"]
            for campaign in campaigns { table.add(names.map { campaign[$0].shown }) }
            let rest = (answer["total"].whole ?? 0) - Int64(campaigns.count)
            return table.text() + (rest > 0 ? "\n\(HumanText.count(rest)) more: --limit" : "")
        }
    }
}

/// `fanfare campaign show ID`.
struct CampaignShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows a campaign with its touchpoints, or one touchpoint with its life.",
        discussion: """
            With --json and no touchpoint it prints two lines, the campaign and its touchpoints.

            Examples:
              fanfare campaign show 5a3f0c1b2e
              fanfare campaign show 5a3f0c1b2e 0c1b2e5a3f
            """
    )

    @Argument(help: "The campaign's id, as fanfare campaign list shows it.")
    var campaign: String
    @Argument(help: "A touchpoint's id.")
    var touchpoint: String?
    @OptionGroup var interface: InterfaceOptions

    func run() async throws {
        let path = ["campaigns", campaign]
        if let touchpoint {
            return try await interface.run("GET", path + ["touchpoints", touchpoint], text: CampaignText.touchpoint)
        }
        try await interface.run("GET", path, text: CampaignText.campaign)
        try await interface.run("GET", path + ["touchpoints"], text: CampaignText.touchpoints)
    }
}

/// `fanfare campaign create NAME`.
struct CampaignCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Makes a campaign for an audience.",
        discussion: """
            Example:
              fanfare campaign create "Spring sale" --audience customers --objective "200 orders"
            """
    )

    @Argument(help: "What people call it.")
    var name: String
    @Option(help: "The name or id of the audience that its webhooks go to.", completion: Completions.audiences)
    var audience: String
    @Option(help: "What it is to achieve.")
    var objective: String?
    @OptionGroup var interface: InterfaceOptions

    func run() async throws {
        try await reportingFailures {
            let document = InterfaceDocument([
                "name": .string(name), "audience": .string(try interface.data.audienceID(of: audience)),
                "objective": objective.map { .string($0) },
            ])
            try await interface.run("POST", ["campaigns"], document, text: CampaignText.campaign)
        }
    }
}

/// `fanfare campaign change ID`.
struct CampaignChangeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "change",
        abstract: "Changes what a campaign is called, what it is for, and whom it goes to.",
        discussion: "Example:\n  fanfare campaign change 5a3f0c1b2e --objective \"300 orders\""
    )

    @Argument(help: "The campaign's id, as fanfare campaign list shows it.")
    var campaign: String
    @Option(help: "What people call it.")
    var name: String?
    @Option(help: "The name or id of the audience that its webhooks go to.", completion: Completions.audiences)
    var audience: String?
    @Option(help: "What it is to achieve.")
    var objective: String?
    @OptionGroup var interface: InterfaceOptions

    func validate() throws {
        if name == nil, audience == nil, objective == nil {
            throw ValidationError("name what is to be changed: --name, --audience or --objective")
        }
    }

    func run() async throws {
        try await reportingFailures {
            let audience = try audience.map { try interface.data.audienceID(of: $0) }
            let document = InterfaceDocument([
                "name": name.map { .string($0) }, "audience": audience.map { .string($0) },
                "objective": objective.map { .string($0) },
            ])
            try await interface.run("PATCH", ["campaigns", campaign], document, text: CampaignText.campaign)
        }
    }
}

/// `fanfare campaign delete ID`.
struct CampaignDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Forgets a campaign and its touchpoints; what was sent stays in the log.",
        discussion: "Example:\n  fanfare campaign delete 5a3f0c1b2e"
    )

    @Argument(help: "The campaign's id, as fanfare campaign list shows it.")
    var campaign: String
    @OptionGroup var interface: InterfaceOptions

    func run() async throws {
        try await interface.run("DELETE", ["campaigns", campaign]) { _ in "\(campaign): deleted" }
    }
}

extension DataOptions {
    /// The id of an audience.
    ///
    /// - Parameter name: Its name or id.
    /// - Throws: `AudienceError` with `unknownAudience`, naming the nearest; `StoreError`.
    func audienceID(of name: String) throws -> String {
        try Installation.read(directory).audiences.audience(named: name).id
    }
}
