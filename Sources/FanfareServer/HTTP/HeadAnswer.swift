import HTTPTypes
import Hummingbird

/// Answers HEAD as GET, without the body (RFC 9110, 9.3.2), whatever comes of it: a client takes a body for the next
/// answer of the connection.
struct HeadAnswer: HTTPResponder {
    typealias Context = APIContext

    let next: any HTTPResponder<APIContext>

    func respond(to request: Request, context: APIContext) async throws -> Response {
        guard request.method == .head else { return try await next.respond(to: request, context: context) }
        var head = request.head
        head.method = .get
        let whole = Request(head: head, body: request.body)
        return try await next.respond(to: whole, context: context).createHeadResponse()
    }
}
