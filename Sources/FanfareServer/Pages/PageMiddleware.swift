import HTTPTypes
import Hummingbird
import Logging

/// Turns what goes wrong on a hosted page into a calm page, which does not tell what it was.
struct PageMiddleware: RouterMiddleware {
    typealias Context = APIContext

    let templates: PageTemplates

    func handle(
        _ request: Request,
        context: APIContext,
        next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            switch error {
            case PageProblem.gone: return templates.message(.gone, status: .notFound)
            case PageProblem.noForm: return templates.message(.noForm, status: .badRequest)
            case PageProblem.tooMany:
                var answer = templates.message(.tooMany, status: .tooManyRequests)
                answer.headers[.retryAfter] = "600"
                return answer
            default: break
            }
            let status = Problem(error).status
            if status == .contentTooLarge { return templates.message(.noForm, status: status) }
            if status.code < 500 { return templates.message(.noForm, status: .badRequest) }
            // No path: it holds a token.
            context.logger.error("a hosted page failed", metadata: ["error": "\(error)"])
            return templates.message(.failed, status: status)
        }
    }
}

/// A page without a form.
struct PageMessage {
    let title: String
    let texts: [String]
    /// The audience's name; empty: there is none to name.
    var audience = ""
    /// Where one may go from there.
    var link: (url: String, text: String)?

    static let gone = PageMessage(
        title: "This link leads nowhere",
        texts: [
            "It may have been cut short on its way, or what it led to is not kept any more.",
            "If messages reach you that you do not want, answer one of them and say so.",
        ]
    )
    static let noForm = PageMessage(
        title: "That could not be read",
        texts: ["Please go back, and send the form once more."]
    )
    static let tooMany = PageMessage(
        title: "Please try again later",
        texts: ["Many sign-ups came from your network within a few minutes. Nothing was changed."]
    )
    static let failed = PageMessage(
        title: "That did not work",
        texts: ["The fault is ours, and nothing was changed. Please try again in a few minutes."]
    )
}
