import ArgumentParser
import Fanfare
import Logging

/// An import that `fanfare serve` does, shown as if it were done here.
struct HandedImportView {
    /// The data directory, as it was given.
    let data: String
    let console: RunConsole
    let interruption: Interruption

    /// How often it is asked how far the import is.
    private static let interval: Duration = .milliseconds(200)

    private var link: ControlLink { ControlLink(dataDirectory: data) }

    /// Asks the daemon that owns the data directory to read the file.
    ///
    /// - Returns: How it stands; nil: whoever owns the directory reads no files for others.
    /// - Throws: `ExitCode` when the daemon refuses it, which has been said.
    func handOver(_ order: ImportOrder) async throws -> HandedImport? {
        let request = ControlRequest(.importContacts, importing: order)
        return try await link.handOver(request, interruption, console) { $0.importing }?.handed
    }

    /// Shows the import until its end; Ctrl-C ends it in good order.
    ///
    /// - Returns: What became of the file.
    /// - Throws: `ExitCode` when it was not read to its end, which has been said.
    func follow(_ first: HandedImport) async throws -> ImportSummary {
        var latest = first
        var wait: String?
        var isStopping = false
        while true {
            if let why = latest.wait, why != wait { console.screen.say(.info, "Waiting: \(why).") }
            wait = latest.wait
            if let progress = latest.progress { console.importing(progress) }
            if let end = latest.end { return try summary(of: end) }
            if interruption.isRequested, !isStopping {
                isStopping = true
                _ = try ask(.stopImport, latest.ticket)
            }
            try await pause(isStopping)
            guard let next = try ask(.followImport, latest.ticket) else { throw gone() }
            latest = next
        }
    }

    private func pause(_ isStopping: Bool) async throws {
        // What was asked to end is waited for; an interruption that has come ends no wait any more.
        if isStopping { return try await Task.sleep(for: Self.interval) }
        await interruption.wait(Self.interval)
    }

    /// - Returns: Nil when nobody knows of it any more.
    private func ask(_ command: ControlRequest.Command, _ ticket: String) throws -> HandedImport? {
        do {
            return try link.askOwner(ControlRequest(command, ticket: ticket))?.importing
        } catch let error as ControlError where error.code == .noAnswer {
            return nil
        }
    }

    private func summary(of end: HandedImport.End) throws -> ImportSummary {
        switch end {
        case .complete(let summary): return summary
        case .stopped: throw console.importLeft()
        case .interrupted: throw gone()
        case .refused(let text):
            console.screen.say(.error, text, prefix: "fanfare: ")
            throw ExitCode.invalid
        case .failed(let text):
            console.screen.say(.error, text, prefix: "fanfare: ")
            throw ExitCode.agentError
        }
    }

    private func gone() -> ExitCode {
        console.screen.say(
            .error,
            "fanfare serve has ended, and the import with it. What was imported stays; import the file again: that changes "
                + "nothing twice."
        )
        return .interrupted
    }
}

extension RunConsole {
    /// Says that an import was stopped before its end.
    ///
    /// - Returns: What to exit with.
    func importLeft() -> ExitCode {
        screen.say(
            .notice,
            "Interrupted. What was imported stays; import the file again to go on: that changes nothing twice."
        )
        return .interrupted
    }
}
