import ArgumentParser
import Fanfare
import FanfareServer
import Logging
import ServiceLifecycle

/// `fanfare serve`.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract:
            "Owns the data directory: serves an HTTP interface, and tells webhooks what changes in its audiences.",
        discussion: """
            Existing Mailchimp clients find the Marketing API 3.0 at /3.0, as far as it concerns audiences; they need a \
            key: fanfare key create. Commands that change contacts, webhooks and keys, imports and runs hand their orders \
            over to it. Ctrl-C or SIGTERM ends it in good order: what is in flight is waited for, and what was not sent \
            goes out at the next start. After two deaths within ten minutes the third start sends nothing until: fanfare \
            webhook resume

            With --public-url each audience has pages for sign-up, preferences and unsubscribing at that address; it is \
            where the server, or a proxy before it, is reached from outside. Fanfare sends no mail: links to the pages \
            stand in what jobs send (*|UNSUB|*, *|UPDATE_PROFILE|*, *|LIST:SUBSCRIBE|*).

            Example:
              fanfare serve --data /var/lib/fanfare --listen 127.0.0.1:8686
            """
    )

    @Option(
        help: ArgumentHelp(
            "Where it listens: PORT on loopback, or ADDRESS:PORT; 127.0.0.1:8686 unless given.",
            valueName: "address"
        ),
        transform: { text in
            guard let address = MetricsAddress(text) else {
                throw ValidationError("\"\(text)\" is not accepted; write \(MetricsAddress.accepted)")
            }
            return address
        }
    )
    var listen: MetricsAddress?
    @Flag(
        help: ArgumentHelp(
            "A proxy before it speaks TLS: it may listen on an address that is not loopback, and takes the last address "
                + "of X-Forwarded-For for who asks."
        )
    )
    var behindProxy = false
    @Option(
        help: ArgumentHelp("The certificate it speaks TLS with, in PEM, its authorities behind it.", valueName: "path")
    )
    var tlsCertificate: String?
    @Option(help: ArgumentHelp("The certificate's private key, in PEM.", valueName: "path"))
    var tlsKey: String?
    @Option(
        name: .customLong("notify-url"),
        help: ArgumentHelp(
            "Where it is posted, as JSON, when a webhook is disabled over its failures, or a journey is paused by a fault.",
            valueName: "url"
        )
    )
    var notifyURL: String?
    @Option(help: ArgumentHelp("A program that then has the same JSON on its standard input.", valueName: "path"))
    var notifyCommand: String?
    @OptionGroup var pages: PublicURLOptions
    @OptionGroup var data: DataOptions
    @OptionGroup var network: NetworkOptions
    @OptionGroup var log: LogOptions

    func validate() throws {
        if (tlsCertificate == nil) != (tlsKey == nil) {
            throw ValidationError("--tls-certificate and --tls-key go together: one of them is missing")
        }
        if let listen, !listen.isLoopback, !behindProxy, tlsCertificate == nil {
            throw ValidationError(
                "--listen: \(listen.host) is not loopback, and keys would go over it in the clear: give it a certificate "
                    + "with --tls-certificate and --tls-key, or let a proxy that speaks TLS stand before it, and say "
                    + "--behind-proxy"
            )
        }
        if let notifyURL, !["http://", "https://"].contains(where: notifyURL.lowercased().hasPrefix) {
            throw ValidationError("--notify-url: an http or https URL is accepted")
        }
        if notifyCommand?.isEmpty == true {
            throw ValidationError("--notify-command: the path of a program is accepted")
        }
    }

    func run() async throws {
        try await reportingFailures(in: log) {
            let interruption = Interruption()
            let screen = Screen()
            screen.format = try log.format
            var configuration = Daemon.Configuration(egress: try network.policy())
            configuration.proxy = try network.proxy()
            configuration.notify = notify
            configuration.logger = try log.logger(screen)
            let certificates = try loadCertificates(configuration.logger)
            let daemon = try Daemon(try Installation.own(data.directory), configuration)
            let failure = await serve(daemon, certificates, interruption, screen, configuration.logger)
            screen.say(.info, "Ending: what is in flight is waited for; once more to stop at once.")
            try await daemon.close()
            if let failure { throw failure }
        }
    }

    private var notify: JobNotify? {
        if notifyURL == nil, notifyCommand == nil { return nil }
        return JobNotify(url: notifyURL, command: notifyCommand.map { [$0] } ?? [])
    }

    /// Serves until an end is asked for.
    ///
    /// - Returns: What ended it otherwise.
    private func serve(
        _ daemon: Daemon,
        _ certificates: Certificates?,
        _ interruption: Interruption,
        _ screen: Screen,
        _ logger: Logger
    ) async -> (any Error)? {
        do {
            let greeting = try Self.greeting(daemon, data.directory)
            let hint = data.hint
            let publicURL = try pages.url()
            let isRestored = try daemon.holdsWebhooks
            let (host, port) = (listen?.host ?? "127.0.0.1", listen?.port ?? 8686)
            let shownHost = host.contains(":") ? "[\(host)]" : host
            let scheme = certificates == nil ? "http" : "https"
            var place = Server.Configuration(host: host, port: port)
            (place.certificates, place.isBehindProxy) = (certificates, behindProxy)
            let application = Server.make(
                daemon,
                keys: try KeyCatalogue(daemon.installation.catalogue),
                place,
                pages: try publicURL.map { try HostedPages(daemon, at: $0, isBehindProxy: behindProxy) },
                logger: logger
            ) { port in
                screen.say(.info, "\(greeting) at \(scheme)://\(shownHost):\(port)/3.0. Ctrl-C ends it.")
                if let publicURL { screen.say(.info, "Pages for contacts are reached at \(publicURL).") }
                if isRestored {
                    screen.say(
                        .warning,
                        "The data directory was restored from a backup: no webhook is sent until fanfare webhook "
                            + "resume --uncertain resend|leave\(hint)"
                    )
                }
                if publicURL?.isSecure == false {
                    screen.say(.warning, "--public-url is no https URL: what contacts type goes over it in the clear.")
                }
                if let stop = daemon.stop {
                    screen.say(.warning, "Everything is \(stop): nothing is sent until fanfare resume-all\(hint)")
                }
                guard daemon.startedPaused else { return }
                screen.say(
                    .warning,
                    "This is the third start within ten minutes after deaths: nothing is sent until "
                        + "fanfare webhook resume\(hint)"
                )
            }
            let group = ServiceGroup(configuration: .init(services: [.init(service: application)], logger: logger))
            interruption.onRequest { Task { await group.triggerGracefulShutdown() } }
            try await group.run()
            return nil
        } catch {
            return error
        }
    }

    private func loadCertificates(_ logger: Logger) throws -> Certificates? {
        guard let tlsCertificate, let tlsKey else { return nil }
        do throws(Certificates.Unusable) {
            return try Certificates(certificate: tlsCertificate, key: tlsKey, logger: logger)
        } catch {
            throw ValidationError(error.description)
        }
    }

    private static func greeting(_ daemon: Daemon, _ directory: String) throws -> String {
        let audiences = try daemon.installation.audiences.all().filter { $0.name != nil }
        let webhooks = try audiences.flatMap { try daemon.webhooks.all(of: $0.id) }
        let listening = webhooks.count { $0.state == .enabled }
        return "Serving \(directory): \(HumanText.count(audiences.count, "audience")), "
            + "\(HumanText.count(listening, "webhook"))"
    }
}
