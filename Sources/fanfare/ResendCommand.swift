import ArgumentParser
import Fanfare
import Foundation

/// `fanfare deliveries resend NAME --contact EMAIL`.
struct ResendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resend",
        abstract: "Sends one delivery of an ended fan-out again, with the same id, even if it was delivered.",
        discussion: """
            A receiver that knows the id may drop the repeat. The attempts so far stay in the delivery's history. One \
            that was delivered is only sent again with --yes, or when a person says so at the terminal.

            Examples:
              fanfare deliveries resend black-friday --contact ada@example.com
              fanfare deliveries resend black-friday --contact ada@example.com --yes
            """
    )

    @Argument(help: "The name of a fan-out; its last run is meant.", completion: Completions.fanOuts)
    var name: String
    @Option(help: ArgumentHelp("The contact's address.", valueName: "email"))
    var contact: String
    @Flag(help: "Do not ask, also when it was delivered.")
    var yes = false
    @OptionGroup var engine: EngineOptions
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await reportingFailures(in: engine.log) {
            try engine.limitArenas()
            let limit = OpenFileLimit.raised()
            var daemon: StoreError?
            let installation: Installation
            do {
                installation = try Installation.own(data.directory, toChange: name)
            } catch let owned as StoreError where owned.code == .inUse {
                (daemon, installation) = (owned, try Installation.read(data.directory))
            }
            let record = try installation.fanOutRecord(named: name)
            if record.prunedAt != nil { throw JobRunError.pruned(record) }
            guard record.state == .ended else {
                throw JobRunError(
                    .unfinished,
                    "\(name) has not ended, so all that is open would be sent too. First go on with it: fanfare run "
                        + "JOB\(data.hint), or fanfare retry \(name.quotedForShell) --go-on\(data.hint)"
                )
            }
            var filter = DeliveryFilter(states: Ledger.reopenable)
            filter.contact = try installation.contactKey(of: contact, in: record)
            let row = try delivery(filter, record, installation)
            try confirm(row)
            let interruption = Interruption()
            let retry = try JobRetry(of: name, filter, in: installation)
            let delivery = ReopenedDelivery(
                engine: engine,
                data: data,
                json: output.json,
                limit: limit,
                installation: installation
            )
            let code: ExitCode
            if let daemon {
                let order = RetryOrder(name: name, filter: filter)
                code = try await delivery.handOver(order, retry, interruption, insteadOf: daemon, showsComplete: false)
            } else {
                let end = try await delivery.deliver(retry, interruption) { run, end, console in
                    if case .complete = end.cause { return }
                    try console.ended(end, dead: installation.samples(of: run.record, end, console))
                }
                code = ExitCode.code(for: end)
            }
            guard code == .success || code == .finishedWithFailures else { throw code }
            let after = try self.delivery(filter, record, installation)
            var printer = DeliveryPrinter(format: output.json ? .jsonl : .table)
            try printer.begin()
            try printer.print(after, history: installation.listing(of: record).attempts(of: after.ordinal))
            try printer.flush()
            if after.state == .dead || after.state == .uncertain { throw ExitCode.finishedWithFailures }
        }
    }

    private func delivery(
        _ filter: DeliveryFilter,
        _ record: FanOutRecord,
        _ installation: Installation
    ) throws -> DeliveryRow {
        var found: DeliveryRow?
        try installation.listing(of: record).forEachPage(filter, limit: 1) { found = $0.first }
        guard let found else {
            throw JobRunError(.unknownFanOut, "\(contact) was not among the recipients of \(name); nothing was sent")
        }
        return found
    }

    private func confirm(_ row: DeliveryRow) throws {
        guard row.state == .delivered, !yes else { return }
        let time = Date(timeIntervalSince1970: TimeInterval(row.changedAt ?? 0)).formatted(.iso8601)
        let what = "\(contact) got \(name) on \(time)"
        guard isatty(STDIN_FILENO) == 1, Terminal.standardError.isInteractive else {
            throw JobRunError(.alreadyEnded, "\(what). To send it once more, with the same id, add --yes")
        }
        Terminal.standardError.line("\(what). Send it once more? [y/N]")
        guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else {
            Terminal.standardError.line("Nothing was sent.")
            throw ExitCode.success
        }
    }
}
