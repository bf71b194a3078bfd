import ArgumentParser
import Fanfare
import Foundation

/// `fanfare schedule JOB`.
struct ScheduleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule",
        abstract: "Hands a job to fanfare serve, which starts it at its time.",
        discussion: """
            The job is checked first, and refused where it has no schedule.at or that is past; then it is said who would \
            receive it now. Who does is fixed when it starts. Its variables and secret files are those of fanfare serve, \
            looked up there now and at each start of serve. When serve is down at its time, it starts when serve returns, \
            if that is no later than schedule.start_within (1h unless given); else its start is missed, and nothing is sent.

            With schedule.repeat it comes again by a rule (RRULE of RFC 5545): the next time is planned when the one \
            before is over, until the rule ends, one of them is cancelled, or one is stopped by a rule of its job.

            See it with fanfare status, take it back with fanfare cancel, change it with fanfare cancel and this command.

            Example:
              fanfare schedule black-friday.yaml
            """
    )

    @Argument(help: "The job file.", completion: Completions.jobs)
    var job: String
    @Flag(help: "Plan a new run of a job that has ended.")
    var again = false
    @OptionGroup var engine: EngineOptions
    @OptionGroup var pages: PublicURLOptions
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if engine.givenMetrics != nil {
            throw ValidationError("--metrics: fanfare serve offers what it runs at its own /metrics")
        }
    }

    func run() async throws {
        try await reportingFailures(in: engine.log) {
            let text = try JobText(path: job)
            var order = RunOrder(
                text: String(decoding: text.bytes, as: UTF8.self),
                file: text.file,
                folder: text.folder,
                // What a clock shows is meant as it is shown here.
                environment: ["TZ": ProcessInfo.processInfo.environment["TZ"] ?? TimeZone.current.identifier]
            )
            (order.isPlanned, order.again) = (true, again)
            order.publicURL = try pages.url()?.text
            try order.take(engine)
            guard let answer = try data.askDaemon(ControlRequest(.run, run: order)) else {
                throw ValidationError(
                    "no fanfare serve runs on this data directory: it is serve that starts jobs at their time"
                )
            }
            guard answer.refusal == nil else {
                Terminal.standardError.line("fanfare: \(answer.message)")
                throw answer.refusal?.isOperators == true ? ExitCode.invalid : ExitCode.agentError
            }
            guard let planned = answer.planned else {
                return print(answer.message)
            }
            print(output.json ? try JSONLine.text(planned) : Self.text(planned, data.hint))
        }
    }

    private static func text(_ planned: PlannedRun, _ hint: String) -> String {
        let lines = PlannedRunText.lines(planned, heading: "\(planned.name) is planned")
        let name = planned.name.quotedForShell
        return (lines + ["Take it back with: fanfare cancel \(name)\(hint)"]).joined(separator: "\n")
    }
}
