import Fanfare
import Glibc
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Offers metrics at `/metrics`, on a thread of its own: HTTP/1.1, one request a connection.
///
/// Whoever connects is a stranger: there are ``Limits/connections`` at a time, each ends after ``Limits/seconds`` and
/// may send ``Limits/headBytes``.
final class MetricsServer: Sendable {
    /// What a client may do.
    enum Limits {
        /// At one time; more are closed unanswered.
        static let connections = 16
        /// From the first byte to the last of the answer.
        static let seconds: Int64 = 10
        /// Of request line and headers.
        static let headBytes = 8192
    }

    /// What it answers with. In a structure, as a function that is read out of a box by itself comes back wrapped once
    /// more with each reading.
    private struct Content {
        var write: @Sendable (inout MetricsText) -> Void = { _ in }
    }

    /// Where it listens.
    let address: String
    private let group: MultiThreadedEventLoopGroup
    private let content: NIOLockedValueBox<Content>

    /// Starts listening.
    ///
    /// - Throws: ``MetricsUnavailable`` when the address cannot be had.
    init(_ address: MetricsAddress) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let content = NIOLockedValueBox(Content())
        let open = NIOLockedValueBox(0)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 64)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                let number = open.withLockedValue { open in
                    open += 1
                    return open
                }
                channel.closeFuture.whenComplete { _ in open.withLockedValue { $0 -= 1 } }
                guard number <= Limits.connections else { return channel.close() }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        MetricsExchange {
                            var text = MetricsText()
                            content.withLockedValue { $0.write }(&text)
                            ProcessMetrics.write(to: &text)
                            return text.text
                        }
                    )
                }
            }
        do {
            let listening = try await bootstrap.bind(host: address.host, port: address.port).get()
            let port = listening.localAddress?.port ?? address.port
            self.address = MetricsAddress("\(address.host):\(port)")?.description ?? "[\(address.host)]:\(port)"
        } catch {
            // Nothing runs on its thread yet; why the port could not be bound is what the operator must know.
            try? await group.shutdownGracefully()
            throw MetricsUnavailable(address: address, error: error)
        }
        self.group = group
        self.content = content
    }

    /// What is offered beside the process's own metrics, from now on.
    func offer(_ content: @escaping @Sendable (inout MetricsText) -> Void) {
        self.content.withLockedValue { $0.write = content }
    }
}

/// Metrics cannot be offered where they were asked for.
struct MetricsUnavailable: Error, CustomStringConvertible {
    let address: MetricsAddress
    let error: any Error

    var description: String {
        let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? String(describing: error)
        return "cannot offer metrics on \(address): \(reason); nothing was sent. Choose another port with --metrics"
    }
}

/// One connection: reads a request's head, answers, closes.
private final class MetricsExchange: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let page: () -> String
    private var head: [UInt8] = []
    private var isAnswered = false
    private var deadline: Scheduled<Void>?

    init(page: @escaping () -> String) { self.page = page }

    func channelActive(context: ChannelHandlerContext) {
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(MetricsServer.Limits.seconds)) {
            context.close(promise: nil)
        }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isAnswered { return }
        head += unwrapInboundIn(data).readableBytesView
        if head.count > MetricsServer.Limits.headBytes {
            return answer("431 Request Header Fields Too Large", "the request is too long\n", context)
        }
        guard let end = endOfHead else { return }
        respond(String(decoding: head[..<end], as: UTF8.self), context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// Where the empty line begins.
    private var endOfHead: Int? {
        let mark = Array("\r\n\r\n".utf8)
        guard head.count >= mark.count else { return nil }
        return (0...(head.count - mark.count)).first { head[$0..<($0 + mark.count)].elementsEqual(mark) }
    }

    private func respond(_ head: String, _ context: ChannelHandlerContext) {
        let words = head.prefix { $0 != "\r\n" && $0 != "\n" }.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[2].hasPrefix("HTTP/1.") else {
            return answer("400 Bad Request", "this is no HTTP/1 request\n", context)
        }
        guard words[0] == "GET" || words[0] == "HEAD" else {
            return answer("405 Method Not Allowed", "accepted: GET\n", context, ["Allow: GET, HEAD"])
        }
        guard words[1].prefix(while: { $0 != "?" }) == "/metrics" else {
            return answer("404 Not Found", "metrics are at /metrics\n", context)
        }
        answer(
            "200 OK",
            page(),
            context,
            ["Content-Type: \(MetricsText.contentType)"],
            isHead: words[0] == "HEAD"
        )
    }

    private func answer(
        _ status: String,
        _ text: String,
        _ context: ChannelHandlerContext,
        _ headers: [String] = [],
        isHead: Bool = false
    ) {
        isAnswered = true
        head = []
        var lines = ["HTTP/1.1 \(status)"] + headers
        if !headers.contains(where: { $0.hasPrefix("Content-Type") }) { lines.append("Content-Type: text/plain") }
        lines += ["Content-Length: \(text.utf8.count)", "Connection: close", "", ""]
        var buffer = context.channel.allocator.buffer(capacity: text.utf8.count + 256)
        buffer.writeString(lines.joined(separator: "\r\n"))
        if !isHead { buffer.writeString(text) }
        context.writeAndFlush(wrapOutboundOut(buffer)).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }
}
