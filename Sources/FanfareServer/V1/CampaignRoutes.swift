import Fanfare
import FanfareCampaigns
import FanfareJob
import HTTPTypes
import Hummingbird

/// Campaigns: an objective, an audience and touchpoints.
extension V1API {
    var campaignOperations: [Operation] {
        [
            Operation(
                method: .get,
                path: "/campaigns",
                id: "listCampaigns",
                summary: "Campaigns, the newest first",
                scope: .view,
                parameters: [
                    .query("limit", JSONSchema.whole(in: 1...1000), "How many at most; 100 unless given."),
                    .query("offset", JSONSchema.whole(in: 0...Int(Int32.max)), "How many are passed over first."),
                ],
                answer: .json(JSONSchema.named("CampaignPage"), "A page of campaigns."),
                handler: campaigns
            ),
            Operation(
                method: .post,
                path: "/campaigns",
                id: "createCampaign",
                summary: "Makes a campaign",
                scope: .send,
                body: JSONSchema.named("NewCampaign"),
                answer: .json(JSONSchema.named("Campaign"), "The campaign.", status: .created),
                handler: createCampaign
            ),
            Operation(
                method: .get,
                path: "/campaigns/{campaign_id}",
                id: "getCampaign",
                summary: "One campaign",
                scope: .view,
                parameters: [Self.campaignID],
                answer: .json(JSONSchema.named("Campaign"), "The campaign."),
                handler: { request, context in
                    let id = try context.part("campaign_id")
                    let campaign = try await onDisk { [desk = daemon.campaigns] in try desk.campaign(id) }
                    return try JSONAnswer.make(OwnCampaignJSON.value(campaign), for: request)
                }
            ),
            Operation(
                method: .patch,
                path: "/campaigns/{campaign_id}",
                id: "changeCampaign",
                summary: "Changes a campaign",
                description: """
                    What is left out stays as it is. Another audience is refused while a touchpoint to this one is under way \
                    or to come.
                    """,
                scope: .send,
                parameters: [Self.campaignID],
                body: JSONSchema.named("CampaignChange"),
                answer: .json(JSONSchema.named("Campaign"), "The campaign, as it is then."),
                handler: changeCampaign
            ),
            Operation(
                method: .delete,
                path: "/campaigns/{campaign_id}",
                id: "deleteCampaign",
                summary: "Forgets a campaign and its touchpoints; what was sent stays in the log",
                description: "Refused while one of them is under way or to come.",
                scope: .send,
                parameters: [Self.campaignID],
                answer: .none("It is forgotten."),
                handler: { _, context in
                    let id = try context.part("campaign_id")
                    try await onDisk { [desk = daemon.campaigns] in try desk.delete(id) }
                    return JSONAnswer.none
                }
            ),
        ]
    }

    static let campaignID = Operation.Parameter.id("campaign_id", of: "a campaign")

    private func campaigns(_ request: Request, _ context: APIContext) async throws -> Response {
        let page = Page(
            count: try request.number("limit", default: 100, in: 1...1000),
            offset: try request.number("offset", default: 0, in: 0...Int(Int32.max))
        )
        let all = try await onDisk { [desk = daemon.campaigns] in try desk.campaigns() }
        return try JSONAnswer.make(
            .object(["campaigns": .array(page.of(all).map(OwnCampaignJSON.value)), "total": .whole(all.count)]),
            for: request
        )
    }

    private func createCampaign(_ request: Request, _ context: APIContext) async throws -> Response {
        let input = try await request.decode(NewCampaign.self, context)
        let author = context.campaignAuthor
        let campaign = try await onDisk { [desk = daemon.campaigns] in
            try desk.create(
                named: input.name,
                objective: input.objective ?? "",
                audience: input.audience,
                by: author
            )
        }
        return try JSONAnswer.make(OwnCampaignJSON.value(campaign), for: request, status: .created)
    }

    private func changeCampaign(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.part("campaign_id")
        let input = try await request.decode(CampaignChange.self, context)
        let campaign = try await onDisk { [desk = daemon.campaigns] in
            try desk.change(id, name: input.name, objective: input.objective, audience: input.audience)
        }
        return try JSONAnswer.make(OwnCampaignJSON.value(campaign), for: request)
    }
}

extension APIContext {
    /// Who asks, as campaigns note it. What is on the machine is for those alone who may do all.
    var campaignAuthor: Author { Author(author, mayNameFiles: key?.scope == .admin) }
}

/// A campaign that is to be made, as a caller says it.
struct NewCampaign: Decodable, Sendable {
    private enum CodingKeys: String, CodingKey, CaseIterable { case name, objective, audience }

    let name: String
    let objective: String?
    let audience: String

    init(from decoder: any Decoder) throws {
        let members = try decoder.members(CodingKeys.self)
        name = try members.text(required: .name, length: Campaign.nameLength)
        objective = try members.text(.objective, length: Campaign.objectiveLength)
        audience = try members.decode(String.self, forKey: .audience)
    }

    static let schema = JSONSchema.object(OwnCampaignJSON.input, optional: ["objective"])
}

/// What is to be changed of a campaign, as a caller says it.
struct CampaignChange: Decodable, Sendable {
    private enum CodingKeys: String, CodingKey, CaseIterable { case name, objective, audience }

    let name: String?
    let objective: String?
    let audience: String?

    init(from decoder: any Decoder) throws {
        let members = try decoder.members(CodingKeys.self)
        name = try members.text(.name, length: Campaign.nameLength)
        objective = try members.text(.objective, length: Campaign.objectiveLength)
        audience = try members.optional(String.self, .audience)
    }

    static let schema = JSONSchema.object(OwnCampaignJSON.input, optional: ["name", "objective", "audience"])
}

/// Writes campaigns.
enum OwnCampaignJSON {
    static func value(_ campaign: Campaign) -> JSONValue {
        .object([
            "id": .string(campaign.id), "name": .string(campaign.name), "objective": .string(campaign.objective),
            "audience": .string(campaign.audience), "created_by": .string(campaign.author),
            "created_at": .time(campaign.created), "updated_at": .time(campaign.updated),
        ])
    }

    static let schema = JSONSchema.object([
        "id": JSONSchema.text(), "name": JSONSchema.text(), "objective": JSONSchema.text("What it is to achieve."),
        "audience": JSONSchema.text("The audience's id."),
        "created_by": JSONSchema.text("Who made it: a user of the machine, or a key by its id."),
        "created_at": JSONSchema.time(), "updated_at": JSONSchema.time(),
    ])

    static let input: KeyValuePairs<String, JSONValue> = [
        "name": JSONSchema.text("What people call it.", length: Campaign.nameLength),
        "objective": JSONSchema.text("What it is to achieve.", length: Campaign.objectiveLength),
        "audience": JSONSchema.text("The audience's id.", pattern: "^[0-9a-f]{10}$"),
    ]
}
