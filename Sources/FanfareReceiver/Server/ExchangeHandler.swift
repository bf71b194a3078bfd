import Glibc
import NIOCore
import NIOHTTP1

/// One connection's requests, one at a time (the pipeline handler before it holds further ones back).
final class ExchangeHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let connection: Int
    private let maxBodyBytes: Int
    private let responder: Receiver.Responder
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()
    private var requests = 0

    init(connection: Int, maxBodyBytes: Int, responder: @escaping Receiver.Responder) {
        self.connection = connection
        self.maxBodyBytes = maxBodyBytes
        self.responder = responder
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body.clear()
            if head.headers["expect"].contains(where: { $0.lowercased() == "100-continue" }) {
                context.writeAndFlush(wrapOutboundOut(.head(.init(version: .http1_1, status: .continue))), promise: nil)
            }
        case .body(var part):
            guard head != nil else { return }
            guard body.readableBytes + part.readableBytes <= maxBodyBytes else { return refuseBody(context: context) }
            body.writeBuffer(&part)
        case .end:
            guard let head else { return }
            self.head = nil
            receive(head, context: context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func refuseBody(context: ChannelHandlerContext) {
        head = nil
        answer(413, headers: [:], body: "", keepAlive: false, context: context)
    }

    private func receive(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
        requests += 1
        let request = ReceivedRequest(
            method: head.method,
            target: head.uri,
            headers: head.headers,
            body: body,
            arrival: .now,
            connection: connection,
            positionInConnection: requests
        )
        let reply = responder(request)
        if reply.delay <= .zero { return end(reply.ending, keepAlive: head.isKeepAlive, context: context) }
        context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(reply.delay)) {
            self.end(reply.ending, keepAlive: head.isKeepAlive, context: context)
        }
    }

    private func end(_ ending: Reply.Ending, keepAlive: Bool, context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        switch ending {
        case .answer(let status, let headers, let body):
            answer(status, headers: headers, body: body, keepAlive: keepAlive, context: context)
        case .close:
            context.close(promise: nil)
        case .reset:
            reset(context: context)
        case .resetInBody(let status, let sent, let declared):
            let head = HTTPResponseHead(
                version: .http1_1,
                status: HTTPResponseStatus(statusCode: status),
                headers: ["content-length": String(declared)]
            )
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            let part = ByteBuffer(repeating: UInt8(ascii: "."), count: sent)
            let written = context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(part))))
            written.assumeIsolated().whenComplete { _ in self.reset(context: context) }
        case .silence:
            break
        }
    }

    private func answer(
        _ status: Int,
        headers: KeyValuePairs<String, String>,
        body: String,
        keepAlive: Bool,
        context: ChannelHandlerContext
    ) {
        var fields = HTTPHeaders(headers.map { ($0.key, $0.value) })
        let body = status == 204 ? "" : body
        if status != 204 { fields.replaceOrAdd(name: "Content-Length", value: String(body.utf8.count)) }
        if !keepAlive { fields.replaceOrAdd(name: "Connection", value: "close") }
        let closes = fields["connection"].contains { $0.lowercased() == "close" }
        let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: fields)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !body.isEmpty {
            let bytes = context.channel.allocator.buffer(string: body)
            context.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
        }
        let written = context.writeAndFlush(wrapOutboundOut(.end(nil)))
        if closes { written.assumeIsolated().whenComplete { _ in context.close(promise: nil) } }
    }

    /// Closes with RST: with a linger time of 0 the kernel drops what is unsent and says so to the peer.
    private func reset(context: ChannelHandlerContext) {
        if let socket = context.channel as? any SocketOptionProvider {
            socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenFailure { _ in }
        }
        context.close(promise: nil)
    }
}
