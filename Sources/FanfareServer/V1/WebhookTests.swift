import Fanfare
import FanfareCampaigns
import FanfareDelivery
import FanfareJob
import HTTPTypes
import Hummingbird

/// One webhook that is sent to try an endpoint, and what comes of it.
extension V1API {
    var webhookTestOperation: Operation {
        Operation(
            method: .post,
            path: "/webhooks/{webhook_id}/test",
            id: "testWebhook",
            summary: "Sends one webhook to try it, and waits for what comes back",
            description: """
                It tells of a contact that is made up, signed as any other. It stands in no log and is not sent again. A \
                webhook that is disabled can be tried too.
                """,
            scope: .send,
            parameters: [.id("webhook_id", of: "an audience webhook")],
            answer: .json(JSONSchema.named("WebhookTest"), "What came back; not accepted is an answer too."),
            handler: { request, context in
                let trial = try await webhooks.test(try context.part("webhook_id"))
                return try JSONAnswer.make(WebhookTestJSON.value(trial), for: request)
            }
        )
    }
}

/// Writes what came of a webhook that was tried.
enum WebhookTestJSON {
    static func value(_ trial: EventTrial) -> JSONValue {
        let times = trial.durations
        return .object([
            "webhook_id": .string(trial.id), "event": .string(trial.event), "url": .string(trial.url),
            "is_accepted": .bool(trial.isAccepted), "status": trial.status.map { .whole($0) } ?? .null,
            "reason": .orNull(trial.reason), "would_repeat": .bool(trial.wouldRepeat),
            "name_ms": milliseconds(times.name), "connected_ms": milliseconds(times.connect),
            "secured_ms": milliseconds(times.tls), "first_byte_ms": milliseconds(times.firstByte),
            "total_ms": milliseconds(times.total), "address": .orNull(trial.address),
            "http_version": .orNull(trial.httpVersion), "tls_version": .orNull(trial.tlsVersion),
            "headers": .string(trial.headers), "body": .string(trial.body), "is_body_cut": .bool(trial.isBodyCut),
        ])
    }

    private static func milliseconds(_ microseconds: Int64?) -> JSONValue {
        microseconds.map { .milliseconds($0) } ?? .null
    }

    static let schema = JSONSchema.object([
        "webhook_id": JSONSchema.text("What the receiver had in the header webhook-id."),
        "event": JSONSchema.text("What it claimed to tell of."),
        "url": JSONSchema.text("Where it was sent."),
        "is_accepted": JSONSchema.flag("Whether it was answered with 2xx."),
        "status": JSONSchema.orNull(JSONSchema.whole("HTTP status.")),
        "reason": JSONSchema.orNull(JSONSchema.text("Why it was not accepted.")),
        "would_repeat": JSONSchema.flag("Whether an event that ended so would be sent again."),
        "name_ms": time("for the look-up of its name"), "connected_ms": time("until it was connected"),
        "secured_ms": time("until TLS was agreed on"), "first_byte_ms": time("until the answer's first byte"),
        "total_ms": time("until its end"),
        "address": JSONSchema.orNull(JSONSchema.text("What was connected to.")),
        "http_version": JSONSchema.orNull(JSONSchema.text()),
        "tls_version": JSONSchema.orNull(JSONSchema.text()),
        "headers": JSONSchema.text("The answer's header lines."),
        "body": JSONSchema.text("How the answer's body began."),
        "is_body_cut": JSONSchema.flag("Whether the body went on."),
    ])

    private static func time(_ what: String) -> JSONValue {
        JSONSchema.orNull(JSONSchema.number("Milliseconds \(what); null where it did not come to it."))
    }
}
