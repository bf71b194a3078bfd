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

    @Argument(help: "The job file.", completion: Completions.jobs)
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
    @OptionGroup var pages: PublicURLOptions
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let maxRejects, maxRejects < 0 { throw ValidationError("--max-rejects: \(maxRejects) is less than 0") }
    }

    /// The command that goes on with this job.
    private var resumption: String {
        "fanfare run \(job.quotedForShell)\(data.hint)\(pages.hint)\(engine.hint)"
    }

    func run() async throws {
        var unsent: UnsentRun?
        do {
            try await reportingFailures(in: engine.log) { try await run(&unsent) }
        } catch {
            await unsent?.tell()
            throw error
        }
    }

    /// - Parameter unsent: Set when there is a run and nothing of it is sent.
    private func run(_ unsent: inout UnsentRun?) async throws {
        try engine.limitArenas()
        _ = try engine.network.policy()
        let limit = OpenFileLimit.raised()
        let loaded = try JobCheck.load(
            path: job,
            environment: ProcessInfo.processInfo.environment,
            publicURL: pages.url()
        )
        let interruption = Interruption()
        let screen = Screen(format: try engine.log.format)
        // Whether a port is free is told now, not when the job's time has come.
        let metrics = try await engine.startMetrics(screen)
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
            engineHint: engine.hint,
            screen: screen
        )
        let notifier = try engine.notifier(loaded.job.notify, screen)
        let orders = try OrderDesk(for: run, loaded.job.delivery, limit, loops: engine.loops, installation)
        defer { console.close(orders) }
        let plan: FanOutPlan
        do {
            plan = try await prepare(&run, loaded, console, interruption, orders)
        } catch {
            unsent = UnsentRun(notifier, run, error)
            throw error
        }
        var session = DeliverySession(options: engine, console: console, interruption: interruption, desk: orders.desk)
        session.metrics = metrics
        session.notifier = notifier
        let end = try await session.deliver(plan) { end in
            try run.settle(end)
            try console.ended(end, dead: installation.samples(of: run, end, console))
        }
        throw ExitCode.code(for: end)
    }

    /// Imports, waits for the job's time, freezes and plans.
    ///
    /// - Throws: `ExitCode` when it was interrupted or cancelled, which has been said.
    private func prepare(
        _ run: inout JobRun,
        _ loaded: LoadedJob,
        _ console: RunConsole,
        _ interruption: Interruption,
        _ orders: OrderDesk
    ) async throws -> FanOutPlan {
        let desk = orders.desk
        if run.isCancelled {
            try console.cancelledBeforeSending(run)
            throw ExitCode.stopped
        }
        if let warning = orders.warning { console.warn(warning) }
        do {
            try importContacts(&run, console, interruption, desk)
        } catch let error as AudienceError where error.code == .cancelled {
            throw try leave(&run, console, desk)
        }
        guard await waitForStart(run, console, interruption, desk) else { throw try leave(&run, console, desk) }
        let total = try run.freeze()
        var (plan, unsettled) = try run.plan()
        console.drops(run.droppedChange, job: loaded.job.delivery)
        console.follows(desk.orders, job: loaded.job.delivery)
        if let warning = orders.fit(&plan.settings) { console.warn(warning) }
        console.begins(total: total, unsettled: unsettled, whenUncertain: plan.settings.whenUncertain)
        return plan
    }

    /// Nothing is sent: the run was interrupted, or cancelled.
    ///
    /// - Returns: What to exit with.
    private func leave(_ run: inout JobRun, _ console: RunConsole, _ desk: ControlDesk) throws -> ExitCode {
        desk.ended()
        guard desk.orders.isCancelled else {
            console.interruptedBeforeSending(run)
            return .interrupted
        }
        try run.cancel()
        try console.cancelledBeforeSending(run)
        return .stopped
    }

    private func importContacts(
        _ run: inout JobRun,
        _ console: RunConsole,
        _ interruption: Interruption,
        _ desk: ControlDesk
    ) throws {
        var options = ImportOptions(maxRejects: maxRejects, resubscribe: resubscribe)
        options.rejectsPath = data.directory + "/" + Self.fileName(for: run.record.name) + ".rejects.csv"
        if let summary = try run.importContacts(
            options,
            progress: { progress in
                console.importing(progress)
                return !interruption.isRequested && !desk.orders.isCancelled
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

    /// - Returns: False when it was interrupted or cancelled meanwhile.
    private func waitForStart(
        _ run: JobRun,
        _ console: RunConsole,
        _ interruption: Interruption,
        _ desk: ControlDesk
    ) async -> Bool {
        var isFirst = true
        while true {
            if interruption.isRequested || desk.orders.isCancelled { return false }
            guard !now, let start = run.start else { return true }
            let left = start.unixSeconds - Int64(Date().timeIntervalSince1970)
            if left <= 0 { return true }
            console.waiting(start, secondsLeft: left, isFirst: isFirst, isPaused: desk.orders.isPaused)
            isFirst = false
            await interruption.wait(.seconds(min(1, left)))
        }
    }
}
