import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix

/// An HTTP/1.1 server that hands every request to a closure and does what the closure replies.
///
/// It can close its port and open it again, as a receiver does that is restarted.
public final class Receiver: Sendable {
    /// Decides what becomes of a request, on an event loop: it must not block.
    public typealias Responder = @Sendable (ReceivedRequest) -> Reply

    /// Where a receiver listens and how much it takes.
    public struct Options: Sendable {
        /// A numeric address or a name.
        public var host = "127.0.0.1"
        /// 0: any free port.
        public var port = 0
        /// Event loops, from 1.
        public var threads = 1
        /// A longer body is answered 413 and its connection closed.
        public var maxBodyBytes = 16 << 20
        /// A connection is reset, unanswered, as soon as so many bytes of a body have come; nil: never.
        public var resetsAfterBodyBytes: Int?
        /// The defaults: loopback, any free port, one thread.
        public init() {}
    }

    private struct State {
        var listening: (any Channel)?
        var connections: [ObjectIdentifier: any Channel] = [:]
        var accepted = 0
    }

    /// The port it listens on, the same one for as long as it lives.
    public let port: Int
    private let options: Options
    private let exchanges = ExchangeCount()
    private let group: MultiThreadedEventLoopGroup
    private let responder: Responder
    private let state: NIOLockedValueBox<State>

    /// Starts listening.
    ///
    /// - Parameters:
    ///   - options: Where and how much.
    ///   - responder: Decides what becomes of each request.
    /// - Throws: What binding threw (`IOError`), for example for a port in use.
    public init(options: Options = Options(), responder: @escaping Responder) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: options.threads)
        let state = NIOLockedValueBox(State())
        let bootstrap = Self.bootstrap(
            group: group,
            options: options,
            state: state,
            exchanges: exchanges,
            responder: responder
        )
        do {
            let listening = try await bootstrap.bind(host: options.host, port: options.port).get()
            state.withLockedValue { $0.listening = listening }
            port = listening.localAddress?.port ?? options.port
        } catch {
            // Nothing runs on its threads yet; why the port could not be bound is what the caller must know.
            try? await group.shutdownGracefully()
            throw error
        }
        self.options = options
        self.group = group
        self.responder = responder
        self.state = state
    }

    /// Connections accepted so far.
    public var acceptedConnections: Int { state.withLockedValue { $0.accepted } }

    /// Connections open now.
    public var openConnections: Int { state.withLockedValue { $0.connections.count } }

    /// Requests that wait for their reply now.
    public var openRequests: Int { exchanges.open }

    /// The most requests that waited for their reply at one time.
    public var peakOpenRequests: Int { exchanges.peak }

    /// Closes the port and every connection: whoever connects is refused until ``listenAgain()``.
    public func refuse() async {
        let channels = state.withLockedValue { state -> [any Channel] in
            defer { state.listening = nil }
            return (state.listening.map { [$0] } ?? []) + state.connections.values
        }
        for channel in channels { channel.close(promise: nil) }
        // What is registered on this future first, the count of open connections, has happened when it is over. It
        // cannot fail.
        for channel in channels { try? await channel.closeFuture.get() }
    }

    /// Opens the port again that ``refuse()`` closed.
    ///
    /// - Throws: What binding threw: somebody else may have taken the port.
    public func listenAgain() async throws {
        let bootstrap = Self.bootstrap(
            group: group,
            options: options,
            state: state,
            exchanges: exchanges,
            responder: responder
        )
        let listening = try await bootstrap.bind(host: options.host, port: port).get()
        state.withLockedValue { $0.listening = listening }
    }

    /// Closes port and connections and ends the threads; nothing may be called afterwards.
    public func stop() async throws {
        await refuse()
        try await group.shutdownGracefully()
    }

    private static func bootstrap(
        group: MultiThreadedEventLoopGroup,
        options: Options,
        state: NIOLockedValueBox<State>,
        exchanges: ExchangeCount,
        responder: @escaping Responder
    ) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // One read an event: a second would find nothing, as a peer that waits for its answer has nothing to send.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                let number = state.withLockedValue { state -> Int in
                    state.connections[ObjectIdentifier(channel)] = channel
                    state.accepted += 1
                    return state.accepted
                }
                channel.closeFuture.whenComplete { _ in
                    state.withLockedValue { _ = $0.connections.removeValue(forKey: ObjectIdentifier(channel)) }
                }
                return channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
                    try pipeline.addHandler(
                        ExchangeHandler(
                            connection: number,
                            limits: options,
                            exchanges: exchanges,
                            responder: responder
                        )
                    )
                }
            }
    }
}
