import ArgumentParser
import Fanfare

/// `fanfare retention`.
struct RetentionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention",
        abstract: "Shows or sets how long what has ended is kept; for ever unless set.",
        discussion: """
            fan_outs: deliveries of fan-outs, from the fan-out's end on; their counts stay. fan_out_answers: what \
            receivers answered to them. events: webhooks of audiences, from the end of each on; their counts stay. \
            event_bodies: their bodies and what receivers answered; they cannot be sent again then. What has not ended \
            is never forgotten. fanfare serve applies it every ten minutes, fanfare prune --retention at once.

            Examples:
              fanfare retention
              fanfare retention fan_outs=365d event_bodies=7d
              fanfare retention fan_outs=forever
            """
    )

    @Argument(
        help: ArgumentHelp(
            "What is kept, and how long: 90d, 12h or forever.",
            valueName: "what=duration"
        )
    )
    var values: [String] = []
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func validate() throws { _ = try order() }

    func run() async throws {
        try await reportingFailures {
            if !values.isEmpty {
                let answer = try await ControlLink(dataDirectory: data.directory)
                    .ask(ControlRequest(.retention, retention: try order()))
                if let refusal = answer.refusal {
                    Terminal.standardError.line("fanfare: \(answer.message)")
                    throw refusal == .invalid ? ExitCode.invalid : ExitCode.agentError
                }
            }
            let retention = try Installation.read(data.directory).retention()
            if output.json {
                let seconds = Dictionary(uniqueKeysWithValues: retention.seconds.map { ($0.key.rawValue, $0.value) })
                return print(try JSONLine.text(seconds))
            }
            for matter in Retention.Matter.allCases {
                let kept = retention.seconds[matter].map { HumanText.duration(.seconds($0)) } ?? "for ever"
                print("\(matter.rawValue): kept \(kept)")
            }
        }
    }

    private func order() throws -> RetentionOrder {
        var order = RetentionOrder(seconds: [:], forever: [])
        for value in values {
            let parts = value.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, Retention.Matter(rawValue: parts[0]) != nil else {
                let known = Retention.Matter.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("\"\(value)\" is not accepted; write WHAT=DURATION, WHAT one of \(known)")
            }
            if parts[1] == "forever" {
                order.forever.append(parts[0])
            } else if let duration = DurationText.read(parts[1]), duration >= .seconds(60) {
                order.seconds[parts[0]] = Int64(duration / .seconds(1))
            } else {
                throw ValidationError("\"\(parts[1])\" is not accepted; write for example 90d, 12h or forever")
            }
        }
        return order
    }
}
