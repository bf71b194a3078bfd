import Fanfare
import FanfareAudience
import FanfareCampaigns
import FanfareJob
import HTTPTypes
import Hummingbird

/// Audiences that have a name. They are made, and their contacts changed, at `/3.0/lists` and by commands.
extension V1API {
    var audienceOperations: [Operation] {
        [
            Operation(
                method: .get,
                path: "/audiences",
                id: "listAudiences",
                summary: "Audiences",
                scope: .view,
                answer: .json(JSONSchema.named("Audiences"), "The audiences."),
                handler: list
            ),
            Operation(
                method: .get,
                path: "/audiences/{audience_id}",
                id: "getAudience",
                summary: "One audience",
                scope: .view,
                parameters: [Self.audienceID],
                answer: .json(JSONSchema.named("Audience"), "The audience."),
                handler: { request, context in
                    let entry = try await audience(context)
                    return try JSONAnswer.make(try await reading(entry) { try Self.json(entry, $0) }, for: request)
                }
            ),
        ]
    }

    static let audienceID = Operation.Parameter.id("audience_id", of: "an audience")

    /// The audience that the path names.
    ///
    /// - Throws: ``Problem`` when there is none.
    func audience(_ context: APIContext) async throws -> AudienceCatalogue.Entry {
        let id = try context.part("audience_id")
        guard let entry = try await daemon.namedAudiences().first(where: { $0.id == id }) else {
            throw Problem.notFound
        }
        return entry
    }

    /// Runs a reading of an audience.
    func reading<Value: Sendable>(
        _ entry: AudienceCatalogue.Entry,
        _ body: @escaping @Sendable (Audience) throws -> Value
    ) async throws -> Value {
        try await webhooks.read(entry.id, body)
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        var shown: [JSONValue] = []
        for entry in try await daemon.namedAudiences() {
            guard let value = try await webhooks.readUnlessGone(entry.id, { try Self.json(entry, $0) }) else {
                continue
            }
            shown.append(value)
        }
        return try JSONAnswer.make(.object(["audiences": .array(shown)]), for: request)
    }

    private static func json(_ entry: AudienceCatalogue.Entry, _ audience: Audience) throws -> JSONValue {
        .object([
            "id": .string(entry.id), "name": .orNull(entry.name), "created_at": .time(entry.created),
            "contacts": .object(
                try ContactStatus.allCases.map { .init(key: $0.rawValue, value: .whole(try audience.count(of: $0))) }
            ),
            "fields": .array(
                try audience.fields().map {
                    .object(["tag": .string($0.tag), "name": .string($0.name), "type": .string($0.kind.rawValue)])
                }
            ),
        ])
    }
}

extension Daemon {
    /// The audiences that have a name.
    func namedAudiences() async throws -> [AudienceCatalogue.Entry] {
        let audiences = installation.audiences
        let all = if let known = audiences.known { known } else { try await onDisk { try audiences.all() } }
        return all.filter { $0.name != nil }
    }
}

extension AudienceWebhooks {
    /// The same for one of many; nil: it was deleted since these were listed.
    func readUnlessGone<Value: Sendable>(
        _ audience: String,
        _ body: @escaping @Sendable (Audience) throws -> Value
    ) async throws -> Value? {
        do {
            return try await read(audience, body)
        } catch {
            if missing(audience) != nil { return nil }
            throw error
        }
    }

    /// Runs a reading of an audience, over one state of it.
    func read<Value: Sendable>(
        _ audience: String,
        _ body: @escaping @Sendable (Audience) throws -> Value
    ) async throws -> Value {
        try await onDisk {
            do {
                let reading = try self.reading(audience)
                return try reading.snapshot { try body(reading) }
            } catch {
                throw self.missing(audience) ?? error
            }
        }
    }
}
