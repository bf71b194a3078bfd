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
    @Option(help: ArgumentHelp("Rows of the contact file that may be rejected before the import gives up."))
    var maxRejects: Int?
    @Flag(help: "Let the contact file turn unsubscribed and cleaned contacts into subscribed ones.")
    var resubscribe = false
    @Option(help: "Threads that drive requests, 1 … 64 (FANFARE_LOOPS).")
    var loops = Int(ProcessInfo.processInfo.environment["FANFARE_LOOPS"] ?? "") ?? 1
    @OptionGroup var network: NetworkOptions
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...64).contains(loops) else { throw ValidationError("--loops: \(loops) is not within 1 … 64") }
    }

    func run() async throws {
        try await reportingFailures {
            let policy = try network.policy()
            let limit = OpenFileLimit.raised()
            let loaded = try JobFile.load(path: job, environment: ProcessInfo.processInfo.environment)
            let interruption = Interruption()
            try JobCheck.refuseFaulty(loaded, dataDirectory: data.directory) { interruption.isRequested }
            let installation = try Installation.own(data.directory)
            var options = JobRun.Options()
            options.again = again
            options.acceptChanges = acceptChanges
            var run = try JobRun(loaded, in: installation, options)
            let console = RunConsole(name: loaded.job.name, json: output.json)
            do {
                try importContacts(&run, console, interruption)
            } catch let error as AudienceError where error.code == .cancelled {
                console.interruptedBeforeSending(run, job: job)
                throw ExitCode.interrupted
            }
            guard await waitForStart(run, console, interruption) else {
                console.interruptedBeforeSending(run, job: job)
                throw ExitCode.interrupted
            }
            let total = try run.freeze()
            var (plan, unsettled) = try run.plan()
            if let warning = limit.cap(&plan.settings, loops: loops) { console.warn(warning) }
            console.begins(total: total, unsettled: unsettled, whenUncertain: plan.settings.whenUncertain)
            let end = try await deliver(plan, policy, console, interruption)
            try run.settle(end)
            try console.ended(end, job: job)
            throw ExitCode.code(for: end)
        }
    }

    private func importContacts(
        _ run: inout JobRun,
        _ console: RunConsole,
        _ interruption: Interruption
    ) throws {
        var options = ImportOptions(maxRejects: maxRejects, resubscribe: resubscribe)
        options.rejectsPath = data.directory + "/" + run.record.name.replacing("/", with: "_") + ".rejects.csv"
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

    /// - Returns: False when it was interrupted meanwhile.
    private func waitForStart(_ run: JobRun, _ console: RunConsole, _ interruption: Interruption) async -> Bool {
        guard !now, let start = run.start else { return !interruption.isRequested }
        while true {
            if interruption.isRequested { return false }
            let left = start.unixSeconds - Int64(Date().timeIntervalSince1970)
            if left <= 0 { return true }
            console.waiting(start, secondsLeft: left)
            await interruption.wait(.seconds(min(1, left)))
        }
    }

    private func deliver(
        _ plan: FanOutPlan,
        _ policy: EgressPolicy,
        _ console: RunConsole,
        _ interruption: Interruption
    ) async throws -> FanOutEnd {
        let engine = try DeliveryEngine(.init(loops: loops, egress: policy))
        defer { engine.close() }
        let running = try engine.start(plan)
        interruption.onRequest { running.stop() }
        let view = Task { await console.watch(running) }
        let end = await running.end()
        view.cancel()
        await view.value
        return end
    }
}
