import Fanfare
import FanfareCampaigns
import FanfareJob
import HTTPTypes
import Hummingbird

/// Touchpoints of campaigns: webhooks that are sent, and tasks, events and notes beside them.
extension V1API {
    var touchpointOperations: [Operation] {
        [
            Operation(
                method: .get,
                path: Self.touchpoints,
                id: "listTouchpoints",
                summary: "The touchpoints of a campaign, in the order of their times",
                scope: .view,
                parameters: [Self.campaignID],
                answer: .json(JSONSchema.named("Touchpoints"), "The touchpoints; those without a time come last."),
                handler: list
            ),
            Operation(
                method: .post,
                path: Self.touchpoints,
                id: "createTouchpoint",
                summary: "Adds a touchpoint to a campaign",
                description: """
                    A webhook begins as a draft, of which parts may be missing; what there is of it is checked. Files and \
                    variables of the machine are named by keys of the scope admin alone.
                    """,
                scope: .send,
                parameters: [Self.campaignID],
                body: JSONSchema.named("NewTouchpoint"),
                answer: .json(JSONSchema.named("TouchpointWithLife"), "The touchpoint.", status: .created),
                handler: create
            ),
            Operation(
                method: .get,
                path: Self.touchpoint,
                id: "getTouchpoint",
                summary: "One touchpoint, with its life and its fan-outs",
                scope: .view,
                parameters: [Self.campaignID, Self.touchpointID],
                answer: .json(JSONSchema.named("TouchpointWithLife"), "The touchpoint."),
                handler: { request, context in
                    let (campaign, id) = try Self.ids(context)
                    return try await answer(request) { try $0.touchpoint(id, of: campaign) }
                }
            ),
            Operation(
                method: .patch,
                path: Self.touchpoint,
                id: "changeTouchpoint",
                summary: "Changes a touchpoint: a webhook only as long as it is a draft",
                description: """
                    What is left out stays as it is; null takes a time, a length or a section away. A section is replaced \
                    as a whole: a secret, which is shown as [secret], is given again with it.
                    """,
                scope: .send,
                parameters: [Self.campaignID, Self.touchpointID],
                body: JSONSchema.named("TouchpointChange"),
                answer: .json(JSONSchema.named("TouchpointWithLife"), "The touchpoint, as it is then."),
                handler: { request, context in
                    let (campaign, id) = try Self.ids(context)
                    let (input, author) = (try await request.touchpoint(context), context.campaignAuthor)
                    if input.kind != nil { throw Problem.unfit("kind", "A touchpoint keeps its kind.") }
                    return try await answer(request) { try $0.change(id, of: campaign, input.edit, by: author) }
                }
            ),
            Operation(
                method: .delete,
                path: Self.touchpoint,
                id: "deleteTouchpoint",
                summary: "Forgets a touchpoint; what was sent stays in the log",
                description: "Refused while it is under way or to come.",
                scope: .send,
                parameters: [Self.campaignID, Self.touchpointID],
                answer: .none("It is forgotten."),
                handler: { _, context in
                    let (campaign, id) = try Self.ids(context)
                    try await onDisk { [desk = daemon.campaigns] in try desk.delete(id, of: campaign) }
                    return JSONAnswer.none
                }
            ),
        ]
    }

    private static let touchpoints = "/campaigns/{campaign_id}/touchpoints"
    /// The path of one.
    static let touchpoint = "\(touchpoints)/{touchpoint_id}"
    static let touchpointID = Operation.Parameter.id("touchpoint_id", of: "a touchpoint")

    /// The campaign and the touchpoint that the path names.
    static func ids(_ context: APIContext) throws -> (campaign: String, touchpoint: String) {
        (try context.part("campaign_id"), try context.part("touchpoint_id"))
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let campaign = try context.part("campaign_id")
        let all = try await onDisk { [desk = daemon.campaigns] in try desk.touchpoints(of: campaign) }
        return try JSONAnswer.make(.object(["touchpoints": .array(all.map(TouchpointJSON.value))]), for: request)
    }

    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let (campaign, author) = (try context.part("campaign_id"), context.campaignAuthor)
        let input = try await request.touchpoint(context)
        guard let kind = input.kind else { throw Problem.missing(["kind"]) }
        guard let name = input.edit.name else { throw Problem.missing(["name"]) }
        return try await answer(request, status: .created) {
            try $0.add(kind, named: name, to: campaign, input.edit, by: author)
        }
    }

    /// Answers with a touchpoint, its life and its fan-outs.
    private func answer(
        _ request: Request,
        status: HTTPResponse.Status = .ok,
        _ body: @escaping @Sendable (CampaignDesk) throws -> Touchpoint
    ) async throws -> Response {
        let value = try await onDisk { [desk = daemon.campaigns] in try TouchpointJSON.value(body(desk), with: desk) }
        return try JSONAnswer.make(value, for: request, status: status)
    }
}
