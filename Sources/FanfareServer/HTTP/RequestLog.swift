import Fanfare
import FanfareStore
import HTTPTypes
import Hummingbird
import Logging

/// Gives each request its id, and tells the log and the audit trail what became of it: the route's pattern, never the
/// path, which may hold an address, nor the query.
struct RequestLog: RouterMiddleware {
    typealias Context = APIContext

    let audit: AuditLog

    func handle(
        _ request: Request,
        context: APIContext,
        next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let began = ContinuousClock.now
        var context = context
        // One id is enough; the framework's own counts from the start of the process.
        context.logger[metadataKey: "hb.request.id"] = nil
        context.logger[metadataKey: "request_id"] = "\(context.trace.id)"
        // Errors are made into answers further in; what comes here is a broken connection.
        var response = try await next(request, context)
        response.headers[.requestID] = context.trace.id
        let status = response.status.code
        context.logger.log(
            level: status >= 500 ? .error : .info,
            "request",
            metadata: [
                "method": "\(request.method.rawValue)", "route": "\(context.endpointPath ?? "none")",
                "status": .stringConvertible(status), "ms": .stringConvertible(Self.milliseconds(since: began)),
                "key": "\(context.trace.key ?? "none")",
            ]
        )
        note(request, context, status)
        return response
    }

    /// Of two decimals.
    private static func milliseconds(since began: ContinuousClock.Instant) -> Double {
        let took = (ContinuousClock.now - began) / .milliseconds(1)
        return (took * 100).rounded() / 100
    }

    /// The hosted pages, on which contacts change what is theirs.
    private static let pages = ["/subscribe/", "/preferences/", "/unsubscribe/"]

    /// What was changed, or was to be, by somebody who has a key, or on a page.
    private func note(_ request: Request, _ context: APIContext, _ status: Int) {
        if request.method == .get || request.method == .head { return }
        let path = context.endpointPath ?? "none"
        guard let actor = context.trace.key ?? (Self.pages.contains { path.hasPrefix($0) } ? "page" : nil)
        else { return }
        audit.note(
            AuditEntry(
                time: currentUnixTime(),
                actor: actor,
                action: request.method.rawValue + " " + path,
                object: objects(of: context),
                result: String(status)
            )
        )
    }

    /// The parts of the path that are ids of ours. A member is named by its address or a hash of it, which is left out.
    private func objects(of context: APIContext) -> String {
        context.parameters.compactMap { name, value -> String? in
            // By bytes: a substring's `hasSuffix` walks its characters.
            guard name == "list" || name.utf8.suffix(3).elementsEqual("_id".utf8), value.utf8.count <= 40,
                value.utf8.allSatisfy(isPlain)
            else { return nil }
            return "\(name == "list" ? name : name.dropLast(3)) \(value)"
        }.sorted().joined(separator: ", ")
    }

    /// Letters, digits, `-` and `_`: nothing else is in an id, and none of an address without `@`.
    private func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
