import ArgumentParser
import Fanfare
import Foundation

/// `fanfare preview JOB`.
struct PreviewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preview",
        abstract: "Prints the exact requests of a job's contacts without sending them.",
        discussion: """
            Every header is there, also those that are added on the way. webhook-id, webhook-timestamp and so the \
            signature are the preview's own: a run has others. Secrets are shown as [secret] unless --show-secrets \
            asks for them; Content-Length is that of the body as it is sent.

            With --contact no other row of a contact file is imported, so that it is quick with large files too. \
            Without it the whole file is, as a later row may update an earlier contact.

            Ends with 3 when the contact that is asked for would get no request.

            Examples:
              fanfare preview black-friday.yaml
              fanfare preview black-friday.yaml --contact ada@example.com --curl
            """
    )

    @Argument(help: "The job file.", completion: Completions.jobs)
    var job: String
    @Option(
        help: ArgumentHelp("The address of a contact. Without it: the first that would get one.", valueName: "email")
    )
    var contact: String?
    @Option(help: ArgumentHelp("How many requests, 1 … 10,000. (default: 1)", valueName: "count"))
    var count: Int?
    @Flag(help: "Print secrets as they are sent.")
    var showSecrets = false
    @Flag(help: "Print each request as a command of curl.")
    var curl = false
    @OptionGroup var pages: PublicURLOptions
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let count, !(1...10_000).contains(count) {
            throw ValidationError("--count: \(count) is not within 1 … 10000")
        }
        if contact != nil, count != nil {
            throw ValidationError("--count and --contact exclude each other: there is one contact of an address")
        }
        if curl, output.json { throw ValidationError("--curl and --json exclude each other") }
    }

    private struct Result: Encodable {
        struct PassedOver: Encodable {
            var contact: String
            var reason: String
        }

        var name: String
        var requests: [RequestText.Fields]
        var passed_over: [PassedOver]
        var passed_over_count: Int
        var warnings: [String]
    }

    func run() async throws {
        try await reportingFailures {
            let loaded = try JobCheck.load(
                path: job,
                environment: ProcessInfo.processInfo.environment,
                publicURL: pages.url()
            )
            let interruption = Interruption()
            let preview: JobPreview
            do {
                preview = try JobPreview(
                    loaded,
                    contact: contact,
                    count: count ?? 1,
                    dataDirectory: data.directory,
                    isCancelled: { interruption.isRequested }
                )
            } catch is CancellationError {
                throw ExitCode.interrupted
            }
            try show(preview, loaded.job)
            if contact != nil, preview.requests.isEmpty { throw ExitCode.finishedWithFailures }
        }
    }

    private func show(_ preview: JobPreview, _ job: JobFile) throws {
        let texts = preview.requests.map {
            RequestText(request: $0, secrets: preview.secrets, showsSecrets: showSecrets)
        }
        if output.json {
            let result = Result(
                name: job.name,
                requests: texts.map(\.fields),
                passed_over: preview.passedOver.map { .init(contact: $0.address, reason: $0.reason) },
                passed_over_count: preview.passedOverCount,
                warnings: preview.warnings
            )
            return try print(JSONLine.text(result))
        }
        say(preview)
        for (index, text) in texts.enumerated() {
            if index > 0 { print("") }
            print("# \(VisibleText.text(text.request.address)) at \(text.request.origin)")
            print(curl ? command(text, preview, job) : text.page)
        }
    }

    private func command(_ text: RequestText, _ preview: JobPreview, _ job: JobFile) -> String {
        CurlText(text: text, webhook: job.webhook, endpoint: preview.endpoint, timeout: preview.timeout).command
    }

    /// What is no request goes to standard error: standard output can be piped.
    private func say(_ preview: JobPreview) {
        let terminal = Terminal.standardError
        for contact in preview.passedOver.prefix(contact == nil ? 3 : 1) {
            terminal.line("\(VisibleText.text(contact.address)) \(contact.reason)")
        }
        let more = preview.passedOverCount - 3
        if more > 0 { terminal.line("… and \(HumanText.count(more, "contact")) more would get no request") }
        if preview.requests.isEmpty, contact == nil { terminal.line("nobody would get a request") }
        for warning in preview.warnings { terminal.line("note: \(warning)") }
    }
}
