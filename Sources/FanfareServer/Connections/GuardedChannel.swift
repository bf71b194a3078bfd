import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOSSL

/// A connection of the server: HTTP/1.1 under its limits, over TLS where there is a certificate.
///
/// Hummingbird's own `TLSChannel` takes one certificate for the life of the process; this asks for it at each
/// connection.
struct GuardedChannel: HTTPChannelHandler {
    typealias Value = HTTP1Channel.Value

    private let http: HTTP1Channel
    private let certificates: Certificates?

    var responder: HTTPChannelHandler.Responder { http.responder }

    /// - Parameters:
    ///   - certificates: What it is secured with; nil: nothing.
    ///   - table: Where connections of one address are counted; nil: nowhere.
    ///   - responder: Answers requests.
    init(
        certificates: Certificates?,
        table: ConnectionTable?,
        responder: @escaping HTTPChannelHandler.Responder
    ) {
        self.certificates = certificates
        let configuration = HTTP1Channel.Configuration(
            additionalChannelHandlers: [Watchman(ConnectionLimits(), table)],
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: ConnectionLimits.headField,
                maxHeaderListSize: ConnectionLimits.head,
                maxHeaderFieldCount: ConnectionLimits.headFields
            )
        )
        http = HTTP1Channel(responder: responder, configuration: configuration)
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        guard let certificates else { return setUpHTTP(channel, logger) }
        return channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: certificates.context))
        }.flatMap {
            setUpHTTP(channel, logger)
        }
    }

    private func setUpHTTP(_ channel: any Channel, _ logger: Logger) -> EventLoopFuture<Value> {
        http.setup(channel: channel, logger: logger).flatMapThrowing { value in
            let operations = channel.pipeline.syncOperations
            let decoder = try operations.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            let handler = ContinueHandler(largestBody: APIContext.largestBody)
            try operations.addHandlers([RefusalBody(), handler], position: .after(decoder))
            return value
        }
    }

    func handle(value: Value, logger: Logger) async { await http.handle(value: value, logger: logger) }
}
