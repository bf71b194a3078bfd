import NIOCore
import NIOHTTP1

/// Answers `Expect: 100-continue`: who asks before sending a body is told to go on (RFC 9110, 10.1.1).
///
/// Without it such a client waits, curl for a second, and sends the body all the same. One whose body is too large by its
/// own word is told nothing here: its refusal comes next. An interim answer comes behind the final ones of all earlier
/// requests of the connection.
///
/// It stands before the codec of Hummingbird's types, which do not tell HTTP/1.0, where there are no interim answers; so
/// the ``Watchman`` does not take one for the beginning of a final one either.
///
/// Thread: the connection's event loop.
final class ContinueHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let largestBody: Int
    /// Requests whose final answer was not written whole.
    private var open = 0
    /// The last of them waits for its interim answer.
    private var isAwaited = false

    /// - Parameter largestBody: Bytes of a body that is read.
    init(largestBody: Int) { self.largestBody = largestBody }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            open += 1
            isAwaited = expectsContinue(head)
            if open == 1 { answer(context) }
        // The client did not wait.
        case .body, .end: isAwaited = false
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        context.write(data, promise: promise)
        guard case .end = unwrapOutboundIn(data) else { return }
        // What could not be read as a request is answered too, and was not counted.
        open = max(0, open - 1)
        if open == 1 { answer(context) }
    }

    private func answer(_ context: ChannelHandlerContext) {
        guard isAwaited else { return }
        isAwaited = false
        let head = HTTPResponseHead(version: .http1_1, status: .continue)
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
    }

    private func expectsContinue(_ head: HTTPRequestHead) -> Bool {
        guard head.version == .http1_1 else { return false }
        let expectations = head.headers[canonicalForm: "expect"]
        guard expectations.contains(where: { $0.lowercased() == "100-continue" }) else { return false }
        if head.headers.contains(name: "transfer-encoding") { return true }
        guard let length = head.headers.first(name: "content-length").flatMap({ Int($0) }) else { return false }
        return (1...largestBody).contains(length)
    }
}
