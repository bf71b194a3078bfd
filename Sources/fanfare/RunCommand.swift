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

            Where fanfare serve owns the data directory the job is handed over to it: it runs there, with the variables \
            that it refers to as they are here, and is gone on with when serve is started again. Ctrl-C then only leaves \
            the view; fanfare pause and cancel stop it, and the same command shows it again.

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
        let text = try JobText(path: job)
        let loaded = try JobCheck.load(
            text,
            environment: ProcessInfo.processInfo.environment,
            publicURL: pages.url()
        )
        let interruption = Interruption()
        let screen = Screen(format: try engine.log.format)
        // Whether a port is free is told now, not when the job's time has come.
        let metrics = try await engine.startMetrics(screen)
        try JobCheck.refuseFaulty(loaded, dataDirectory: data.directory) { interruption.isRequested }
        let console = RunConsole(
            name: loaded.job.name,
            json: output.json,
            resumption: resumption,
            dataHint: data.hint,
            engineHint: engine.hint,
            screen: screen
        )
        let installation: Installation
        do {
            installation = try Installation.own(data.directory)
        } catch let owned as StoreError where owned.code == .inUse {
            if metrics != nil { console.warn("--metrics: fanfare serve offers what it runs at its own /metrics") }
            let view = HandedRunView(data: data.directory, console: console, job: loaded, interruption: interruption)
            guard let handed = try await view.handOver(order(text, loaded)) else { throw owned }
            throw try await view.follow(handed)
        }
        var options = JobRun.Options()
        options.again = again
        options.acceptChanges = acceptChanges
        var run = try JobRun(loaded, in: installation, options)
        try installation.takeFromDaemon(run.record.id)
        let notifier = try engine.notifier(loaded.job.notify, screen)
        let orders = try OrderDesk(for: run, loaded.job.delivery, limit, loops: engine.loops, installation)
        defer { console.close(orders) }
        let plan: FanOutPlan
        do {
            let rejects = Installation.rejectsPath(ofJob: loaded.job.name, in: data.directory)
            plan = try await prepare(&run, loaded, console, interruption, rejects, orders)
        } catch {
            unsent = UnsentRun(notifier, run, error)
            throw error
        }
        var session = DeliverySession(options: engine, console: console, interruption: interruption, desk: orders.desk)
        session.metrics = metrics
        session.notifier = notifier
        let end = try await session.deliver(plan) { end in
            try run.settle(end)
            try console.ended(end, dead: installation.samples(of: run.record, end, console))
        }
        throw ExitCode.code(for: end)
    }

    /// The job, for a daemon to run as this process would.
    private func order(_ text: JobText, _ loaded: LoadedJob) throws -> RunOrder {
        var order = RunOrder(
            text: String(decoding: text.bytes, as: UTF8.self),
            file: text.file,
            folder: text.folder,
            environment: loaded.environmentHere
        )
        (order.startsNow, order.again, order.acceptsChanges) = (now, again, acceptChanges)
        order.publicURL = try pages.url()?.text
        (order.maxRejects, order.resubscribes) = (maxRejects, resubscribe)
        try order.take(engine)
        return order
    }

    /// Imports, waits for the job's time, freezes and plans.
    ///
    /// - Throws: `ExitCode` when it was interrupted or cancelled, which has been said.
    private func prepare(
        _ run: inout JobRun,
        _ loaded: LoadedJob,
        _ console: RunConsole,
        _ interruption: Interruption,
        _ rejectsPath: String,
        _ orders: OrderDesk
    ) async throws -> FanOutPlan {
        let desk = orders.desk
        if run.isCancelled {
            try console.cancelledBeforeSending(run.record)
            throw ExitCode.stopped
        }
        if let warning = orders.warning { console.warn(warning) }
        do {
            try importContacts(&run, console, interruption, rejectsPath, desk)
        } catch let error as AudienceError where error.code == .cancelled {
            throw try leave(&run, console, desk)
        }
        guard await waitForStart(run, console, interruption, desk) else { throw try leave(&run, console, desk) }
        let total = try run.freeze()
        var (plan, unsettled) = try run.plan()
        console.drops(run.droppedChange, job: loaded.job.delivery)
        console.follows(desk.orders, desk.stop, job: loaded.job.delivery)
        if let warning = orders.fit(&plan.settings) { console.warn(warning) }
        console.begins(total: total, unsettled: unsettled, whenUncertain: plan.settings.whenUncertain)
        return plan
    }

    /// Nothing is sent: the run was interrupted, or cancelled.
    ///
    /// - Returns: What to exit with.
    private func leave(_ run: inout JobRun, _ console: RunConsole, _ desk: FanOutDesk) throws -> ExitCode {
        desk.ended()
        guard desk.orders.isCancelled else {
            console.interruptedBeforeSending(run)
            return .interrupted
        }
        try run.cancel()
        try console.cancelledBeforeSending(run.record)
        return .stopped
    }

    private func importContacts(
        _ run: inout JobRun,
        _ console: RunConsole,
        _ interruption: Interruption,
        _ rejectsPath: String,
        _ desk: FanOutDesk
    ) throws {
        var options = ImportOptions(maxRejects: maxRejects, resubscribe: resubscribe)
        options.rejectsPath = rejectsPath
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

    /// - Returns: False when it was interrupted or cancelled meanwhile.
    private func waitForStart(
        _ run: JobRun,
        _ console: RunConsole,
        _ interruption: Interruption,
        _ desk: FanOutDesk
    ) async -> Bool {
        var isFirst = true
        while true {
            if interruption.isRequested || desk.orders.isCancelled { return false }
            guard !now, let start = run.start else { return true }
            let left = start.unixSeconds - Int64(Date().timeIntervalSince1970)
            if left <= 0 { return true }
            console.waiting(start.localText, secondsLeft: left, isFirst: isFirst, isPaused: desk.isPaused)
            isFirst = false
            await interruption.wait(.seconds(min(1, left)))
        }
    }
}
