import Fanfare
import FanfareAudience
import FanfareDelivery
import FanfareJob
import FanfareReport
import HTTPTypes
import Hummingbird

/// The log of deliveries: what became of each, whatever triggered it.
extension V1API {
    var deliveryOperations: [Operation] {
        [
            Operation(
                method: .get,
                path: "/deliveries",
                id: "listDeliveries",
                summary: "Deliveries, a page at a time",
                description: """
                    Deliveries come ledger by ledger: those of audience webhooks and journeys first, the newest first in each audience; \
                    then those of fan-outs, the newest fan-out first, each in the order of its recipients. A page may have \
                    fewer deliveries than asked for, none even; it was the last when `next` is null.
                    """,
                scope: .view,
                parameters: DeliverySelection.parameters + [
                    .query("limit", JSONSchema.whole(in: 1...1000), "How many at most; 100 unless given."),
                    .query("after", JSONSchema.text(length: 1...100), "`next` of the page before."),
                ],
                answer: .json(JSONSchema.named("DeliveryPage"), "A page of deliveries."),
                handler: list
            ),
            Operation(
                method: .get,
                path: "/deliveries/{delivery_id}",
                id: "getDelivery",
                summary: "One delivery",
                scope: .view,
                parameters: [Self.deliveryID],
                answer: .json(JSONSchema.named("Delivery"), "The delivery."),
                handler: { request, context in
                    try JSONAnswer.make(DeliveryJSON.value(try await delivery(context)), for: request)
                }
            ),
            Operation(
                method: .get,
                path: "/deliveries/{delivery_id}/attempts",
                id: "listAttempts",
                summary: "The attempts of a delivery, oldest first",
                description: """
                    Those that failed, with the beginning of what was answered, and those that were accepted. Of a
                    fan-out, one that failed while its receiver was down or asked for fewer uses up no attempt, and is not
                    kept: an outage would make rows without end.
                    """,
                scope: .view,
                parameters: [Self.deliveryID],
                answer: .json(JSONSchema.named("Attempts"), "Its attempts."),
                handler: attempts
            ),
            exportOperation,
        ]
    }

    static let deliveryID = Operation.Parameter.path(
        "delivery_id",
        "The id of a delivery, as lists show it.",
        pattern: "^(fanout|event)-[0-9a-f]{10}-[1-9][0-9]{0,17}$"
    )

    /// The delivery that the path names.
    ///
    /// - Throws: ``Problem`` when there is none.
    func delivery(_ context: APIContext) async throws -> LoggedDelivery {
        guard let place = DeliveryPlace(try context.part("delivery_id")) else { throw Problem.notFound }
        let log = DeliveryLog(daemon.installation)
        guard let delivery = try await onDisk({ try log.delivery(place) }) else { throw Problem.notFound }
        return delivery
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try DeliverySelection(request).query
        let limit = try request.number("limit", default: 100, in: 1...1000)
        var start: DeliveryLog.Start?
        if let text = request.value("after") {
            guard let known = DeliveryLog.Start(text) else {
                throw Problem.unfit("after", "It is none that a page had for `next`.")
            }
            start = known
        }
        let log = DeliveryLog(daemon.installation)
        let page = try await onDisk { [start] in try log.page(query, from: start, limit: limit) }
        return try JSONAnswer.make(
            .object([
                "deliveries": .array(page.deliveries.map(DeliveryJSON.value)),
                "next": .orNull(page.next?.description),
            ]),
            for: request
        )
    }

    private func attempts(_ request: Request, _ context: APIContext) async throws -> Response {
        let place = try await delivery(context).place
        let log = DeliveryLog(daemon.installation)
        let attempts = try await onDisk { try log.attempts(of: place) }
        return try JSONAnswer.make(.object(["attempts": .array(attempts.map(DeliveryJSON.value))]), for: request)
    }
}

/// Which deliveries a caller asks for.
struct DeliverySelection {
    let query: DeliveryLog.Query

    static let parameters: [Operation.Parameter] = [
        .query("trigger", JSONSchema.word(DeliveryTrigger.allCases.map(\.rawValue)), "What made it."),
        .query(
            "endpoint",
            JSONSchema.text(pattern: #"^([0-9a-f]{10}|journey\.[0-9a-f]{10}\.[a-z0-9_-]{1,40})$"#),
            "The id of an audience webhook or of a fan-out, or a journey's point as journey.JOURNEY.POINT."
        ),
        .query(
            "state",
            JSONSchema.list(of: JSONSchema.word(DeliveryState.allCases.map(\.name)), count: 1...9),
            "Where it stands: one of these."
        ),
        .query("email", JSONSchema.text(length: 1...320), "The contact's address."),
        .query("since", JSONSchema.time(), "Last changed at this time or later."),
        .query("until", JSONSchema.time(), "Last changed before this time."),
    ]

    /// - Throws: ``Problem`` for a value that is not accepted.
    init(_ request: Request) throws {
        var query = DeliveryLog.Query()
        query.trigger = try request.word("trigger", of: DeliveryTrigger.self)
        query.endpoint = request.value("endpoint")
        query.email = request.value("email")
        query.filter.states = Set(
            try (request.value("state")?.split(separator: ",", omittingEmptySubsequences: false) ?? []).map { word in
                guard let state = DeliveryState(name: String(word)) else {
                    let accepted = DeliveryState.allCases.map(\.name).joined(separator: ", ")
                    throw Problem.unfit("state", "\"\(word.prefix(40))\" is none; accepted, with commas: \(accepted).")
                }
                return state
            }
        )
        (query.filter.since, query.filter.until) = (try request.time("since"), try request.time("until"))
        self.query = query
    }
}

/// Writes deliveries and attempts.
enum DeliveryJSON {
    static func value(_ delivery: LoggedDelivery) -> JSONValue {
        .object([
            "id": .string(delivery.place.description), "trigger": .string(delivery.trigger.rawValue),
            "endpoint": .string(delivery.endpoint), "fan_out": .orNull(delivery.fanOut),
            "audience": .string(delivery.audience), "email": .orNull(delivery.email),
            "event": .orNull(delivery.event?.name), "webhook_id": .string(delivery.id.description),
            "state": .string(delivery.state.name), "attempts": .whole(delivery.attempts),
            "status": delivery.status == 0 ? .null : .whole(delivery.status), "reason": .orNull(delivery.reason),
            "created_at": .moment(delivery.createdAt), "changed_at": .moment(delivery.changedAt),
            "duration_ms": delivery.changedAt == nil ? .null : .milliseconds(delivery.durationMicroseconds),
        ])
    }

    static func value(_ attempt: AttemptRow) -> JSONValue {
        .object([
            "number": .whole(attempt.number), "ended_at": .time(attempt.endedAt),
            "status": attempt.status == 0 ? .null : .whole(attempt.status), "reason": .orNull(attempt.reasonText),
            "curl_code": .whole(attempt.curlCode), "os_error": .whole(attempt.osError),
            "connected_ms": reached(attempt.connectedMicroseconds), "secured_ms": reached(attempt.securedMicroseconds),
            "first_byte_ms": reached(attempt.firstByteMicroseconds),
            "total_ms": .milliseconds(attempt.totalMicroseconds),
            "location": .orNull(attempt.location),
            // Of what was accepted none is kept.
            "response": attempt.reason == nil ? .null : .string(attempt.response),
        ])
    }

    /// Null where it was not reached, or is not known.
    private static func reached(_ microseconds: Int64) -> JSONValue {
        microseconds == 0 ? .null : .milliseconds(microseconds)
    }
}
