import Fanfare
import FanfareAudience
import FanfareCampaigns
import FanfareJob
import Hummingbird

/// What members did elsewhere, as programs tell of it.
extension MarketingAPI {
    private struct Input: Decodable, Sendable {
        var name: String
        var properties: [String: String]?
        var isSyncing: Bool?
        var occurredAt: String?

        enum CodingKeys: String, CodingKey {
            case name, properties
            case isSyncing = "is_syncing", occurredAt = "occurred_at"
        }

        func event(now: Int64) throws -> MemberEvent {
            var event = MemberEvent(
                name: name,
                occurred: now,
                properties: properties ?? [:],
                isSyncing: isSyncing ?? false
            )
            guard let occurredAt, !occurredAt.isEmpty else { return event }
            guard let time = unixTime(of: occurredAt) else {
                throw Problem.unfit("occurred_at", "A time such as 2015-10-21T15:41:36+00:00 is accepted.")
            }
            event.occurred = time
            return event
        }
    }

    func addMemberEvents(to root: RouterGroup<APIContext>) {
        let path = "/lists/{list_id}/members/{member}/events"
        root.get("\(path)") { request, context in
            let list = try await list(context)
            let page = try request.page()
            let member = try await contact(context, list)
            let found = try await reading(list) { try $0.events(of: member, offset: page.offset, count: page.count) }
            return try JSONAnswer.make(
                .object([
                    "events": .array(found.events.map(json)), "total_items": .whole(found.total), "_links": [],
                ]),
                for: request
            )
        }
        root.post("\(path)") { request, context in
            let list = try await list(context)
            let member = try await contact(context, list)
            let event = try await request.decode(Input.self, context).event(now: currentUnixTime())
            try await webhooks.write(list.id) { try Audience.add(event, of: member, $0) }
            return JSONAnswer.none
        }
    }

    /// The key of the contact that the path names.
    private func contact(_ context: APIContext, _ list: AudienceCatalogue.Entry) async throws -> Int64 {
        let key = try await key(of: try context.part("member"), in: list)
        if case .id(let id) = key { return id }
        guard let id = try await reading(list, { try $0.member(key)?.id }) else { throw Problem.notFound }
        return id
    }

    private func json(_ event: MemberEvent) -> JSONValue {
        .object([
            "occurred_at": .time(event.occurred), "name": .string(event.name),
            "properties": .object(
                event.properties.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: .string($0.value)) }
            ),
            "is_syncing": .bool(event.isSyncing),
        ])
    }
}
