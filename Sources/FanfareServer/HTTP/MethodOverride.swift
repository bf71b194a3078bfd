import HTTPTypes
import Hummingbird

/// Takes a POST for the method that its `X-HTTP-Method-Override` names, for clients and proxies that know but two.
///
/// It stands before the router, which finds a resource by its method.
struct MethodOverride: HTTPResponder {
    typealias Context = APIContext

    let router: any HTTPResponder<APIContext>

    private static let name = HTTPField.Name("X-HTTP-Method-Override")
    private static let methods: Set<String> = ["GET", "POST", "PUT", "PATCH", "DELETE"]

    func respond(to request: Request, context: APIContext) async throws -> Response {
        guard let name = Self.name, let wanted = request.headers[name]?.uppercased() else {
            return try await router.respond(to: request, context: context)
        }
        guard request.method == .post else {
            return try Problem.invalidOverride("X-HTTP-Method-Override goes with POST alone.")
                .response(from: request, context: context)
        }
        guard Self.methods.contains(wanted), let method = HTTPRequest.Method(wanted) else {
            return try Problem.invalidOverride("X-HTTP-Method-Override is one of: GET, POST, PUT, PATCH, DELETE.")
                .response(from: request, context: context)
        }
        var head = request.head
        head.method = method
        return try await router.respond(to: Request(head: head, body: request.body), context: context)
    }
}
