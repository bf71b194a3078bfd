import Fanfare
import FanfareAudience
import FanfareJob
import Foundation
import HTTPTypes
import Hummingbird

/// Saved segments in Fanfare's own form: groups within groups, and up to a hundred conditions.
extension V1API {
    var segmentOperations: [Operation] {
        [
            Operation(
                method: .get,
                path: "/audiences/{audience_id}/segments",
                id: "listSegments",
                summary: "The saved segments of an audience",
                scope: .view,
                parameters: [Self.audienceID],
                answer: .json(JSONSchema.named("Segments"), "The segments."),
                handler: list
            ),
            Operation(
                method: .post,
                path: "/audiences/{audience_id}/segments",
                id: "createSegment",
                summary: "Saves a segment",
                scope: .send,
                parameters: [Self.audienceID],
                body: JSONSchema.named("NewSegment"),
                answer: .json(JSONSchema.named("SavedSegment"), "The segment.", status: .created),
                handler: create
            ),
            Operation(
                method: .post,
                path: "/audiences/{audience_id}/segments/count",
                id: "countSegment",
                summary: "How many contacts conditions mean, without saving them",
                scope: .send,
                parameters: [Self.audienceID],
                body: JSONSchema.named("Conditions"),
                answer: .json(JSONSchema.named("SegmentCount"), "How many are subscribed, and how many there are."),
                handler: count
            ),
            Operation(
                method: .get,
                path: "/audiences/{audience_id}/segments/{segment_id}",
                id: "getSegment",
                summary: "One saved segment",
                scope: .view,
                parameters: [Self.audienceID, Self.segmentID],
                answer: .json(JSONSchema.named("SavedSegment"), "The segment."),
                handler: { request, context in
                    try JSONAnswer.make(Self.json(try await segment(context)), for: request)
                }
            ),
            Operation(
                method: .put,
                path: "/audiences/{audience_id}/segments/{segment_id}",
                id: "replaceSegment",
                summary: "Gives a saved segment another name and other conditions",
                scope: .send,
                parameters: [Self.audienceID, Self.segmentID],
                body: JSONSchema.named("NewSegment"),
                answer: .json(JSONSchema.named("SavedSegment"), "The segment, as it is then."),
                handler: replace
            ),
            Operation(
                method: .delete,
                path: "/audiences/{audience_id}/segments/{segment_id}",
                id: "deleteSegment",
                summary: "Forgets a saved segment",
                scope: .send,
                parameters: [Self.audienceID, Self.segmentID],
                answer: .none("It is forgotten."),
                handler: { _, context in
                    let (audience, id) = (try await audience(context).id, try await segment(context).id)
                    try await webhooks.write(audience) { try Audience.remove(segment: id, $0) }
                    return JSONAnswer.none
                }
            ),
        ]
    }

    private static let segmentID = Operation.Parameter.path(
        "segment_id",
        "The number of a saved segment.",
        pattern: "^[1-9][0-9]{0,17}$"
    )

    /// The saved segment that the path names; a tag is none.
    private func segment(_ context: APIContext) async throws -> ListedSegment {
        try await segment(try context.number("segment_id"), try await audience(context))
    }

    private func segment(_ id: Int64, _ audience: AudienceCatalogue.Entry) async throws -> ListedSegment {
        let all = try await reading(audience) { try $0.listedSegments() }
        guard let segment = all.first(where: { $0.id == id && $0.definition != nil }) else { throw Problem.notFound }
        return segment
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let all = try await reading(try await audience(context)) { try $0.listedSegments() }
        let saved = all.filter { $0.definition != nil }
        return try JSONAnswer.make(.object(["segments": .array(saved.map(Self.json))]), for: request)
    }

    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let audience = try await audience(context)
        let (name, definition) = try await read(request, context)
        let now = currentUnixTime()
        let id = try await webhooks.write(audience.id) {
            try Audience.addSegment(definition, named: name, now: now, $0)
        }
        let value = Self.json(try await segment(id, audience))
        return try JSONAnswer.make(value, for: request, status: .created)
    }

    private func replace(_ request: Request, _ context: APIContext) async throws -> Response {
        let (audience, known) = (try await audience(context), try await segment(context))
        let (name, definition) = try await read(request, context)
        let now = currentUnixTime()
        try await webhooks.write(audience.id) {
            try Audience.change(segment: known.id, name: name, definition: definition, now: now, $0)
        }
        return try JSONAnswer.make(Self.json(try await segment(known.id, audience)), for: request)
    }

    private func count(_ request: Request, _ context: APIContext) async throws -> Response {
        let audience = try await audience(context)
        let body = try await request.text(context)
        _ = try JSONDecoder().decode(Members<ConditionsKeys>.self, from: body)
        let part = RecipientSelection.Part.segment(try Self.definition(in: body))
        let counts = try await reading(audience) { try $0.countByStatus(part) }
        return try JSONAnswer.make(
            .object([
                "subscribed": .whole(counts[.subscribed] ?? 0), "contacts": .whole(counts.values.reduce(0, +)),
            ]),
            for: request
        )
    }

    private func read(_ request: Request, _ context: APIContext) async throws -> (String, SegmentDefinition) {
        let body = try await request.text(context)
        let name = try JSONDecoder().decode(SegmentName.self, from: body).name
        return (name, try Self.definition(in: body))
    }

    private static func definition(in body: Data) throws -> SegmentDefinition {
        guard let definition = try SegmentInput.definition(in: body, member: "segment", limits: .own) else {
            throw Problem.unfit("segment", "This value is required.")
        }
        return definition
    }

    private static func json(_ segment: ListedSegment) -> JSONValue {
        .object([
            "id": .whole(segment.id), "name": .string(segment.name),
            "segment": segment.definition.map { SegmentText.value(of: $0) } ?? .null,
            "created_at": .time(segment.created), "updated_at": .time(segment.updated),
        ])
    }
}

private enum ConditionsKeys: String, CodingKey, CaseIterable { case segment }

/// An object of which only the names of its members are looked at.
private struct Members<Key: CodingKey & CaseIterable>: Decodable {
    init(from decoder: any Decoder) throws { _ = try decoder.members(Key.self) }
}

/// The name in the body of a segment.
private struct SegmentName: Decodable {
    private enum CodingKeys: String, CodingKey, CaseIterable { case name, segment }

    let name: String

    init(from decoder: any Decoder) throws {
        name = try decoder.members(CodingKeys.self).text(required: .name, length: 1...100)
    }
}
