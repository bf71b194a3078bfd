import ArgumentParser
import Fanfare
import Foundation
import Logging

/// `fanfare retry NAME`.
struct RetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Sends the dead deliveries of a fan-out again, or those that are uncertain, with the same ids.",
        discussion: """
            Without further options all that are dead are meant. Attempts and deadline of each begin afresh, and \
            stop_after too where the fan-out had ended; what became of them so far stays in their history \
            (fanfare deliveries NAME --contact EMAIL). What is still open is sent too.

            The job is the one that is stored with the fan-out; its secrets from the environment and from files are \
            read anew, so a mended one is used. Ctrl-C finishes what is in flight and keeps the rest.

            Examples:
              fanfare retry black-friday --status 401 --dry-run
              fanfare retry black-friday --status 5xx --status 429
              fanfare retry black-friday --uncertain
              fanfare retry black-friday --go-on
            """
    )

    @Argument(help: "The name of a fan-out; its last run is meant.", completion: Completions.fanOuts)
    var name: String
    @Option(
        name: .customLong("state"),
        help: ArgumentHelp(
            "Only those in this state: dead, uncertain or cancelled; can be given again. (default: dead)",
            valueName: "state"
        )
    )
    var states: [RetryState] = []
    @Flag(help: "The same as --state uncertain.")
    var uncertain = false
    @Flag(help: "The same as --state cancelled.")
    var cancelled = false
    @OptionGroup var filter: DeliveryFilterOptions
    @Flag(help: "Choose none: only go on with what is open, as an interrupted retry left it.")
    var goOn = false
    @Flag(help: "Only say how many it would be.")
    var dryRun = false
    @OptionGroup var engine: EngineOptions
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    /// Out of which states an operator may take deliveries again: not `delivered` or `skipped`, of whole fan-outs.
    enum RetryState: String, ExpressibleByArgument, CaseIterable { case dead, uncertain, cancelled }

    func validate() throws {
        if goOn, !states.isEmpty || uncertain || cancelled || !chosen.isEmpty {
            throw ValidationError("--go-on chooses none: it takes neither states nor other conditions")
        }
    }

    /// The conditions that were given, as words.
    private var chosen: [String] {
        (filter.statuses.isEmpty ? [] : ["status"]) + (filter.reasons.isEmpty ? [] : ["reason"])
            + [filter.contact == nil ? nil : "contact", filter.since.map { _ in "since" }].compactMap { $0 }
            + [filter.until.map { _ in "until" }, filter.attempts.map { _ in "attempts" }].compactMap { $0 }
    }

    private var wantedStates: Set<DeliveryState> {
        var wanted = Set(states.map { DeliveryState(name: $0.rawValue) ?? .dead })
        if uncertain { wanted.insert(.uncertain) }
        if cancelled { wanted.insert(.cancelled) }
        return wanted.isEmpty ? [.dead] : wanted
    }

    func run() async throws {
        try await reportingFailures(in: engine.log) {
            try engine.limitArenas()
            let limit = OpenFileLimit.raised()
            let (folder, isOwner) = (data.directory, !dryRun)
            var daemon: StoreError?
            let installation: Installation
            do {
                installation = try isOwner ? Installation.own(folder, toChange: name) : Installation.read(folder)
            } catch let owned as StoreError where owned.code == .inUse {
                (daemon, installation) = (owned, try Installation.read(folder))
            }
            let record = try installation.fanOutRecord(named: name)
            // Where there is nothing to choose from, what follows says so.
            let hasDeliveries = record.state.isFrozen && record.prunedAt == nil
            let wanted = try goOn || !hasDeliveries ? nil : filter.filter(wantedStates, record, installation)
            let retry = try JobRetry(of: name, wanted, in: installation)
            let text = RetryText(name: name, states: wantedStates, retry)
            if dryRun { return print(output.json ? try text.json : text.wouldBe) }
            if retry.chosen + retry.open == 0 {
                return print(output.json ? try text.json : text.nothing)
            }
            let interruption = Interruption()
            let delivery = ReopenedDelivery(
                engine: engine,
                data: data,
                json: output.json,
                limit: limit,
                installation: installation
            )
            try delivery.screen.say(.notice, text.begins)
            if let daemon {
                let order = RetryOrder(name: name, filter: wanted)
                throw try await delivery.handOver(order, retry, interruption, insteadOf: daemon)
            }
            let end = try await delivery.deliver(retry, interruption) { run, end, console in
                try console.ended(end, dead: installation.samples(of: run.record, end, console))
            }
            throw ExitCode.code(for: end)
        }
    }
}

/// What `retry` says before it sends.
struct RetryText: Encodable {
    let name: String
    let states: [String]
    let chosen: Int64
    let open: Int64

    init(name: String, states: Set<DeliveryState>, _ retry: JobRetry) {
        self.name = name
        self.states = states.map(\.name).sorted()
        chosen = retry.chosen
        open = retry.open
    }

    var json: String { get throws { try JSONLine.text(self) } }

    private var deliveries: String {
        let kind = states.joined(separator: " or ")
        return HumanText.count(chosen, "\(kind) delivery", plural: "\(kind) deliveries")
    }
    private var openText: String { open == 0 ? "" : "; \(HumanText.count(open)) that are open would be sent too" }

    var wouldBe: String { "\(name): \(deliveries) would be sent again, with the same ids\(openText)" }
    var nothing: String {
        "\(name): nothing to send again: no delivery is \(states.joined(separator: " or ")) and fits what was asked for"
    }
    var begins: String {
        let rest = open == 0 ? "" : ", and going on with \(HumanText.count(open)) that are open"
        return "Reopening \(deliveries) of \(name)\(rest)."
    }
}
