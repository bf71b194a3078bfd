public import Fanfare
import FanfareCampaigns
import Foundation
import HTTPTypes
public import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore

/// The HTTP interface of a daemon.
public enum Server {
    /// Where it listens.
    public struct Configuration: Sendable {
        /// An address or name.
        public var host: String
        /// 0: any free port.
        public var port: Int
        /// What connections are secured with; nil: nothing.
        public var certificates: Certificates?
        /// Whether a proxy stands before it: then its word is taken for who asks, and all connections are its own.
        public var isBehindProxy = false

        /// - Parameters: see the properties of the same names.
        public init(host: String = "127.0.0.1", port: Int = 8686) {
            self.host = host
            self.port = port
        }
    }

    /// Makes the service; it listens and does batches when it is run, and ends in good order when that is asked for.
    ///
    /// - Parameters:
    ///   - daemon: What it serves.
    ///   - keys: Who may ask.
    ///   - configuration: Where it listens.
    ///   - pages: The pages that contacts see; nil: none.
    ///   - logger: Told of requests that failed; never of a contact, payload or key.
    ///   - onListening: Told the port when it listens.
    public static func make(
        _ daemon: Daemon,
        keys: KeyCatalogue,
        _ configuration: Configuration,
        pages: HostedPages? = nil,
        logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) -> some ApplicationProtocol {
        let batches = BatchDesk(daemon)
        let router = router(daemon, keys: keys, batches, pages, isBehindProxy: configuration.isBehindProxy)
        daemon.take([.createKey, .revokeKey]) { keys.answer($0) }
        let responder = HeadAnswer(next: MethodOverride(router: router.buildResponder()))
        let local = LocalAPI(api: responder, logger: logger)
        daemon.takeLate([.api]) { await local.answer($0) }
        let table = configuration.isBehindProxy ? nil : ConnectionTable(limit: ConnectionLimits.connectionsOfOneAddress)
        let certificates = configuration.certificates
        // The rest is for databases, and for what is sent.
        let most = min(ConnectionLimits.connections, OpenFileLimit.raised().descriptors / 4)
        return Application(
            responder: responder,
            server: HTTPServerBuilder { responder in
                GuardedChannel(certificates: certificates, table: table, responder: responder)
            },
            configuration: .init(
                address: .hostname(configuration.host, port: configuration.port),
                serverName: "Fanfare",
                availableConnectionsDelegate: MaximumAvailableConnections(most, logger: logger)
            ),
            services: [BatchRunner(desk: batches, api: responder, keys: keys, logger: logger)],
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? configuration.port) },
            logger: logger
        )
    }

    /// All that can be asked for.
    static func router(
        _ daemon: Daemon,
        keys: KeyCatalogue,
        _ batches: BatchDesk,
        _ pages: HostedPages?,
        isBehindProxy: Bool
    ) -> Router<APIContext> {
        let router = Router(context: APIContext.self)
        router.add(middleware: RequestLog(audit: daemon.audit))
        router.add(middleware: ProblemMiddleware())
        addHealth(to: router, daemon)
        let access = AccessMiddleware(keys: keys, failures: FailureLimit(), isBehindProxy: isBehindProxy)
        BatchResults.add(to: router, batches)
        MarketingAPI(daemon: daemon, batches: batches).add(to: router, access: access)
        V1API(daemon: daemon).add(to: router, access: access)
        CalendarSubscription(daemon: daemon, access: access).add(to: router)
        pages?.add(to: router)
        return router
    }

    /// What those ask who watch over the process.
    private static func addHealth(to router: Router<APIContext>, _ daemon: Daemon) {
        router.get("/healthz") { _, _ in "ok\n" }
        // Ready is who can say how the ledgers stand, and can write them.
        router.get("/readyz") { _, _ in
            let stalled = try await onDisk { try daemon.webhooks.summaries() }.filter(\.isStalled)
            return stalled.isEmpty && daemon.webhooks.isSending && !daemon.batchWebhooks.isStalled
                ? Response(status: .ok, body: .init(byteBuffer: ByteBuffer(string: "ok\n")))
                : Response(status: .serviceUnavailable, body: .init(byteBuffer: ByteBuffer(string: "stalled\n")))
        }
        router.get("/metrics") { _, _ in
            let text = try await onDisk {
                var text = MetricsText()
                FanOutMetrics.write(daemon.fanOuts, to: &text)
                try WebhookMetrics.write(daemon.webhooks, now: Int64(Date().timeIntervalSince1970), to: &text)
                ProcessMetrics.write(to: &text)
                return text.text
            }
            var headers = HTTPFields()
            headers[.contentType] = MetricsText.contentType
            return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(string: text)))
        }
    }
}
