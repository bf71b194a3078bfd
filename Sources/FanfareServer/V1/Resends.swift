import Fanfare
import FanfareDelivery
import FanfareJob
import HTTPTypes
import Hummingbird

/// What has ended is sent again, with the same ids, so that a receiver that keeps them can tell a repeat.
extension V1API {
    var resendOperations: [Operation] {
        [
            Operation(
                method: .post,
                path: "/deliveries/{delivery_id}/resend",
                id: "resendDelivery",
                summary: "Sends one delivery again",
                description: """
                    It must have ended, however it did. To an audience webhook the same bytes go out, signed afresh; one \
                    of a fan-out, which must have ended too, is rendered anew, and skipped when its contact may not be \
                    addressed any more. 409 when it cannot be sent: it is under way, its contact was erased or is \
                    suppressed, what was sent is not kept any more, or the webhook was told something else of the contact \
                    since, which would then be undone.
                    """,
                scope: .send,
                parameters: [Self.deliveryID],
                answer: .json(JSONSchema.named("Resent"), "It is sent again.", status: .accepted),
                handler: resendOne
            ),
            resendOperation(
                "/webhooks/{webhook_id}/resend",
                "resendToWebhook",
                "Sends what an audience webhook was sent again",
                "Those that cannot be sent are left out and not counted; so are those after which the webhook was told "
                    + "something else of the contact that is not sent again too: they would undo it.",
                .id("webhook_id", of: "an audience webhook")
            ) { try await daemon.resend(toWebhook: $0, $1.filter, of: $1.email) },
            resendOperation(
                "/fan-outs/{fan_out_id}/resend",
                "resendFanOut",
                "Sends deliveries of a fan-out that has ended again",
                "Whose contact may not be addressed any more is counted, and skipped when it would be rendered.",
                .id("fan_out_id", of: "a fan-out")
            ) { try await daemon.resend(ofFanOut: $0, $1.filter, of: $1.email) },
        ]
    }

    private func resendOperation(
        _ path: String,
        _ id: String,
        _ summary: String,
        _ rest: String,
        _ parameter: Operation.Parameter,
        _ resend: @escaping @Sendable (String, ResendOrder) async throws -> Int64
    ) -> Operation {
        Operation(
            method: .post,
            path: path,
            id: id,
            summary: summary,
            description: """
                Those of the states that are named, dead and uncertain ones unless told otherwise, of any time unless told \
                otherwise. \(rest)
                """,
            scope: .send,
            parameters: [parameter],
            body: JSONSchema.named("ResendOrder"),
            answer: .json(JSONSchema.named("Resent"), "They are sent again.", status: .accepted),
            handler: { request, context in
                let endpoint = try context.part(parameter.name)
                let order = try await request.decode(ResendOrder.self, context)
                return try answer(try await resend(endpoint, order), request)
            }
        )
    }

    private func resendOne(_ request: Request, _ context: APIContext) async throws -> Response {
        let delivery = try await delivery(context)
        guard delivery.state.isFinal else { throw Problem.conflict("It has not ended: it is \(delivery.state.name).") }
        if delivery.trigger == .campaign, delivery.email == nil { throw Problem.conflict("Its contact was erased.") }
        let suppression = daemon.installation.suppression
        let isSuppressed = try await onDisk {
            try delivery.email.flatMap { try suppression.addresses()?.contains($0) } ?? false
        }
        if isSuppressed { throw Problem.conflict("Its contact is on the suppression list.") }
        guard try await daemon.resend(delivery) else {
            throw Problem.conflict(
                "It cannot be sent again: its contact was erased or is suppressed, what was sent is not kept any more, or "
                    + "the webhook was told something else of the contact since, which this would undo."
            )
        }
        return try answer(1, request)
    }

    private func answer(_ count: Int64, _ request: Request) throws -> Response {
        try JSONAnswer.make(.object(["deliveries": .whole(count)]), for: request, status: .accepted)
    }
}

/// Which deliveries are to be sent again, as a caller says it.
struct ResendOrder: Decodable, Sendable {
    private enum CodingKeys: String, CodingKey, CaseIterable { case states, email, since, until }

    /// Those out of which a delivery is sent again.
    static let states: [DeliveryState] = DeliveryState.allCases.filter { Ledger.reopenable.contains($0) }

    let email: String?
    let filter: DeliveryFilter

    init(from decoder: any Decoder) throws {
        let members = try decoder.members(CodingKeys.self)
        email = try members.text(.email, length: 1...320)
        let states = try members.words(.states, of: Self.states, called: \.name)
        if states?.isEmpty == true {
            throw DecodingError.dataCorruptedError(
                forKey: .states,
                in: members,
                debugDescription: "At least one is needed."
            )
        }
        var filter = DeliveryFilter(states: states ?? [.dead, .uncertain])
        (filter.since, filter.until) = (try members.time(.since), try members.time(.until))
        self.filter = filter
    }

    static let schema = JSONSchema.object(
        [
            "states": JSONSchema.list(
                of: JSONSchema.word(states.map(\.name)),
                "Those in one of these states.",
                count: 1...5
            ),
            "email": JSONSchema.text("Those to the contact with this address.", length: 1...320),
            "since": JSONSchema.time("Those that ended at this time or later."),
            "until": JSONSchema.time("Those that ended before this time."),
        ],
        optional: ["states", "email", "since", "until"]
    )
}
