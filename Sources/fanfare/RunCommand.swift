import ArgumentParser
import Fanfare
import Foundation

/// `fanfare run JOB`.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Delivers a job, or goes on with one that was interrupted.",
        discussion: """
            Imports the job's contacts, selects the recipients, waits for the job's time, freezes who receives, and \
            delivers. Ctrl-C finishes what is in flight and keeps the rest; the same command goes on. A second Ctrl-C \
            stops at once.

            Examples:
              fanfare run black-friday.yaml
              fanfare run black-friday.yaml --now --data /var/lib/fanfare
            """
    )

    @Argument(help: "The job file.")
    var job: String
    @Flag(help: "Do not wait for the job's scheduled time.")
    var now = false
    @Flag(help: "Begin a new run of a job that has ended.")
    var again = false
    @Flag(help: "Go on although the job or its contact file changed since it began.")
    var acceptChanges = false
    @Option(
        help: ArgumentHelp(
            "Rows of the contact file that may be rejected; with one more nothing is sent. Any number unless given.",
            valueName: "rows"
        )
    )
    var maxRejects: Int?
    @Flag(help: "Let the contact file turn unsubscribed and cleaned contacts into subscribed ones.")
    var resubscribe = false
    @OptionGroup var engine: EngineOptions
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let maxRejects, maxRejects < 0 { throw ValidationError("--max-rejects: \(maxRejects) is less than 0") }
    }

    /// The command that goes on with this job.
    private var resumption: String {
        "fanfare run \(job.quotedForShell)\(data.hint)\(engine.hint)"
    }

    func run() async throws {
        try await reportingFailures {
            try engine.limitArenas()
            _ = try engine.network.policy()
            let limit = OpenFileLimit.raised()
            let loaded = try JobCheck.load(path: job, environment: ProcessInfo.processInfo.environment)
            let interruption = Interruption()
            try JobCheck.refuseFaulty(loaded, dataDirectory: data.directory) { interruption.isRequested }
            let installation = try Installation.own(data.directory)
            var options = JobRun.Options()
            options.again = again
            options.acceptChanges = acceptChanges
            var run = try JobRun(loaded, in: installation, options)
            let console = RunConsole(
                name: loaded.job.name,
                json: output.json,
                resumption: resumption,
                dataHint: data.hint,
                engineHint: engine.hint
            )
            do {
                try importContacts(&run, console, interruption)
            } catch let error as AudienceError where error.code == .cancelled {
                console.interruptedBeforeSending(run)
                throw ExitCode.interrupted
            }
            guard await waitForStart(run, console, interruption) else {
                console.interruptedBeforeSending(run)
                throw ExitCode.interrupted
            }
            let total = try run.freeze()
            var (plan, unsettled) = try run.plan()
            if let warning = try limit.cap(&plan.settings, loops: engine.loops) { console.warn(warning) }
            console.begins(total: total, unsettled: unsettled, whenUncertain: plan.settings.whenUncertain)
            let session = DeliverySession(options: engine, console: console, interruption: interruption)
            let end = try await session.deliver(plan)
            try run.settle(end)
            try console.ended(end, dead: deadSamples(run, installation, end))
            throw ExitCode.code(for: end)
        }
    }

    private func importContacts(
        _ run: inout JobRun,
        _ console: RunConsole,
        _ interruption: Interruption
    ) throws {
        var options = ImportOptions(maxRejects: maxRejects, resubscribe: resubscribe)
        options.rejectsPath = data.directory + "/" + Self.fileName(for: run.record.name) + ".rejects.csv"
        if let summary = try run.importContacts(
            options,
            progress: { progress in
                console.importing(progress)
                return !interruption.isRequested
            }
        ) {
            console.imported(summary, rejects: options.rejectsPath)
        }
    }

    /// What a file is called after a job: whole characters of its name, within 150 of the 255 bytes that file systems
    /// take.
    private static func fileName(for job: String) -> String {
        var name = ""
        for character in job.replacing("/", with: "_") {
            guard name.utf8.count + character.utf8.count <= 150 else { break }
            name.append(character)
        }
        return name
    }

    /// - Returns: False when it was interrupted meanwhile.
    private func waitForStart(_ run: JobRun, _ console: RunConsole, _ interruption: Interruption) async -> Bool {
        guard !now, let start = run.start else { return !interruption.isRequested }
        var isFirst = true
        while true {
            if interruption.isRequested { return false }
            let left = start.unixSeconds - Int64(Date().timeIntervalSince1970)
            if left <= 0 { return true }
            console.waiting(start, secondsLeft: left, isFirst: isFirst)
            isFirst = false
            await interruption.wait(.seconds(min(1, left)))
        }
    }

    /// What the receiver said to some of the dead. The summary of a run is worth more than its examples: it comes
    /// without them where they cannot be read.
    private func deadSamples(_ run: JobRun, _ installation: Installation, _ end: FanOutEnd) -> [DeadSample] {
        guard end.progress.counts[.dead] > 0 else { return [] }
        do {
            return try installation.listing(of: run.record).deadSamples(3)
        } catch {
            Terminal.standardError.line("warning: no examples of the dead can be shown: \(error)")
            return []
        }
    }
}
