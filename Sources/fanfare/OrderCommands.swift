import ArgumentParser
import Fanfare
import Foundation

/// What the commands that steer a fan-out share.
struct OrderOptions: ParsableArguments {
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    /// Gives the order and prints the answer.
    func give(_ request: ControlRequest) async throws {
        try await reportingFailures {
            let answer = try await ControlLink(dataDirectory: data.directory).ask(request)
            if output.json { print(try JSONLine.text(answer)) }
            guard let refusal = answer.refusal else {
                if !output.json { print(answer.message) }
                return
            }
            if !output.json { Terminal.standardError.line("fanfare: \(answer.message)") }
            throw refusal.isOperators ? ExitCode.invalid : ExitCode.agentError
        }
    }
}

extension DataOptions {
    /// Gives an order to the daemon that owns the directory.
    ///
    /// - Returns: Nil when nobody owns it, or the owner is none that follows such orders.
    /// - Throws: `StoreError`, but for a directory that is not there; `ControlError`.
    func askDaemon(_ request: ControlRequest) throws -> ControlAnswer? {
        do {
            let answer = try ControlLink(dataDirectory: directory).askOwner(request)
            return answer?.refusal == .unknown ? nil : answer
        } catch let error as StoreError where error.code == .notFound {
            return nil
        }
    }
}

extension DataOptions {
    /// Says so on standard error when the daemon answers that it sends no webhooks now.
    func note(pauseIn answer: ControlAnswer?) {
        guard answer?.webhooksPaused == true else { return }
        Terminal.standardError.line("note: webhooks are paused: none is sent until fanfare webhook resume\(hint)")
    }
}

extension ControlAnswer {
    /// What is said when it is done.
    ///
    /// - Throws: ``OrderRefused``.
    func requireDone() throws -> String {
        if refusal != nil { throw OrderRefused(description: message) }
        return message
    }
}

/// The daemon could not follow an order.
struct OrderRefused: Error, CustomStringConvertible {
    let description: String
}

extension ControlAnswer.Refusal {
    /// Whether the operator can put it right.
    var isOperators: Bool { self == .unknown || self == .ended || self == .invalid }
}

/// `fanfare pause NAME`.
struct PauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Stops sending until the fan-out is resumed.",
        discussion: """
            Within a second nothing new is sent; what is in flight ends normally and is counted. No deadline passes \
            meanwhile. It is remembered: a restarted run waits until it is resumed.

            Example:
              fanfare pause black-friday
            """
    )

    @Argument(help: "The name of a fan-out.", completion: Completions.fanOuts)
    var name: String
    @OptionGroup var order: OrderOptions

    func run() async throws { try await order.give(ControlRequest(.pause, name: name)) }
}

/// `fanfare resume NAME`.
struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Goes on with a paused fan-out.",
        discussion: """
            One that no process runs goes on with its next: fanfare run JOB. One that was planned and is held, for a tag \
            that is gone perhaps, is tried once more; fanfare status tells what holds it.

            Example:
              fanfare resume black-friday
            """
    )

    @Argument(help: "The name of a fan-out.", completion: Completions.fanOuts)
    var name: String
    @OptionGroup var order: OrderOptions

    func run() async throws { try await order.give(ControlRequest(.resume, name: name)) }
}

/// `fanfare cancel NAME`.
struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Ends a fan-out for good; what is left of it is cancelled.",
        discussion: """
            What is in flight is waited for and counted; all else becomes cancelled and is listed as such. It cannot be \
            taken back. To stop for a while use: fanfare pause NAME

            Example:
              fanfare cancel black-friday
            """
    )

    @Argument(help: "The name of a fan-out.", completion: Completions.fanOuts)
    var name: String
    @OptionGroup var order: OrderOptions

    func run() async throws { try await order.give(ControlRequest(.cancel, name: name)) }
}

/// `fanfare stop-all`.
struct StopAllCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop-all",
        abstract: "Stops everything: every fan-out and every webhook.",
        discussion: """
            Within a second nothing new is sent; what is in flight ends normally and is counted. No deadline passes \
            meanwhile. It holds over restarts, and for what begins later, until: fanfare resume-all

            Example:
              fanfare stop-all --reason "wrong price in the text"
            """
    )

    @Option(help: "Shown to whoever asks why nothing is sent.")
    var reason: String?
    @OptionGroup var order: OrderOptions

    func run() async throws {
        let stop = StopOrder(by: ProcessInfo.processInfo.userName, reason: reason)
        try await order.give(ControlRequest(.stopAll, stop: stop))
    }
}

/// `fanfare resume-all`.
struct ResumeAllCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume-all",
        abstract: "Lets everything go on that fanfare stop-all stopped.",
        discussion: """
            What was paused by itself, by fanfare pause or fanfare webhook pause, stays paused.

            Example:
              fanfare resume-all
            """
    )

    @OptionGroup var order: OrderOptions

    func run() async throws { try await order.give(ControlRequest(.resumeAll)) }
}

/// `fanfare set NAME KEY=VALUE…`.
struct SetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Changes rate, requests in flight or deadline of a fan-out.",
        discussion: """
            What is set holds at once, and over the job file in later runs, also in those of retry and --again, until a \
            changed job file is accepted with fanfare run JOB --accept-changes or begins a new run.

            Examples:
              fanfare set black-friday rate=500/s
              fanfare set black-friday rate=none max_in_flight=4000 deadline=2h
            """
    )

    @Argument(help: "The name of a fan-out.", completion: Completions.fanOuts)
    var name: String
    @Argument(
        help: ArgumentHelp("rate=RATE (or none), max_in_flight=NUMBER, deadline=DURATION.", valueName: "key=value")
    )
    var values: [String]
    @OptionGroup var order: OrderOptions

    func validate() throws {
        do { _ = try SettingsChange(words: values) } catch { throw ValidationError(error.description) }
    }

    func run() async throws {
        try await order.give(ControlRequest(.set, name: name, change: SettingsChange(words: values)))
    }
}
