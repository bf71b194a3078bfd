import ArgumentParser
import Fanfare

/// `fanfare journey …`.
struct JourneyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journey",
        abstract: "Sets up customer journeys: what happens to a contact, step by step, from a starting point on.",
        discussion: """
            A journey is written as a file of YAML or JSON and edited as a whole. fanfare serve leads contacts through it.

            Examples:
              fanfare journey create customers welcome.yaml
              fanfare journey activate 5a3f0c1b2e
              fanfare journey show 5a3f0c1b2e
              fanfare journey add 5a3f0c1b2e --segment "Big spenders"
            """,
        subcommands: [
            JourneyListCommand.self, JourneyShowCommand.self, JourneyCreateCommand.self, JourneyReplaceCommand.self,
            JourneyActivateCommand.self, JourneyPauseCommand.self, JourneyEndCommand.self, JourneyDeleteCommand.self,
            JourneyAddCommand.self, JourneyLogCommand.self,
        ]
    )
}

/// Which journey, for the commands that do something with one.
struct JourneyArguments: ParsableArguments {
    @Argument(help: "The journey's id, as fanfare journey list shows it.")
    var journey: String
    @OptionGroup var interface: InterfaceOptions

    /// Where it is, below `/v1/`.
    var path: [String] { ["journeys", journey] }

    /// It as it is.
    func find() async throws -> InterfaceValue { try InterfaceValue(json: try await interface.ask("GET", path)) }

    /// Has something done with it, and shows it as it is then.
    func run(_ action: String) async throws {
        try await interface.run("POST", path + [action], text: JourneyText.journey)
    }
}

/// `fanfare journey list AUDIENCE`.
struct JourneyListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the journeys of an audience.",
        discussion: "Example:\n  fanfare journey list customers"
    )

    @Argument(help: "The audience's name or id.", completion: Completions.audiences)
    var audience: String
    @OptionGroup var interface: InterfaceOptions

    func run() async throws {
        try await reportingFailures {
            let id = try interface.data.audienceID(of: audience)
            try await interface.run("GET", ["audiences", id, "journeys"], text: JourneyText.list)
        }
    }
}

/// `fanfare journey show ID`.
struct JourneyShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows a journey: how many contacts wait at each point and have passed it.",
        discussion: """
            With --json it prints its document too.

            Example:
              fanfare journey show 5a3f0c1b2e
            """
    )

    @OptionGroup var journey: JourneyArguments

    func run() async throws {
        try await journey.interface.run("GET", journey.path, text: JourneyText.journey)
    }
}

/// `fanfare journey create AUDIENCE FILE`.
struct JourneyCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Makes a journey of a file; it is a draft until it is activated.",
        discussion: "Example:\n  fanfare journey create customers welcome.yaml"
    )

    @Argument(help: "The audience's name or id.", completion: Completions.audiences)
    var audience: String
    @Argument(help: "The journey, as YAML or JSON.", completion: Completions.jobs)
    var file: String
    @OptionGroup var interface: InterfaceOptions

    func run() async throws {
        try await reportingFailures {
            let document = try InterfaceDocument(file: file)
            let id = try interface.data.audienceID(of: audience)
            try await interface.run("POST", ["audiences", id, "journeys"], document, text: JourneyText.journey)
        }
    }
}

/// `fanfare journey replace ID FILE`.
struct JourneyReplaceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replace",
        abstract: "Replaces a journey by what a file says; contacts keep their places.",
        discussion: """
            It is refused where contacts are at points that the file has not, and where somebody else has replaced the \
            version that --over names. Secrets that were shown as [secret] are given again.

            Examples:
              fanfare journey replace 5a3f0c1b2e welcome.yaml
              fanfare journey replace 5a3f0c1b2e welcome.yaml --over 3
            """
    )

    @OptionGroup var journey: JourneyArguments
    @Argument(help: "The journey, as YAML or JSON.", completion: Completions.jobs)
    var file: String
    @Option(
        help: ArgumentHelp(
            "The version that the file was made of; the one there is unless given.",
            valueName: "version"
        )
    )
    var over: Int64?

    func validate() throws {
        if let over, over < 1 { throw ValidationError("--over: \(over) is less than 1") }
    }

    func run() async throws {
        try await reportingFailures {
            let document = try InterfaceDocument(file: file)
            let version = if let over { over } else { try await journey.find()["version"].whole ?? 1 }
            let query = [("version", String(version))]
            try await journey.interface.run("PUT", journey.path, query: query, document, text: JourneyText.journey)
        }
    }
}

/// `fanfare journey activate ID`.
struct JourneyActivateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "activate",
        abstract: "Has contacts begin a journey and go on in it.",
        discussion: "Example:\n  fanfare journey activate 5a3f0c1b2e"
    )

    @OptionGroup var journey: JourneyArguments

    func run() async throws { try await journey.run("activate") }
}

/// `fanfare journey pause ID`.
struct JourneyPauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Has contacts hold their places; go on with: fanfare journey activate",
        discussion: "Example:\n  fanfare journey pause 5a3f0c1b2e"
    )

    @OptionGroup var journey: JourneyArguments

    func run() async throws { try await journey.run("pause") }
}

/// `fanfare journey end ID`.
struct JourneyEndCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "end",
        abstract: "Ends a journey for good; who is inside leaves.",
        discussion: "Example:\n  fanfare journey end 5a3f0c1b2e"
    )

    @OptionGroup var journey: JourneyArguments

    func run() async throws { try await journey.run("end") }
}

/// `fanfare journey delete ID`.
struct JourneyDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Forgets a journey that is a draft or has ended; what was sent stays in the log.",
        discussion: "Example:\n  fanfare journey delete 5a3f0c1b2e"
    )

    @OptionGroup var journey: JourneyArguments

    func run() async throws {
        let id = journey.journey
        try await journey.interface.run("DELETE", journey.path) { _ in "\(id): deleted" }
    }
}

/// `fanfare journey add ID`.
struct JourneyAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Has contacts begin a journey by hand.",
        discussion: """
            Examples:
              fanfare journey add 5a3f0c1b2e --email ada@example.com --email bob@example.com
              fanfare journey add 5a3f0c1b2e --tag vip
              fanfare journey add 5a3f0c1b2e --segment "Big spenders"
            """
    )

    @OptionGroup var journey: JourneyArguments
    @Option(
        name: .customLong("email"),
        help: ArgumentHelp("The contact with this address; can be given again.", valueName: "address")
    )
    var emails: [String] = []
    @Option(help: ArgumentHelp("Contacts with this tag.", valueName: "name"))
    var tag: String?
    @Option(
        help: ArgumentHelp(
            "Contacts of a segment: a saved one's name, or {match: all, conditions: [...]} as in a job file.",
            valueName: "segment"
        )
    )
    var segment: String?
    @Flag(help: "All contacts of the audience that may begin.")
    var everyone = false
    @Option(
        help: ArgumentHelp(
            "Where they begin; the starting point for it, or the only one, unless given.",
            valueName: "starting point"
        )
    )
    var start: String?

    func validate() throws {
        guard [!emails.isEmpty, tag != nil, segment != nil, everyone].count(where: { $0 }) == 1 else {
            throw ValidationError("name who is to begin by one of: --email, --tag, --segment, --everyone")
        }
    }

    func run() async throws {
        try await reportingFailures {
            let document = InterfaceDocument([
                "emails": emails.isEmpty ? nil : .array(emails.map { .string($0) }), "tag": tag.map { .string($0) },
                "segment": try await conditions(), "everyone": everyone ? true : nil,
                "start": start.map { .string($0) },
            ])
            let id = journey.journey
            try await journey.interface.run("POST", journey.path + ["contacts"], document) { _ in
                emails.isEmpty ? "\(id): they begin now" : "\(id): \(HumanText.count(emails.count, "contact")) began"
            }
        }
    }

    /// The conditions of the segment; nil: none is named.
    private func conditions() async throws -> JSONValue? {
        guard let segment else { return nil }
        let part = try SegmentText.parse(segment, from: "--segment")
        let audience = try await journey.find()["audience_id"].shown
        let installation = try Installation.read(journey.interface.data.directory)
        let stored = try installation.openAudience(named: audience, makesIt: false)
        return SegmentText.value(of: try stored.definition(of: part))
    }
}

/// `fanfare journey log ID`.
struct JourneyLogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "Lists the contacts that are inside a journey and where each is; or the way that one went.",
        discussion: """
            Examples:
              fanfare journey log 5a3f0c1b2e
              fanfare journey log 5a3f0c1b2e --point hello --limit 1000
              fanfare journey log 5a3f0c1b2e --email ada@example.com
            """
    )

    @OptionGroup var journey: JourneyArguments
    @Option(help: ArgumentHelp("The way that the contact with this address went.", valueName: "address"))
    var email: String?
    @Option(help: ArgumentHelp("Only contacts at this point.", valueName: "point"))
    var point: String?
    @Option(help: ArgumentHelp("At most so many; 100 unless given.", valueName: "count"))
    var limit: Int?
    @Option(help: ArgumentHelp("Only those behind this number: the next page.", valueName: "number"))
    var after: Int?

    func validate() throws {
        if email != nil, point != nil || limit != nil || after != nil {
            throw ValidationError("--email goes alone")
        }
    }

    func run() async throws {
        if let email {
            let (path, query) = (journey.path + ["steps"], [("email", email)])
            return try await journey.interface.run("GET", path, query: query, text: JourneyText.steps)
        }
        let query = [("point", point), ("count", limit.map(String.init)), ("after", after.map(String.init))]
        let given = query.compactMap { name, value in value.map { (name, $0) } }
        try await journey.interface.run("GET", journey.path + ["contacts"], query: given, text: JourneyText.contacts)
    }
}
