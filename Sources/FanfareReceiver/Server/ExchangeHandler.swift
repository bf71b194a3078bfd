import Glibc
import NIOCore
import NIOHTTP1

/// One connection's requests, one at a time: what is pipelined waits for the reply before it.
///
/// It writes its answers as bytes: a request costs half of what it does with the encoder and the pipelining handler of
/// NIOHTTP1, and a receiver must cost less than the agent that it is tried with.
final class ExchangeHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    /// Requests that may wait behind the one that is being replied to; a peer that sends more is dropped.
    private static let backlogLimit = 64

    private let connection: Int
    private let limits: Receiver.Options
    private let exchanges: ExchangeCount
    private let responder: Receiver.Responder
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()
    private var requests = 0
    private var isReplying = false
    private var backlog: [(request: ReceivedRequest, keepAlive: Bool)] = []

    init(
        connection: Int,
        limits: Receiver.Options,
        exchanges: ExchangeCount,
        responder: @escaping Receiver.Responder
    ) {
        self.connection = connection
        self.limits = limits
        self.exchanges = exchanges
        self.responder = responder
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head, context: context)
        case .body(var part): add(&part, context: context)
        case .end: complete(context: context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        stopReplying()
        backlog.removeAll()
        context.fireChannelInactive()
    }

    private func begin(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
        self.head = head
        body = ByteBuffer()
        guard head.headers["expect"].contains(where: { $0.lowercased() == "100-continue" }) else { return }
        let proceed = context.channel.allocator.buffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n")
        context.writeAndFlush(wrapOutboundOut(proceed), promise: nil)
    }

    private func add(_ part: inout ByteBuffer, context: ChannelHandlerContext) {
        guard head != nil else { return }
        if body.readableBytes == 0 { body = part } else { body.writeBuffer(&part) }
        if let most = limits.resetsAfterBodyBytes, body.readableBytes >= most {
            head = nil
            reset(context: context)
        } else if body.readableBytes > limits.maxBodyBytes {
            head = nil
            write(Answer(status: 413, closes: true), context: context)
        }
    }

    private func complete(context: ChannelHandlerContext) {
        guard let head else { return }
        self.head = nil
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
        if !isReplying {
            reply(to: request, keepAlive: head.isKeepAlive, context: context)
        } else if backlog.count < Self.backlogLimit {
            backlog.append((request, head.isKeepAlive))
        } else {
            context.close(promise: nil)
        }
    }

    private func reply(to request: ReceivedRequest, keepAlive: Bool, context: ChannelHandlerContext) {
        isReplying = true
        exchanges.begin()
        let reply = responder(request)
        let isHead = request.method == .HEAD
        if reply.delay <= .zero {
            return end(reply.ending, keepAlive: keepAlive, withoutBody: isHead, context: context)
        }
        context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(reply.delay)) {
            guard context.channel.isActive else { return }
            self.end(reply.ending, keepAlive: keepAlive, withoutBody: isHead, context: context)
        }
    }

    private func end(_ ending: Reply.Ending, keepAlive: Bool, withoutBody: Bool, context: ChannelHandlerContext) {
        switch ending {
        case .answer(let status, let headers, let body):
            stopReplying()
            let answer = Answer(status: status, headers: headers, body: body, isHead: withoutBody, closes: !keepAlive)
            write(answer, context: context)
            replyToNext(context: context)
        case .close:
            context.close(promise: nil)
        case .reset:
            reset(context: context)
        case .resetInBody(let status, let sent, let declared):
            let part = Answer(status: status, body: String(repeating: ".", count: sent), declaredLength: declared)
            let written = context.writeAndFlush(wrapOutboundOut(part.bytes(context.channel.allocator)))
            written.assumeIsolated().whenComplete { _ in self.reset(context: context) }
        case .silence:
            break
        }
    }

    private func write(_ answer: Answer, context: ChannelHandlerContext) {
        let written: EventLoopPromise<Void>? = answer.closes ? context.eventLoop.makePromise() : nil
        context.writeAndFlush(wrapOutboundOut(answer.bytes(context.channel.allocator)), promise: written)
        written?.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    }

    private func replyToNext(context: ChannelHandlerContext) {
        guard !backlog.isEmpty, context.channel.isActive else { return }
        let next = backlog.removeFirst()
        reply(to: next.request, keepAlive: next.keepAlive, context: context)
    }

    private func stopReplying() {
        if isReplying { exchanges.end() }
        isReplying = false
    }

    /// Closes with RST: with a linger time of 0 the kernel drops what is unsent and says so to the peer.
    private func reset(context: ChannelHandlerContext) {
        if let socket = context.channel as? any SocketOptionProvider {
            socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenFailure { _ in }
        }
        context.close(promise: nil)
    }
}
