import Fanfare
import FanfareCampaigns
import FanfareJob
import HTTPTypes
import Hummingbird

/// What is done with touchpoints that are webhooks.
extension V1API {
    private typealias Order =
        @Sendable (CampaignDesk, _ id: String, _ campaign: String, Author) async throws -> Touchpoint

    var touchpointActions: [Operation] {
        [
            action(
                "check",
                "What a touchpoint would do, were it sent now",
                """
                Every contact is rendered, and nothing is sent or kept. What is wrong is named by its fields, all of it.
                """,
                answer: "PlannedTouchpoint",
                handler: check
            ),
            action(
                "schedule",
                "Plans a touchpoint, which starts at its time",
                """
                It is checked first, and refused for what the check refuses. Who receives is fixed when it starts. It starts \
                over restarts, and by start_within too late at most; what is later is missed.
                """,
                answer: "PlannedTouchpoint",
                handler: schedule
            ),
            action(
                "unschedule",
                "Takes a touchpoint back that has not begun: it is a draft again",
                handler: order { try await $0.unschedule($1, of: $2, by: $3) }
            ),
            action(
                "pause",
                "Has a touchpoint send nothing until it is resumed",
                handler: order { try await $0.pause($1, of: $2, by: $3) }
            ),
            action(
                "resume",
                "Has a touchpoint go on that was paused, that a rule stopped, or that was held",
                handler: order { try await $0.resume($1, of: $2, by: $3) }
            ),
            action(
                "cancel",
                "Ends a touchpoint for good",
                "What is in flight is waited for; all else is cancelled, and so is what would come again.",
                handler: order { try await $0.cancel($1, of: $2, by: $3) }
            ),
        ]
    }

    private func action(
        _ name: String,
        _ summary: String,
        _ description: String? = nil,
        answer: String = "TouchpointWithLife",
        handler: @escaping Operation.Handler
    ) -> Operation {
        Operation(
            method: .post,
            path: "\(Self.touchpoint)/\(name)",
            id: "\(name)Touchpoint",
            summary: summary,
            description: description,
            scope: .send,
            parameters: [Self.campaignID, Self.touchpointID],
            answer: .json(JSONSchema.named(answer), "The touchpoint, as it stands then."),
            handler: handler
        )
    }

    private func order(_ order: @escaping Order) -> Operation.Handler {
        { request, context in
            let (campaign, id) = try Self.ids(context)
            let touchpoint = try await order(daemon.campaigns, id, campaign, context.campaignAuthor)
            return try JSONAnswer.make(try await json(touchpoint), for: request)
        }
    }

    private func json(_ touchpoint: Touchpoint) async throws -> JSONValue {
        try await onDisk { [desk = daemon.campaigns] in try TouchpointJSON.value(touchpoint, with: desk) }
    }

    private func check(_ request: Request, _ context: APIContext) async throws -> Response {
        let (campaign, id) = try Self.ids(context)
        let forecast = try await daemon.campaigns.check(id, of: campaign)
        let touchpoint = try await onDisk { [desk = daemon.campaigns] in try desk.touchpoint(id, of: campaign) }
        return try await answer(touchpoint, forecast, request)
    }

    private func schedule(_ request: Request, _ context: APIContext) async throws -> Response {
        let (campaign, id) = try Self.ids(context)
        let planned = try await daemon.campaigns.schedule(id, of: campaign, by: context.campaignAuthor)
        return try await answer(planned.touchpoint, planned.forecast, request)
    }

    private func answer(
        _ touchpoint: Touchpoint,
        _ forecast: TouchpointForecast,
        _ request: Request
    ) async throws -> Response {
        try JSONAnswer.make(
            .object(["touchpoint": try await json(touchpoint), "plan": TouchpointJSON.value(forecast)]),
            for: request
        )
    }
}
