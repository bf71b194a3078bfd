import ArgumentParser
import Fanfare

/// `fanfare webhook test ID`.
struct WebhookTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Sends one webhook to try it, and shows what comes back.",
        discussion: """
            It is sent as an event is: body, headers, signatures, time-out. It tells of \(AudienceWebhooks.testAddress), a \
            contact that does not exist: of its profile, or that it subscribed where the webhook listens to that alone. \
            Its webhook-id begins with msg_test_ and is another each time; no ledger knows of it, and it is not repeated. \
            A webhook that is disabled or paused is sent it too.

            While fanfare serve runs it is serve that sends it: a network or a proxy that is given here and that serve was \
            not given too is refused.

            Ends with 0 when the receiver accepted it, else with 3.

            Example:
              fanfare webhook test 5a3f0c1b2e
            """
    )

    @Argument(help: "The webhook's id, as fanfare webhook list shows it.")
    var id: String
    @OptionGroup var network: NetworkOptions
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await reportingFailures {
            var order = WebhookOrder(id: id)
            order.take(network)
            let answer = try await data.ask(ofWebhook: ControlRequest(.testWebhook, webhook: order), network)
            guard let trial = answer.trial else { throw OrderRefused(description: "no webhook was sent") }
            print(output.json ? try JSONLine.text(trial) : EventTrialText(trial: trial).page)
            if !trial.isAccepted { throw ExitCode.finishedWithFailures }
        }
    }
}
