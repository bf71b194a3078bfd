import Fanfare
import FanfareAudience
import FanfareCampaigns
import FanfareJob
import HTTPTypes
import Hummingbird

/// The contacts of a journey: who begins as somebody says so, where they are, which way they went.
extension V1API {
    var journeyContactOperations: [Operation] {
        [
            Operation(
                method: .get,
                path: "/journeys/{journey_id}/contacts",
                id: "listJourneyContacts",
                summary: "Where contacts stand",
                scope: .view,
                parameters: [
                    Self.journeyID,
                    .query("point", JSONSchema.text(length: 1...40), "Only at this point."),
                    .query(
                        "after",
                        JSONSchema.whole(in: 0...Int(Int32.max)),
                        "The number after which the page begins."
                    ),
                    .query("count", JSONSchema.whole(in: 1...1000), "At most so many; 100 unless given."),
                ],
                answer: .json(JSONSchema.named("JourneyContacts"), "Those that began first come first."),
                handler: contacts
            ),
            Operation(
                method: .post,
                path: "/journeys/{journey_id}/contacts",
                id: "addJourneyContacts",
                summary: "Lets contacts begin",
                description: """
                    Either single contacts by their addresses, all of them or none, or all of a tag, of a segment or of \
                    the audience that may begin, which takes its time.
                    """,
                scope: .send,
                parameters: [Self.journeyID],
                body: JSONSchema.named("JourneyEntry"),
                answer: .none("They begin."),
                handler: addContacts
            ),
            Operation(
                method: .get,
                path: "/journeys/{journey_id}/steps",
                id: "listJourneySteps",
                summary: "Which way a contact went",
                scope: .view,
                parameters: [
                    Self.journeyID,
                    .query("email", JSONSchema.text(length: 1...320), "The contact's address.", isRequired: true),
                ],
                answer: .json(JSONSchema.named("JourneySteps"), "Its first 1,000 steps, the first ones first."),
                handler: steps
            ),
        ]
    }

    private func contacts(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.part("journey_id")
        let count = try request.number("count", default: 100, in: 1...1000)
        let after = try request.number("after", default: 0, in: 0...Int(Int32.max))
        let point = request.value("point")
        let value = try await onDisk { [journeys, webhooks] in
            let journey = try journeys.journey(id)
            let positions = try journeys.positions(in: journey, at: point, after: Int64(after), limit: count)
            let audience = try webhooks.reading(journey.audience)
            let shown = try positions.map { position in
                JourneyJSON.position(position, address: try audience.member(.id(position.contact))?.email)
            }
            let next = positions.count == count ? positions.last.map { JSONValue.whole($0.number) } : nil
            return JSONValue.object(["contacts": .array(shown), "next": next ?? .null])
        }
        return try JSONAnswer.make(value, for: request)
    }

    private func steps(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.part("journey_id")
        guard let email = request.value("email") else { throw Problem.unfit("email", "This value is required.") }
        let value = try await onDisk { [journeys, webhooks] in
            let journey = try journeys.journey(id)
            guard let contact = try webhooks.reading(journey.audience).member(.address(email)) else {
                throw Problem.notFound
            }
            let passages = try journeys.passages(of: contact.id, in: journey, limit: 1000)
            return JSONValue.object(["steps": .array(passages.map(JourneyJSON.passage))])
        }
        return try JSONAnswer.make(value, for: request)
    }

    private func addContacts(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.part("journey_id")
        let body = try await request.text(context)
        let order = try Request.decode(JourneyEntryBody.self, from: body)
        let segment = try SegmentInput.definition(in: body, member: "segment", limits: .own)
        let named = [order.emails != nil, order.tag != nil, segment != nil, order.everyone].count { $0 }
        guard named == 1 else {
            throw Problem.invalid("Name either emails, or a tag, or a segment, or everyone.")
        }
        if let emails = order.emails {
            try await journeys.add(emails, to: id, at: order.start)
        } else {
            let part: RecipientSelection.Part =
                segment.map { .segment($0) } ?? order.tag.map { .tag($0) } ?? .everyone
            try await journeys.add(part, to: id, at: order.start)
        }
        return JSONAnswer.none
    }
}

/// Who is to begin a journey.
struct JourneyEntryBody: Decodable, Sendable {
    private enum CodingKeys: String, CodingKey, CaseIterable { case emails, tag, segment, everyone, start }

    /// Mailchimp takes as many members at a time.
    static let most = 500

    let emails: [String]?
    let tag: String?
    let everyone: Bool
    let start: String?

    init(from decoder: any Decoder) throws {
        let members = try decoder.members(CodingKeys.self)
        emails = try members.optional([String].self, .emails)
        if let emails, !(1...Self.most).contains(emails.count) {
            throw DecodingError.dataCorruptedError(
                forKey: .emails,
                in: members,
                debugDescription: "It has 1 to \(Self.most) items."
            )
        }
        tag = try members.text(.tag, length: 1...100)
        everyone = try members.optional(Bool.self, .everyone) ?? false
        start = try members.text(.start, length: 1...40)
    }

    static let schema = JSONSchema.object(
        [
            "emails": JSONSchema.list(
                of: JSONSchema.text(length: 1...320),
                "Single contacts, by their addresses.",
                count: 1...most
            ),
            "tag": JSONSchema.text("All that have this tag.", length: 1...100),
            "segment": JSONSchema.named("Segment"),
            "everyone": JSONSchema.flag("All of the audience."),
            "start": JSONSchema.text(
                "The id of the starting point; the one of the type manual, or the only one, unless given.",
                length: 1...40
            ),
        ],
        optional: ["emails", "tag", "segment", "everyone", "start"]
    )
}
