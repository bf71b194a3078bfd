import Fanfare
import Logging

/// What `run` says while it works and when it is done: progress on standard error, the result on standard output.
struct RunConsole: Sendable {
    let name: String
    let json: Bool
    /// The command that goes on with the job.
    var resumption = ""
    /// The same when what stopped the job was mended; nil: with `--accept-changes`.
    var resumptionOfMended: String?
    /// What other commands need to find its data directory.
    var dataHint = ""
    /// What else commands that deliver need.
    var engineHint = ""
    /// Shared with the log.
    var screen = Screen()

    var terminal: Terminal { .standardError }

    func importing(_ progress: ImportProgress) {
        if screen.isInteractive {
            var line = "Importing contacts: \(HumanText.count(progress.summary.rows, "row"))"
            if let total = progress.bytesTotal, total > 0 {
                line += ", \(HumanText.share(min(1, Double(progress.bytesRead) / Double(total))))"
            }
            terminal.overwrite(line)
        }
    }

    /// Says what deserves a second look.
    func warn(_ text: String) { say(.warning, text, prefix: "warning: ") }

    private func say(
        _ level: Logger.Level,
        _ text: String,
        prefix: String = "",
        _ details: Logger.Metadata = [:]
    ) {
        screen.say(level, text, prefix: prefix, details.merging(["fanout": "\(name)"]) { $1 })
    }

    /// Says what is between this machine and the receiver, and what of it is not checked.
    func tellsWayToReceiver(_ endpoint: EndpointSettings) {
        if let proxy = endpoint.proxy {
            terminal.finishOverwritten("Through the proxy \(proxy); it decides which addresses may be reached.")
        }
        if !endpoint.verifiesCertificates, endpoint.url.lowercased().hasPrefix("https:") {
            warn("webhook.tls.verify is false: anybody on the way can read the requests and answer them")
        }
    }

    /// This process has sent nothing; earlier ones may have, once the set was frozen.
    func interruptedBeforeSending(_ run: JobRun) {
        if run.record.state.isFrozen {
            let what = run.mustTakeOver ? " while the change was taken over" : ""
            let option = run.mustTakeOver ? " --accept-changes" : ""
            return say(.notice, "Interrupted\(what); nothing is lost. Go on with: \(resumption)\(option)")
        }
        say(.notice, "Interrupted before anything was sent. Go on with: \(resumption)")
    }

    func imported(_ summary: ImportSummary, rejects: String?) {
        var parts: [String] = []
        if summary.created > 0 || summary.updated == 0 {
            parts.append(HumanText.count(summary.created, "contact"))
        }
        if summary.updated > 0 { parts.append("\(HumanText.count(Int64(summary.updated))) updated") }
        if summary.repeated > 0 {
            parts.append(HumanText.count(summary.repeated, "repeated address", plural: "repeated addresses"))
        }
        if summary.notAdded > 0 { parts.append("\(HumanText.count(Int64(summary.notAdded))) not added") }
        if summary.suppressed > 0 {
            parts.append("\(HumanText.count(Int64(summary.suppressed))) on the suppression list left out")
        }
        if summary.rejected > 0 {
            parts.append("\(HumanText.count(Int64(summary.rejected))) rejected (see \(rejects ?? "below"))")
        }
        say(
            .info,
            "Imported \(parts.joined(separator: ", ")).",
            [
                "rows": .stringConvertible(summary.rows), "created": .stringConvertible(summary.created),
                "updated": .stringConvertible(summary.updated), "rejected": .stringConvertible(summary.rejected),
            ]
        )
    }

    /// - Parameter isFirst: Whether nothing was said of it yet: a log has one line at once, then one a minute.
    func waiting(_ start: String, secondsLeft: Int64, isFirst: Bool, isPaused: Bool) {
        let text =
            "Starts at \(start), in \(HumanText.duration(.seconds(secondsLeft)))"
            + (isPaused ? ", but is paused" : "")
        if screen.isInteractive {
            terminal.overwrite(text + " (Ctrl-C to leave it; --now to skip the wait)")
        } else if isFirst || secondsLeft % 60 == 0 {
            say(.info, text, ["seconds": .stringConvertible(secondsLeft)])
        }
    }

    func begins(total: Int64, unsettled: Int64, whenUncertain: DeliverySettings.WhenUncertain) {
        if total == 0 { return say(.info, "Nobody to send to: the selection has no contacts.") }
        say(
            .info,
            "Delivering to \(HumanText.count(total, "contact")).",
            ["recipients": .stringConvertible(total)]
        )
        guard unsettled > 0 else { return }
        let fate = whenUncertain == .hold ? "held as uncertain" : "sent again with the same ids"
        let deliveries = HumanText.count(unsettled, "delivery", plural: "deliveries")
        say(
            .warning,
            "The last process ended unfinished: \(deliveries) may have been under way: \(fate).",
            ["deliveries": .stringConvertible(unsettled)]
        )
    }

    /// Shows progress until the task is cancelled.
    func watch(_ running: RunningFanOut) async {
        var drawing = ProgressDrawing(console: self, looks: 10)
        while !Task.isCancelled {
            drawing.show(running.snapshot)
            do { try await Task.sleep(for: .milliseconds(100)) } catch { break }
        }
        drawing.showLast(running.snapshot)
    }

    /// One line of progress, for logs and pipes.
    fileprivate func report(_ snapshot: FanOutSnapshot, rate: Double) {
        let view = ProgressView(name: name)
        guard screen.format == .json else { return screen.interject(view.plainLine(snapshot, rate: rate)) }
        say(.info, "progress", view.details(snapshot, rate: rate))
    }

    /// Says how it ended.
    ///
    /// - Parameter dead: What the receiver said to some of the dead.
    func ended(_ end: FanOutEnd, dead: [DeadSample]) throws {
        if json {
            print(try RunResult(name: name, end: end, dead: dead).json)
        } else {
            print(summary.text(end, dead: dead))
        }
    }

    var summary: RunSummary {
        RunSummary(
            name: name,
            resumption: resumption,
            resumptionOfMended: resumptionOfMended ?? resumption + " --accept-changes",
            dataHint: dataHint,
            engineHint: engineHint,
            colours: Terminal.standardOutput.showsColours
        )
    }
}

/// Draws how a fan-out stands, again and again: over what was drawn before on a terminal, elsewhere a line every five
/// seconds.
struct ProgressDrawing {
    private let console: RunConsole
    private let looks: Int
    private var meter = RateMeter()
    private var tick = 0

    /// - Parameters:
    ///   - console: Where it is drawn.
    ///   - looks: How often a second it is shown.
    init(console: RunConsole, looks: Int) { (self.console, self.looks) = (console, looks) }

    mutating func show(_ snapshot: FanOutSnapshot) {
        let rate = meter.rate(at: snapshot.elapsed, count: snapshot.progress.counts.final)
        tick += 1
        if console.screen.isInteractive {
            draw(snapshot, rate: rate)
        } else if tick % (5 * looks) == 0 {
            console.report(snapshot, rate: rate)
        }
    }

    /// The last one, which stays.
    func showLast(_ snapshot: FanOutSnapshot) {
        if console.screen.isInteractive { draw(snapshot, rate: 0) }
    }

    private func draw(_ snapshot: FanOutSnapshot, rate: Double) {
        var view = ProgressView(name: console.name, dataHint: console.dataHint)
        view.colours = console.terminal.showsColours
        view.width = console.terminal.width
        console.screen.redraw(view.lines(snapshot, rate: rate))
    }
}
