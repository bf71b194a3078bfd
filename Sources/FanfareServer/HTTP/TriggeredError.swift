import HTTPTypes
import Hummingbird

/// Answers with the error that a request's `X-Trigger-Error` names, so that a client's author sees how it fares with
/// one (Marketing API 3.0, "Errors"). Nothing else of the request is done.
struct TriggeredError: RouterMiddleware {
    typealias Context = APIContext

    private static let name = HTTPField.Name("X-Trigger-Error")
    private static let problems: [String: Problem] = [
        "APIKeyInvalid": .invalidKey,
        "APIKeyMissing": Problem(
            status: .unauthorized,
            title: "API Key Missing",
            detail: "Your request did not include an API key.",
            headers: Problem.invalidKey.headers
        ),
        "BadRequest": .badRequest("Your request could not be processed."),
        "Forbidden": .forbidden("You are not permitted to access this resource."),
        "InvalidAction": .invalidAction("The action requested was not valid for this resource."),
        "InvalidResource": .invalid("The resource submitted could not be validated."),
        "JSONParseException": .notJSON,
        "ResourceNotFound": .notFound,
        "TooManyRequests": Problem(
            status: .tooManyRequests,
            title: "Too Many Requests",
            detail: "You have exceeded the limit of 10 simultaneous connections.",
            headers: Problem.tooManyFailures.headers
        ),
    ]

    func handle(
        _ request: Request,
        context: APIContext,
        next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        guard let name = Self.name, let wanted = request.headers[name] else { return try await next(request, context) }
        throw Self.problems[wanted]
            ?? .badRequest("X-Trigger-Error is one of: \(Self.problems.keys.sorted().joined(separator: ", ")).")
    }
}
