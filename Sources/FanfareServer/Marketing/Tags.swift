import Fanfare
import FanfareAudience
import FanfareCampaigns
import FanfareJob
import Hummingbird

extension MarketingAPI {
    private struct TagChanges: Decodable {
        var tags: [TagInput]
    }

    func addTags(to root: RouterGroup<APIContext>) {
        let path = "/lists/{list_id}/members/{member}/tags"
        root.get("\(path)") { request, context in
            let list = try await list(context)
            let page = try request.page()
            let key = try await key(of: try context.part("member"), in: list)
            let tags = try await reading(list) { try $0.taggings(of: key) }
            return try JSONAnswer.make(
                .object([
                    "tags": .array(
                        page.of(tags).map {
                            .object([
                                "id": .whole($0.tag.id), "name": .string($0.tag.name), "date_added": .time($0.added),
                            ])
                        }
                    ),
                    "total_items": .whole(tags.count), "_links": [],
                ]),
                for: request
            )
        }
        root.post("\(path)") { request, context in
            let list = try await list(context)
            let key = try await key(of: try context.part("member"), in: list)
            let changes = try await request.decode(TagChanges.self, context)
            var edit = ContactEdit(key, .mustExist)
            edit.tags = changes.tags.map { .init($0.name, isActive: $0.isActive) }
            _ = try await webhooks.edit(edit, in: list.id, by: .api)
            return JSONAnswer.none
        }
        root.get("/lists/{list_id}/tag-search") { request, context in
            let prefix = request.value("name") ?? ""
            let tags = try await reading(try await list(context)) { try $0.tags(beginningWith: prefix) }
            return try JSONAnswer.make(
                .object([
                    "tags": .array(tags.map { .object(["id": .whole($0.id), "name": .string($0.name)]) }),
                    "total_items": .whole(tags.count),
                ]),
                for: request
            )
        }
    }
}
