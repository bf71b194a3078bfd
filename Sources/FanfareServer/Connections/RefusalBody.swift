import FanfareJob
import Foundation
import HTTPTypes
import NIOCore
import NIOHTTP1

/// Gives a body to the refusals of layers beneath the API: of a head that cannot be read, or is too large, and of a
/// request that comes too slowly.
///
/// Clients of Mailchimp's take an error without a body, or without a type of it, for success.
///
/// Thread: the connection's event loop.
final class RefusalBody: ChannelOutboundHandler {
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .head(var head) = unwrapOutboundIn(data), let problem = Self.problem(head) else {
            return context.write(data, promise: promise)
        }
        let id = UUID().uuidString.lowercased()
        let body = ByteBuffer(bytes: problem.body(id: id).compactBytes)
        for (name, value) in problem.headers(id: id).map({ ($0.name.rawName, $0.value) }) {
            head.headers.replaceOrAdd(name: name, value: value)
        }
        head.headers.replaceOrAdd(name: "Content-Length", value: String(body.readableBytes))
        context.write(wrapOutboundOut(.head(head)), promise: promise)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    }

    /// - Returns: Nil for an answer that is no refusal, or says itself why it is one.
    private static func problem(_ head: HTTPResponseHead) -> Problem? {
        guard head.status.code >= 400, head.headers.first(name: "Content-Length") == "0",
            !head.headers.contains(name: "Content-Type")
        else { return nil }
        let detail =
            head.status == .requestTimeout
            ? "The request did not come whole in time."
            : "The request could not be read: its head is no HTTP/1.1, or has more than \(ConnectionLimits.head) bytes, "
                + "\(ConnectionLimits.headField) in one field or the path, or \(ConnectionLimits.headFields) fields."
        return Problem(
            status: .init(code: Int(head.status.code), reasonPhrase: head.status.reasonPhrase),
            title: head.status.reasonPhrase,
            detail: detail
        )
    }
}
