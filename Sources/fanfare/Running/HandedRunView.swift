import ArgumentParser
import Fanfare
import Foundation
import Logging

/// A job that `fanfare serve` runs, shown as if it ran here.
struct HandedRunView {
    /// The data directory, as it was given.
    let data: String
    let console: RunConsole
    let job: LoadedJob
    let interruption: Interruption
    /// Whether its summary is shown when it is complete.
    var showsComplete = true

    /// Looks a second.
    private static let looks = 5
    /// How long an owner that has gone is waited for.
    private static let patience: Duration = .seconds(60)

    private var link: ControlLink { ControlLink(dataDirectory: data) }

    /// What was shown already.
    private struct Shown {
        var wait: String?
        var secondsToStart: Int64?
        var isImported = false
        var isSending = false
        var drawing: ProgressDrawing
    }

    /// Asks the daemon that owns the data directory to run the job.
    ///
    /// - Returns: How it stands; nil: whoever owns the directory runs no jobs for others.
    /// - Throws: `ExitCode` when the daemon refuses it, which has been said.
    func handOver(_ order: RunOrder) async throws -> HandedRun? {
        let request = ControlRequest(.run, run: order)
        guard let (handed, message) = try await link.handOver(request, interruption, console, taken: { $0.handed })
        else { return nil }
        let news = message.isEmpty ? "\(job.job.name) is handed over to fanfare serve" : message
        console.screen.say(.info, "\(news). Ctrl-C leaves it running there.")
        return handed
    }

    /// Shows the job until its end, or until that is left.
    ///
    /// - Returns: What to exit with.
    func follow(_ first: HandedRun) async throws -> ExitCode {
        var shown = Shown(drawing: ProgressDrawing(console: console, looks: Self.looks))
        var latest = first
        while true {
            try show(latest, &shown)
            if let end = latest.end { return try ended(latest, end, shown) }
            if interruption.isRequested { return leave() }
            await interruption.wait(.milliseconds(1000 / Self.looks))
            if interruption.isRequested { return leave() }
            guard let next = try await next(latest.ticket) else { return ExitCode.interrupted }
            latest = next
        }
    }

    // MARK: Asking

    /// How the job stands now; one that has gone is waited for, as it goes on where it was when it comes back.
    ///
    /// - Returns: Nil when nobody can tell, which has been said.
    private func next(_ ticket: String) async throws -> HandedRun? {
        let end = ContinuousClock.now + Self.patience
        var isSaid = false
        while true {
            let answer = try ask(ticket)
            if let handed = answer?.handed { return handed }
            if answer?.refusal == .unknown {
                let advice = "fanfare status \(console.name.quotedForShell)\(console.dataHint)"
                console.screen.say(.notice, "fanfare serve does not know of this run any more; see: \(advice)")
                return nil
            }
            if !isSaid {
                console.screen.say(.warning, "fanfare serve has gone. It goes on with it when it is started again.")
                isSaid = true
            }
            if interruption.isRequested || ContinuousClock.now >= end {
                console.screen.say(.notice, "Start fanfare serve, or go on without it: \(console.resumption)")
                return nil
            }
            await interruption.wait(.milliseconds(1000 / Self.looks))
        }
    }

    /// - Returns: Nil when nobody answers, or the owner died over it.
    private func ask(_ ticket: String) throws -> ControlAnswer? {
        do {
            return try link.askOwner(ControlRequest(.follow, ticket: ticket))
        } catch let error as ControlError where error.code == .noAnswer {
            return nil
        }
    }

    private func leave() -> ExitCode {
        let name = console.name.quotedForShell + console.dataHint
        console.screen.say(
            .notice,
            "\(console.name) goes on in fanfare serve. See it with: \(console.resumption); stop it with: fanfare pause "
                + "\(name), or for good: fanfare cancel \(name)"
        )
        return .interrupted
    }

    // MARK: Showing

    private func show(_ now: HandedRun, _ shown: inout Shown) throws {
        if let wait = now.wait, wait != shown.wait { console.screen.say(.info, "Waiting: \(wait).") }
        shown.wait = now.wait
        if let progress = now.importing { console.importing(progress) }
        if let summary = now.imported, !shown.isImported {
            console.imported(summary, rejects: Installation.rejectsPath(ofJob: console.name, in: data))
            shown.isImported = true
        }
        if let start = now.start, now.secondsToStart != shown.secondsToStart {
            let isFirst = shown.secondsToStart == nil
            console.waiting(start, secondsLeft: now.secondsToStart, isFirst: isFirst, isPaused: now.isPaused)
            shown.secondsToStart = now.secondsToStart
        }
        if let recipients = now.recipients, !shown.isSending {
            try begins(now, recipients)
            shown.isSending = true
        }
        if let snapshot = now.now?.snapshot { shown.drawing.show(snapshot) }
    }

    private func begins(_ now: HandedRun, _ recipients: Int64) throws {
        let settings = job.job.delivery
        console.drops(now.dropped, job: settings)
        if let id = now.fanOut {
            let (_, orders, installation) = try record(id)
            console.follows(orders, try installation.pulledStop(), job: settings)
        }
        for warning in now.warnings { console.warn(warning) }
        console.begins(total: recipients, unsettled: now.unsettled, whenUncertain: settings.whenUncertain)
    }

    private func record(_ id: String) throws -> (record: FanOutRecord, orders: FanOutOrders, place: Installation) {
        let installation = try Installation.read(data)
        guard let record = try installation.fanOutRecords(named: nil).first(where: { $0.id == id }) else {
            throw JobRunError.unknownFanOut(console.name, known: [])
        }
        return (record, try installation.orders(for: record), installation)
    }

    // MARK: The end

    private func ended(_ now: HandedRun, _ end: HandedEnd, _ shown: Shown) throws -> ExitCode {
        if case .refused(let text) = end.cause {
            console.screen.say(.error, text)
            return .invalid
        }
        guard let snapshot = end.snapshot?.snapshot, let id = now.fanOut else {
            return try endedUnsent(now, end.cause)
        }
        shown.drawing.showLast(snapshot)
        let cause: FanOutEnd.Cause
        switch end.cause {
        case .complete: cause = .complete
        case .interrupted: cause = .interrupted
        case .stopped(let reason): cause = .stopped(reason)
        case .failed(let text), .refused(let text): cause = .failed(HandedFailure(description: text))
        }
        let whole = FanOutEnd(cause: cause, progress: snapshot.progress, snapshot: snapshot)
        let (record, _, installation) = try record(id)
        if case .complete = cause, !showsComplete { return ExitCode.code(for: whole) }
        try console.ended(whole, dead: installation.samples(of: record, whole, console))
        if case .interrupted = cause { sayItGoesOn() }
        return ExitCode.code(for: whole)
    }

    private func endedUnsent(_ now: HandedRun, _ cause: HandedEnd.Cause) throws -> ExitCode {
        switch cause {
        case .stopped:
            if let id = now.fanOut { try console.cancelledBeforeSending(record(id).record) }
            return .stopped
        case .failed(let text), .refused(let text):
            console.screen.say(.error, text, prefix: "fanfare: ")
            return .agentError
        case .interrupted, .complete:
            sayItGoesOn()
            return .interrupted
        }
    }

    private func sayItGoesOn() {
        console.screen.say(.notice, "fanfare serve was ended; it goes on with \(console.name) at its next start.")
    }
}

/// Why the agent failed, as the daemon said it.
private struct HandedFailure: Error, CustomStringConvertible {
    let description: String
}

extension RunOrder {
    /// Takes over how this process would deliver.
    mutating func take(_ engine: EngineOptions) throws {
        (networks, proxy) = (engine.network.networkTexts, engine.network.proxyText)
        (loops, namePatience) = (try engine.loops, engine.namePatience)
    }
}
