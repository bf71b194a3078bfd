import Fanfare
import FanfareAudience
import FanfareCampaigns
import FanfareJob
import FanfareStore
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1

/// An answer that says what is wrong: problem+json with Mailchimp's titles (Marketing API 3.0, "Errors").
struct Problem: HTTPResponseError {
    struct Field: Sendable {
        let field: String
        let message: String
    }

    /// Where the problems are described; the type of all of them.
    static let type = "https://mailchimp.com/developer/marketing/docs/errors/"

    let status: HTTPResponse.Status
    let title: String
    let detail: String
    var errors: [Field] = []
    /// Headers beside those of every problem.
    var headers = HTTPFields()

    func response(from request: Request, context: some RequestContext) throws -> Response {
        let id = (context as? APIContext)?.trace.id ?? UUID().uuidString.lowercased()
        let body = ByteBuffer(bytes: body(id: id).compactBytes)
        return Response(status: status, headers: headers(id: id), body: .init(byteBuffer: body))
    }

    /// - Parameter id: Of this answer.
    func headers(id: String) -> HTTPFields {
        var headers = self.headers
        headers[.contentType] = "application/problem+json; charset=utf-8"
        headers[.requestID] = id
        headers[.link] = "<\(Self.type)>; rel=\"describedBy\""
        return headers
    }

    /// - Parameter id: Of this answer.
    func body(id: String) -> JSONValue {
        let body = JSONValue.object([
            "type": .string(Self.type), "title": .string(title), "status": .number(String(status.code)),
            "detail": .string(detail), "instance": .string(id),
        ])
        let fields = errors.map { JSONValue.object(["field": .string($0.field), "message": .string($0.message)]) }
        return errors.isEmpty ? body : body.adding(["errors": .array(fields)])
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
    /// Of a path that leads nowhere, whatever it names.
    static let noResource = Problem(
        status: .notFound,
        title: "Resource Not Found",
        detail:
            "The requested resource could not be found: this is no path of Mailchimp's Marketing API 3.0 that "
            + "Fanfare serves, nor one of its own, which /v1/openapi.json lists."
    )
    /// Of a method that a resource does not have.
    static func notAllowed(_ methods: [HTTPRequest.Method]) -> Problem {
        var problem = Problem(
            status: .methodNotAllowed,
            title: "Method Not Allowed",
            detail: "The requested method and resource are not compatible. See the Allow header for this resource's "
                + "available methods."
        )
        problem.headers[.allow] = methods.map(\.rawValue).joined(separator: ", ")
        return problem
    }

    /// Of a header where it has no meaning, or one that it does not have.
    static func invalidOverride(_ detail: String) -> Problem {
        Problem(status: .unprocessableContent, title: "InvalidMethodOverride", detail: detail)
    }

    static let invalidKey = Problem(
        status: .unauthorized,
        title: "API Key Invalid",
        detail: "Your API key may be invalid, or you've attempted to access the wrong datacenter.",
        headers: [.wwwAuthenticate: #"Bearer realm="Fanfare", Basic realm="Fanfare""#]
    )
    static let ending = Problem(
        status: .serviceUnavailable,
        title: "Service Unavailable",
        detail: "Fanfare is ending; ask again when it has begun anew."
    )
    static let tooManyFailures = Problem(
        status: .tooManyRequests,
        title: "Too Many Requests",
        detail: "Too many requests without a valid key came from this address; try again in a minute.",
        headers: [.retryAfter: "60"]
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

    static let tooDeep = Problem(
        status: .badRequest,
        title: "JSON Parse Exception",
        detail: "A body has at most \(APIContext.deepestBody) levels of arrays and objects."
    )

    static func forbidden(_ detail: String) -> Problem {
        Problem(status: .forbidden, title: "Forbidden", detail: detail)
    }

    /// Of an order that cannot be followed now.
    static func invalidAction(_ detail: String) -> Problem {
        Problem(status: .badRequest, title: "Invalid Action", detail: detail)
    }

    /// Of what cannot be done as things stand.
    static func conflict(_ detail: String) -> Problem {
        Problem(status: .conflict, title: "Conflict", detail: detail)
    }

    /// Of fields that must be there and are not.
    static func missing(_ fields: [String]) -> Problem {
        Problem(
            status: .badRequest,
            title: "Invalid Resource",
            detail: "The resource submitted could not be validated.",
            errors: fields.map { Field(field: $0, message: "This value is required.") }
        )
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
                switch error.code {
                case .unknownWebhook: .notFound
                case .tooMany: .invalidAction(error.message)
                case .disabled: .conflict(error.message)
                default: .unfit("url", error.message)
                }
        case let error as CampaignError: self = Problem(campaign: error)
        case let error as JourneyError: self = Problem(journey: error)
        case let error as ResendError:
            self =
                switch error.code {
                case .unknown: .notFound
                case .refused: .conflict(error.message)
                case .ending: .ending
                }
        // What a stored job refers to and is not there, and what must be decided before anything is sent again.
        case let error as JobError: self = .conflict(error.description)
        case let error as JobRunError:
            self = error.code == .unknownFanOut ? .notFound : .conflict(error.message)
        // Both ends may be at fault; one of them has to be changed.
        case let error as CalendarError: self = .unfit("to", error.message)
        case let error as DeliveryLog.UnknownStart: self = .unfit("after", "\(error)")
        case let error as TooManyBatches:
            self.init(
                status: .tooManyRequests,
                title: "Too Many Requests",
                detail: "\(error).",
                headers: [.retryAfter: "60"]
            )
        case let error as DecodingError: self = Problem(decoding: error)
        case let error as any HTTPResponseError where error.status == .contentTooLarge: self = .tooLarge
        case let error as any HTTPResponseError where error.status.code < 500:
            self =
                error.status == .notFound
                ? .noResource : Problem(status: error.status, title: error.status.reasonPhrase, detail: "\(error)")
        default: self = Problem(agent: error)
        }
    }

    private init(journey error: JourneyError) {
        switch error.code {
        case .unknownJourney, .unknownPoint, .unknownContact:
            self = Problem(status: .notFound, title: "Resource Not Found", detail: error.message + ".")
        case .unfit:
            self = .invalid("The journey does not fit its audience.")
            errors = error.problems.map(Field.init)
            if errors.isEmpty { errors = [.init(field: "document", message: error.message)] }
        case .wrongState, .versionConflict, .contactsInPlace, .alreadyInside, .notEligible:
            self = .conflict(error.message + ".")
        case .notInPlan: self = .forbidden(error.message + ".")
        }
    }

    private init(audience error: AudienceError) {
        switch error.code {
        case .unknownAudience, .unknownContact, .unknownTag, .unknownSegment, .unknownGroup: self = .notFound
        // One that the path names, and not the body.
        case .unknownField where error.field == nil: self = .notFound
        case .contactExists:
            self.init(status: .badRequest, title: "Member Exists", detail: error.message)
        case .suppressed:
            self.init(status: .badRequest, title: "Forgotten Email Not Subscribed", detail: error.message)
        case .audienceInUse: self = .invalidAction(error.message)
        case .storage: self = Problem(agent: error)
        default: self = .invalid(error.message, error.field, error.message)
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

extension HTTPField.Name {
    /// Leads to what describes an answer.
    static let link = HTTPField.Name("Link").unsafelyUnwrapped
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
            return try await next(request, context)
        } catch let error as HTTPParserError {
            // The connection is of no further use, and is told so below.
            throw error
        } catch {
            let problem = Problem(error)
            if problem.status.code >= 500 {
                context.logger.error("a request failed", metadata: ["error": "\(error)"])
            }
            return try problem.response(from: request, context: context)
        }
    }
}
