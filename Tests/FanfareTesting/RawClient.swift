import NIOCore
public import NIOHTTP1
import NIOPosix

/// One plain HTTP/1.1 connection to loopback, for testing receivers: one exchange at a time.
public struct RawClient: Sendable {
    /// What is sent.
    public struct Request: Sendable {
        /// The head; `Host` and `Content-Length` are added.
        public var head: HTTPRequestHead
        /// The body.
        public var body: String

        /// A POST.
        ///
        /// - Parameters:
        ///   - target: Path and query.
        ///   - id: The `webhook-id`; nil: none.
        ///   - headers: Further headers.
        ///   - body: The body.
        public static func post(
            _ target: String,
            id: String?,
            headers: KeyValuePairs<String, String> = [:],
            body: String = ""
        ) -> Self {
            var headers = HTTPHeaders(headers.map { ($0.key, $0.value) })
            if let id { headers.add(name: "webhook-id", value: id) }
            return Request(head: .init(version: .http1_1, method: .POST, uri: target, headers: headers), body: body)
        }
    }

    /// What came back.
    public struct Answer: Sendable {
        /// The status code.
        public var status: Int
        /// The headers, names in lower case; of several with one name the last.
        public var headers: [String: String]
        /// The body.
        public var body: String
    }

    /// The connection was closed before a whole answer had come.
    public struct Closed: Error {}

    private let channel: NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>
    private let exchanges: AsyncStream<Exchange>.Continuation
    private let runner: Task<Void, any Error>

    private struct Exchange: Sendable {
        var request: Request
        var answer: CheckedContinuation<Answer, any Error>
    }

    /// Connects.
    ///
    /// - Parameter port: A port of 127.0.0.1.
    /// - Throws: What connecting threw.
    public init(port: Int) async throws {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    return try NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>(
                        wrappingChannelSynchronously: channel
                    )
                }
            }
        let (stream, continuation) = AsyncStream.makeStream(of: Exchange.self)
        self.channel = channel
        exchanges = continuation
        runner = Task { try await Self.run(stream, on: channel) }
    }

    /// Sends a request and waits for its answer.
    ///
    /// - Parameter request: What is sent.
    /// - Returns: What came back.
    /// - Throws: ``Closed``, or the `IOError` of a connection that was reset.
    public func exchange(_ request: Request) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            let exchange = Exchange(request: request, answer: continuation)
            if case .terminated = exchanges.yield(exchange) { continuation.resume(throwing: Closed()) }
        }
    }

    /// Closes the connection.
    ///
    /// - Throws: What closing threw.
    public func close() async throws {
        exchanges.finish()
        try await runner.value
    }

    private static func run(
        _ exchanges: AsyncStream<Exchange>,
        on channel: NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>
    ) async throws {
        try await channel.executeThenClose { inbound, outbound in
            var parts = inbound.makeAsyncIterator()
            for await exchange in exchanges {
                do {
                    try await send(exchange.request, to: outbound)
                    exchange.answer.resume(returning: try await receive(&parts))
                } catch {
                    exchange.answer.resume(throwing: error)
                }
            }
        }
    }

    private static func send(
        _ request: Request,
        to outbound: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>
    ) async throws {
        var head = request.head
        head.headers.replaceOrAdd(name: "host", value: "127.0.0.1")
        head.headers.replaceOrAdd(name: "content-length", value: String(request.body.utf8.count))
        // At once: a receiver may answer and close as soon as it has all that the length promises.
        let body = ByteBuffer(string: request.body)
        try await outbound.write(contentsOf: [.head(head), .body(.byteBuffer(body)), .end(nil)])
    }

    private static func receive(
        _ parts: inout NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator
    ) async throws -> Answer {
        var answer = Answer(status: 0, headers: [:], body: "")
        while let part = try await parts.next() {
            switch part {
            case .head(let head):
                answer.status = Int(head.status.code)
                for (name, value) in head.headers { answer.headers[name.lowercased()] = value }
            case .body(let bytes): answer.body += String(buffer: bytes)
            case .end: return answer
            }
        }
        throw Closed()
    }
}
