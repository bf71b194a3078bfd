import ArgumentParser
import Dispatch
import FanfarePayload
import FanfareReceiver
import Glibc

/// `fanfare listen`.
struct ListenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "listen",
        abstract: "A receiver for trying things out: prints or counts requests and checks signatures.",
        discussion: """
            Answers 200 at once unless told otherwise. With --secret, a request whose Standard Webhooks signature is \
            missing or wrong is answered 401. Ctrl-C ends it with a summary.

            Examples:
              fanfare listen --port 8099
              fanfare listen --port 8099 --secret whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw --fail 1% --count
            """
    )

    @Option(help: "The port; 0 takes a free one and says which.")
    var port: UInt16 = 8080

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(help: ArgumentHelp("Checks signatures with this secret; repeatable.", valueName: "whsec_…"))
    var secret: [String] = []

    @Flag(help: "Prints only the requests whose signature is missing or wrong.")
    var verifyOnly = false

    @Option(help: "How long each answer takes: 250ms, 1s, 2m.", transform: duration)
    var delay: Duration = .zero

    @Option(help: "The share of the requests that fails: 1% or 0.01.", transform: share)
    var fail: Double?

    @Option(help: "The status of those that fail (503 unless given), or without --fail of all.")
    var status: Int?

    @Flag(help: "Prints counts once a second instead of the requests.")
    var count = false

    @Flag(help: "Prints JSON, one object a line.")
    var json = false

    func validate() throws {
        guard status.map((200...599).contains) ?? true else {
            throw ValidationError("--status takes 200 to 599.")
        }
        if verifyOnly, secret.isEmpty { throw ValidationError("--verify-only needs a --secret to verify with.") }
        if verifyOnly, count { throw ValidationError("--verify-only and --count exclude each other.") }
    }

    func run() async throws {
        var settings = ListenSettings()
        settings.host = host
        settings.port = Int(port)
        settings.delay = delay
        settings.failureShare = fail ?? 0
        if fail != nil { settings.failureStatus = status ?? 503 } else { settings.status = status ?? 200 }
        settings.output = count ? .counts : verifyOnly ? .badSignatures : .requests
        settings.json = json
        if !secret.isEmpty {
            do {
                try settings.checkSignatures(with: secret.map { Secret($0) })
            } catch {
                throw ValidationError("--secret: \(error.message)")
            }
        }
        let session = ListenSession(settings) { text in
            print(text, terminator: "")
            fflush(nil)
        }
        try await reportingFailures { _ = try await session.run { await terminationSignal() } }
    }
}

/// Returns at the first SIGINT or SIGTERM, which then no longer end the process by themselves.
private func terminationSignal() async {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    let queue = DispatchQueue(label: "fanfare-signals")
    let sources = [SIGINT, SIGTERM].map { number in
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
        source.setEventHandler { continuation.yield() }
        source.resume()
        return source
    }
    for await _ in stream { break }
    for source in sources { source.cancel() }
}

@Sendable private func duration(_ text: String) throws -> Duration {
    let units: [(String, Double)] = [("ms", 0.001), ("s", 1), ("m", 60)]
    for (unit, seconds) in units where text.hasSuffix(unit) {
        guard let number = Double(text.dropLast(unit.count)), number >= 0, number <= 86400 else { break }
        return .milliseconds(Int64(number * seconds * 1000))
    }
    throw ValidationError("takes a number and a unit, for example 250ms, 1s or 2m")
}

@Sendable private func share(_ text: String) throws -> Double {
    let number = text.hasSuffix("%") ? Double(text.dropLast()).map { $0 / 100 } : Double(text)
    guard let number, (0...1).contains(number) else {
        throw ValidationError("takes a share, for example 1% or 0.01")
    }
    return number
}
