import Fanfare
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Answers requests that commands of this machine make over the daemon's private socket: as over HTTP, without a key.
struct LocalAPI: Sendable {
    /// Bytes of an answer at most: in its line on the socket it may become twice as long.
    private static let longest = 1_900_000

    let api: any HTTPResponder<APIContext>
    let logger: Logger

    /// Answers a request. What the interface refuses is an answer too.
    func answer(_ request: ControlRequest) async -> ControlAnswer {
        guard let call = request.call, call.path.hasPrefix(APICall.base), let request = Self.request(call) else {
            return ControlAnswer("a method and a path below \(APICall.base) are needed", refusal: .malformed)
        }
        var logger = logger
        logger[metadataKey: "hb.request.id"] = "local"
        do {
            let context = APIContext(operator: call.by, logger: logger)
            let response = try await api.respond(to: request, context: context)
            let body = try await response.collected(upTo: Self.longest)
            return ControlAnswer("", reply: APIReply(status: response.status.code, body: String(buffer: body)))
        } catch is Response.TooLong {
            return ControlAnswer("the answer is too long for a command: ask for a part of it", refusal: .invalid)
        } catch {
            logger.error("a request of a command failed", metadata: ["error": "\(error)"])
            return ControlAnswer("fanfare serve could not answer; its log says why", refusal: .failed)
        }
    }

    private static func request(_ call: APICall) -> Request? {
        guard let method = HTTPRequest.Method(call.method) else { return nil }
        var headers = HTTPFields()
        if call.body != nil { headers[.contentType] = call.contentType }
        let head = HTTPRequest(method: method, scheme: "http", authority: nil, path: call.path, headerFields: headers)
        return Request(head: head, body: RequestBody(buffer: ByteBuffer(string: call.body ?? "")))
    }
}
