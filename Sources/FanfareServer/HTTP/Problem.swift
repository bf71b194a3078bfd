import FanfareAudience
import FanfareCampaigns
import FanfareJob
import FanfareStore
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// An answer that says what is wrong: problem+json with Mailchimp's titles (Marketing API 3.0, "Errors").
struct Problem: HTTPResponseError {
    struct Field: Sendable {
        let field: String
        let message: String
    }

    let status: HTTPResponse.Status
    let title: String
    let detail: String
    var errors: [Field] = []

    func response(from request: Request, context: some RequestContext) throws -> Response {
        let id = UUID().uuidString.lowercased()
        let fields = errors.map { JSONValue.object(["field": .string($0.field), "message": .string($0.message)]) }
        var body = JSONValue.object([
            "type": "https://mailchimp.com/developer/marketing/docs/errors/", "title": .string(title),
            "status": .number(String(status.code)), "detail": .string(detail), "instance": .string(id),
        ])
        if !errors.isEmpty { body = body.adding(["errors": .array(fields)]) }
        var headers = HTTPFields()
        headers[.contentType] = "application/problem+json; charset=utf-8"
        if let name = HTTPField.Name("X-Request-Id") { headers[name] = id }
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: body.compact)))
    }

    /// Of a value that is not accepted.
    static func unfit(_ field: String, _ message: String) -> Problem {
        .invalid("The resource submitted could not be validated.", field, message)
    }

    static let notFound = Problem(
        status: .notFound,
        title: "Resource Not Found",
        detail: "The requested resource could not be found."
    )
    static let invalidKey = Problem(
        status: .unauthorized,
        title: "API Key Invalid",
        detail: "Your API key may be invalid, or you've attempted to access the wrong datacenter."
    )
    static let tooManyFailures = Problem(
        status: .tooManyRequests,
        title: "Too Many Requests",
        detail: "Too many requests without a valid key came from this address; try again in a minute."
    )
    static let notJSON = Problem(
        status: .badRequest,
        title: "JSON Parse Exception",
        detail: "We encountered an unspecified JSON parsing error."
    )
    static let tooLarge = Problem(
        status: .contentTooLarge,
        title: "Request Entity Too Large",
        detail: "A body has at most \(APIContext.largestBody) bytes."
    )

    static func forbidden(_ detail: String) -> Problem {
        Problem(status: .forbidden, title: "Forbidden", detail: detail)
    }

    static func badRequest(_ detail: String) -> Problem {
        Problem(status: .badRequest, title: "Bad Request", detail: detail)
    }

    static func invalid(_ detail: String, _ field: String? = nil, _ message: String? = nil) -> Problem {
        Problem(
            status: .badRequest,
            title: "Invalid Resource",
            detail: detail,
            errors: field.map { [Field(field: $0, message: message ?? detail)] } ?? []
        )
    }
}

extension Problem {
    /// What an error of the modules beneath is to a caller.
    init(_ error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let error as AudienceError: self = Problem(audience: error)
        case let error as WebhookError:
            self =
                error.code == .unknownWebhook
                ? .notFound : .unfit("url", error.message)
        case let error as DecodingError: self = Problem(decoding: error)
        case let error as any HTTPResponseError where error.status == .contentTooLarge: self = .tooLarge
        case let error as any HTTPResponseError where error.status.code < 500:
            self =
                error.status == .notFound
                ? .notFound : Problem(status: error.status, title: error.status.reasonPhrase, detail: "\(error)")
        default: self = Problem(agent: error)
        }
    }

    private init(audience error: AudienceError) {
        switch error.code {
        case .unknownAudience, .unknownContact, .unknownTag, .unknownSegment, .unknownGroup: self = .notFound
        // One that the path names, and not the body.
        case .unknownField where error.field == nil: self = .notFound
        case .contactExists:
            self.init(status: .badRequest, title: "Member Exists", detail: error.message)
        case .storage: self = Problem(agent: error)
        default: self = .invalid(error.message, error.field, error.message)
        }
    }

    /// Names where in the body it is, and what was expected there.
    private init(decoding error: DecodingError) {
        func place(_ path: [any CodingKey]) -> String {
            path.map { $0.intValue.map { "\($0)" } ?? $0.stringValue }.joined(separator: ".")
        }
        switch error {
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            self = .notJSON
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            let field = place(context.codingPath)
            self = .unfit(field, context.debugDescription)
        case .keyNotFound(let key, let context):
            let field = place(context.codingPath + [key])
            self = .unfit(field, "This value is required.")
        @unknown default: self = .badRequest("The body could not be read.")
        }
    }

    /// What is nobody's fault but ours; what it is stands in the log alone.
    private init(agent error: any Error) {
        let beneath = (error as? AudienceError)?.cause ?? error
        if StoreError(beneath, path: "the data directory").code == .diskFull {
            self.init(
                status: .init(code: 507, reasonPhrase: "Insufficient Storage"),
                title: "Insufficient Storage",
                detail: "The disk is full; nothing was changed."
            )
        } else {
            self.init(status: .internalServerError, title: "InternalServerError", detail: "An error has occurred.")
        }
    }
}

/// Turns every error into a problem.
struct ProblemMiddleware: RouterMiddleware {
    typealias Context = APIContext

    func handle(
        _ request: Request,
        context: APIContext,
        next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        do {
            if let name = HTTPField.Name("X-HTTP-Method-Override"), request.headers[name] != nil {
                throw Problem(
                    status: .unprocessableContent,
                    title: "InvalidMethodOverride",
                    detail: "X-HTTP-Method-Override is not supported; use the method itself."
                )
            }
            return try await next(request, context)
        } catch {
            let problem = Problem(error)
            if problem.status.code >= 500 {
                context.logger.error("a request failed", metadata: ["error": "\(error)"])
            }
            return try problem.response(from: request, context: context)
        }
    }
}
