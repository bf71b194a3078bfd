import Fanfare
import FanfareControl
import FanfareJob
import HTTPTypes
import Hummingbird

/// The one switch that stops all sending.
extension V1API {
    var stopOperations: [Operation] {
        [
            Operation(
                method: .get,
                path: "/stop",
                id: "getStop",
                summary: "Whether everything is stopped, since when, by whom and why",
                scope: .view,
                answer: .json(JSONSchema.named("Stop"), "How the switch stands."),
                handler: { request, _ in try JSONAnswer.make(StopJSON.value(daemon.stop), for: request) }
            ),
            Operation(
                method: .post,
                path: "/stop-all",
                id: "stopAll",
                summary: "Stops everything that is sent",
                description: """
                    Within a second no fan-out, no journey and no webhook begins a request; what is in flight ends by \
                    itself and is counted. It holds over restarts, until resume-all. Who stopped it first stays named.
                    """,
                scope: .send,
                body: JSONSchema.named("StopOrder"),
                needsBody: false,
                answer: .json(JSONSchema.named("Stop"), "How the switch stands."),
                handler: { request, context in
                    // Whoever is in a hurry says nothing.
                    let text = try await request.text(context)
                    let reason = text.isEmpty ? nil : try Request.decode(StopBody.self, from: text).reason
                    let order = StopOrder(by: context.author, reason: reason)
                    return try await answer(request) { $0.stopAll(order) }
                }
            ),
            Operation(
                method: .post,
                path: "/resume-all",
                id: "resumeAll",
                summary: "Lets everything go on that was stopped by stop-all",
                description: "What was paused by itself stays paused.",
                scope: .send,
                answer: .json(JSONSchema.named("Stop"), "How the switch stands."),
                handler: { request, _ in try await answer(request) { $0.resumeAll() } }
            ),
        ]
    }

    private func answer(
        _ request: Request,
        _ order: @escaping @Sendable (Daemon) -> ControlAnswer
    ) async throws -> Response {
        let answer = try await onDisk { [daemon] in order(daemon) }
        guard case nil = answer.refusal else {
            throw Problem(status: .internalServerError, title: "InternalServerError", detail: answer.message)
        }
        return try JSONAnswer.make(StopJSON.value(daemon.stop), for: request)
    }
}

/// Why everything is to be stopped.
struct StopBody: Decodable, Sendable {
    private enum CodingKeys: String, CodingKey, CaseIterable { case reason }

    let reason: String?

    init(from decoder: any Decoder) throws {
        reason = try decoder.members(CodingKeys.self).text(.reason, length: 1...StopOrder.longest)
    }

    static let schema = JSONSchema.object(
        ["reason": JSONSchema.text("Shown to whoever asks why nothing is sent.", length: 1...StopOrder.longest)],
        optional: ["reason"]
    )
}

/// Writes how the switch stands.
enum StopJSON {
    static func value(_ stop: PulledStop?) -> JSONValue {
        .object([
            "is_stopped": .bool(stop != nil), "since": .moment(stop?.at), "by": .orNull(stop?.order.by),
            "reason": .orNull(stop?.order.reason),
        ])
    }

    static let schema = JSONSchema.object([
        "is_stopped": JSONSchema.flag("Whether nothing is sent."),
        "since": JSONSchema.orNull(JSONSchema.time()),
        "by": JSONSchema.orNull(JSONSchema.text("Who stopped it: a user of the machine, or a key by its id.")),
        "reason": JSONSchema.orNull(JSONSchema.text()),
    ])
}
