import ArgumentParser
import Fanfare

/// `fanfare campaign touchpoint …`.
struct TouchpointCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "touchpoint",
        abstract: "Adds, plans and steers the touchpoints of a campaign.",
        discussion: """
            A touchpoint is written as a file of YAML or JSON: kind (webhook, task, event or note), name, notes, at and \
            time_zone; a webhook also has the sections webhook, audience, schedule and delivery of a job file. Variables and \
            files that it names are those of fanfare serve; paths begin with /.

            Example of a file:
              kind: webhook
              name: Early access
              at: 2026-12-01 09:00
              time_zone: Europe/Paris
              webhook:
                url: https://shop.example.com/hook
                data: {email: "*|EMAIL|*"}
              audience: {tag: vip}

            Examples:
              fanfare campaign touchpoint add 5a3f0c1b2e --file early-access.yaml
              fanfare campaign touchpoint check 5a3f0c1b2e 0c1b2e5a3f
              fanfare campaign touchpoint schedule 5a3f0c1b2e 0c1b2e5a3f
            """,
        subcommands: [
            TouchpointAddCommand.self, TouchpointChangeCommand.self, TouchpointDeleteCommand.self,
            TouchpointCheckCommand.self, TouchpointScheduleCommand.self, TouchpointUnscheduleCommand.self,
            TouchpointPauseCommand.self, TouchpointResumeCommand.self, TouchpointCancelCommand.self,
        ]
    )
}

/// Which touchpoint, for the commands that do something with one.
struct TouchpointArguments: ParsableArguments {
    @Argument(help: "The campaign's id, as fanfare campaign list shows it.")
    var campaign: String
    @Argument(help: "The touchpoint's id, as fanfare campaign show shows it.")
    var touchpoint: String
    @OptionGroup var interface: InterfaceOptions

    /// Where it is, below `/v1/`.
    var path: [String] { ["campaigns", campaign, "touchpoints", touchpoint] }

    /// Has something done with it, and shows it as it is then.
    func run(_ action: String) async throws {
        try await interface.run("POST", path + [action], text: CampaignText.touchpoint)
    }

    /// The same for what says who would receive it.
    func plan(_ action: String) async throws {
        let hint = interface.data.hint
        try await interface.run("POST", path + [action]) { answer in
            CampaignText.plan(answer["plan"], of: answer["touchpoint"], hint: hint)
        }
    }
}

/// `fanfare campaign touchpoint add CAMPAIGN --file FILE`.
struct TouchpointAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Adds a touchpoint; a webhook begins as a draft, of which nothing comes before it is scheduled.",
        discussion: "Example:\n  fanfare campaign touchpoint add 5a3f0c1b2e --file early-access.yaml"
    )

    @Argument(help: "The campaign's id, as fanfare campaign list shows it.")
    var campaign: String
    @Option(help: "The touchpoint, as YAML or JSON.", completion: Completions.jobs)
    var file: String
    @OptionGroup var interface: InterfaceOptions

    func run() async throws {
        try await reportingFailures {
            let document = try InterfaceDocument(convertingFile: file)
            let path = ["campaigns", campaign, "touchpoints"]
            try await interface.run("POST", path, document, text: CampaignText.touchpoint)
        }
    }
}

/// `fanfare campaign touchpoint change CAMPAIGN TOUCHPOINT --file FILE`.
struct TouchpointChangeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "change",
        abstract: "Changes a touchpoint: what the file leaves out stays; a webhook only while it is a draft.",
        discussion: """
            A section of a webhook is replaced as a whole. The state of a task, event or note is changed too: state: complete

            Example:
              fanfare campaign touchpoint change 5a3f0c1b2e 0c1b2e5a3f --file later.yaml
            """
    )

    @OptionGroup var touchpoint: TouchpointArguments
    @Option(help: "What is to be changed, as YAML or JSON.", completion: Completions.jobs)
    var file: String

    func run() async throws {
        try await reportingFailures {
            let document = try InterfaceDocument(convertingFile: file)
            try await touchpoint.interface.run("PATCH", touchpoint.path, document, text: CampaignText.touchpoint)
        }
    }
}

/// `fanfare campaign touchpoint delete CAMPAIGN TOUCHPOINT`.
struct TouchpointDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Forgets a touchpoint; what was sent stays in the log.",
        discussion: "Example:\n  fanfare campaign touchpoint delete 5a3f0c1b2e 0c1b2e5a3f"
    )

    @OptionGroup var touchpoint: TouchpointArguments

    func run() async throws {
        let id = touchpoint.touchpoint
        try await touchpoint.interface.run("DELETE", touchpoint.path) { _ in "\(id): deleted" }
    }
}

/// `fanfare campaign touchpoint check CAMPAIGN TOUCHPOINT`.
struct TouchpointCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Says who would receive a webhook now, and what is wrong with it.",
        discussion: "Example:\n  fanfare campaign touchpoint check 5a3f0c1b2e 0c1b2e5a3f"
    )

    @OptionGroup var touchpoint: TouchpointArguments

    func run() async throws { try await touchpoint.plan("check") }
}

/// `fanfare campaign touchpoint schedule CAMPAIGN TOUCHPOINT`.
struct TouchpointScheduleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule",
        abstract: "Plans a webhook for its time, when a check finds nothing wrong with it.",
        discussion: """
            Who receives it is fixed when it starts. Take it back with: fanfare campaign touchpoint unschedule

            Example:
              fanfare campaign touchpoint schedule 5a3f0c1b2e 0c1b2e5a3f
            """
    )

    @OptionGroup var touchpoint: TouchpointArguments

    func run() async throws { try await touchpoint.plan("schedule") }
}

/// `fanfare campaign touchpoint unschedule CAMPAIGN TOUCHPOINT`.
struct TouchpointUnscheduleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unschedule",
        abstract: "Takes a webhook back that has not started: it is a draft again.",
        discussion: "Example:\n  fanfare campaign touchpoint unschedule 5a3f0c1b2e 0c1b2e5a3f"
    )

    @OptionGroup var touchpoint: TouchpointArguments

    func run() async throws { try await touchpoint.run("unschedule") }
}

/// `fanfare campaign touchpoint pause CAMPAIGN TOUCHPOINT`.
struct TouchpointPauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Stops sending a webhook until it is resumed.",
        discussion: "Example:\n  fanfare campaign touchpoint pause 5a3f0c1b2e 0c1b2e5a3f"
    )

    @OptionGroup var touchpoint: TouchpointArguments

    func run() async throws { try await touchpoint.run("pause") }
}

/// `fanfare campaign touchpoint resume CAMPAIGN TOUCHPOINT`.
struct TouchpointResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Goes on with a webhook that was paused, stopped by a rule, or held as it could not start.",
        discussion: "Example:\n  fanfare campaign touchpoint resume 5a3f0c1b2e 0c1b2e5a3f"
    )

    @OptionGroup var touchpoint: TouchpointArguments

    func run() async throws { try await touchpoint.run("resume") }
}

/// `fanfare campaign touchpoint cancel CAMPAIGN TOUCHPOINT`.
struct TouchpointCancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Ends a webhook for good; what is left of it is cancelled.",
        discussion: "Example:\n  fanfare campaign touchpoint cancel 5a3f0c1b2e 0c1b2e5a3f"
    )

    @OptionGroup var touchpoint: TouchpointArguments

    func run() async throws { try await touchpoint.run("cancel") }
}
