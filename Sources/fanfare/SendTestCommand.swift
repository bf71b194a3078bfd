import ArgumentParser
import Fanfare
import Foundation

/// `fanfare send-test JOB --contact EMAIL`.
struct SendTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send-test",
        abstract: "Sends one contact's request, and shows all that comes back.",
        discussion: """
            The request takes the same way as a run's, and no ledger knows of it: a run sends to the contact again. \
            Its webhook-id begins with msg_test and is another each time.

            Ends with 0 when the receiver accepted it, else with 3.

            Example:
              fanfare send-test black-friday.yaml --contact ada@example.com
            """
    )

    @Argument(help: "The job file.", completion: Completions.jobs)
    var job: String
    @Option(help: ArgumentHelp("The address of the contact.", valueName: "email"))
    var contact: String
    @OptionGroup var network: NetworkOptions
    @OptionGroup var pages: PublicURLOptions
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await reportingFailures {
            let policy = try network.policy()
            let loaded = try JobCheck.load(
                path: job,
                environment: ProcessInfo.processInfo.environment,
                publicURL: pages.url()
            )
            let interruption = Interruption()
            let trial: JobTrial
            do {
                trial = try JobTrial(
                    loaded,
                    contact: contact,
                    dataDirectory: data.directory,
                    egress: policy,
                    proxy: network.proxy(),
                    isCancelled: { interruption.isRequested }
                )
            } catch is CancellationError {
                Terminal.standardError.line("Interrupted; the receiver may have had the request.")
                throw ExitCode.interrupted
            }
            let text = TrialText(trial: trial, job: loaded.job, contact: contact)
            print(output.json ? try text.json : text.page)
            if !trial.isDelivered { throw ExitCode.finishedWithFailures }
        }
    }
}
