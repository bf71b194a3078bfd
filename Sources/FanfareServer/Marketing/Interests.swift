import Fanfare
import FanfareAudience
import FanfareCampaigns
import FanfareJob
import Hummingbird

/// Groups and their categories, which Mailchimp's API calls interests.
extension MarketingAPI {
    private struct CategoryInput: Decodable {
        var title: String?
        var type: String?
        var displayOrder: Int64?

        enum CodingKeys: String, CodingKey {
            case title, type
            case displayOrder = "display_order"
        }

        /// - Throws: ``Problem`` for a type that is none.
        var kind: GroupCategory.Kind? {
            get throws {
                guard let type else { return nil }
                if let kind = GroupCategory.Kind(rawValue: type) { return kind }
                let accepted = GroupCategory.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem.unfit("type", "Value must be one of: \(accepted).")
            }
        }
    }

    private struct GroupInput: Decodable {
        var name: String?
        var displayOrder: Int64?

        enum CodingKeys: String, CodingKey {
            case name
            case displayOrder = "display_order"
        }
    }

    func addInterests(to root: RouterGroup<APIContext>) {
        let path = "/lists/{list_id}/interest-categories"
        root.get("\(path)") { request, context in
            let list = try await list(context)
            let page = try request.page()
            let kind = try request.word("type", of: GroupCategory.Kind.self)
            let all = try await reading(list) { try $0.groupCategories() }
            let wanted = all.inDisplayOrder().filter { kind == nil || $0.kind == kind }
            return try JSONAnswer.make(
                .object([
                    "list_id": .string(list.id), "categories": .array(page.of(wanted).map { json($0, list.id) }),
                    "total_items": .whole(wanted.count), "_links": [],
                ]),
                for: request
            )
        }
        root.post("\(path)") { request, context in
            try context.requireAdmin()
            let list = try await list(context)
            let input = try await request.decode(CategoryInput.self, context)
            guard let title = input.title else { throw Problem.unfit("title", "This value is required.") }
            let (kind, order) = (try input.kind ?? .checkboxes, input.displayOrder)
            let uid = try await webhooks.write(list.id) { db in
                try Audience.addCategory(titled: title, kind, displayOrder: order, db)
            }
            return try JSONAnswer.make(json(try await category(uid, list), list.id), for: request)
        }
        root.get("\(path)/{category}") { request, context in
            let list = try await list(context)
            return try JSONAnswer.make(
                json(try await category(try context.part("category"), list), list.id),
                for: request
            )
        }
        root.patch("\(path)/{category}") { request, context in
            try context.requireAdmin()
            let list = try await list(context)
            let before = try await category(try context.part("category"), list)
            let input = try await request.decode(CategoryInput.self, context)
            let (title, kind, order) = (input.title, try input.kind, input.displayOrder)
            try await webhooks.write(list.id) { db in
                if let title { try Audience.rename(category: before.id, title, db) }
                if let kind { try Audience.change(category: before.id, to: kind, db) }
                if let order { try Audience.place(category: before.id, at: order, db) }
            }
            return try JSONAnswer.make(json(try await category(before.uniqueID, list), list.id), for: request)
        }
        root.delete("\(path)/{category}") { _, context in
            try context.requireAdmin()
            let list = try await list(context)
            let id = try await category(try context.part("category"), list).id
            try await webhooks.write(list.id) { try Audience.removeCategory(id, $0) }
            return JSONAnswer.none
        }
        addGroups(to: root, "\(path)/{category}/interests")
    }

    private func addGroups(to root: RouterGroup<APIContext>, _ path: String) {
        root.get("\(path)") { request, context in
            let list = try await list(context)
            let category = try await category(try context.part("category"), list)
            let page = try request.page()
            let groups = try await reading(list) { try $0.groups(of: category.id) }.inDisplayOrder()
            let shown = page.of(groups).map { json($0, category, list.id) }
            return try JSONAnswer.make(
                .object([
                    "interests": .array(shown), "list_id": .string(list.id),
                    "category_id": .string(category.uniqueID), "total_items": .whole(groups.count), "_links": [],
                ]),
                for: request
            )
        }
        root.post("\(path)") { request, context in
            try context.requireAdmin()
            let list = try await list(context)
            let category = try await category(try context.part("category"), list)
            let input = try await request.decode(GroupInput.self, context)
            guard let name = input.name else { throw Problem.unfit("name", "This value is required.") }
            let order = input.displayOrder
            let uid = try await webhooks.write(list.id) { db in
                try Audience.addGroup(named: name, to: category.id, displayOrder: order, db)
            }
            return try JSONAnswer.make(json(try await group(uid, category, list), category, list.id), for: request)
        }
        root.get("\(path)/{interest}") { request, context in
            let list = try await list(context)
            let category = try await category(try context.part("category"), list)
            let group = try await group(try context.part("interest"), category, list)
            return try JSONAnswer.make(json(group, category, list.id), for: request)
        }
        root.patch("\(path)/{interest}") { request, context in
            try context.requireAdmin()
            let list = try await list(context)
            let category = try await category(try context.part("category"), list)
            let before = try await group(try context.part("interest"), category, list)
            let input = try await request.decode(GroupInput.self, context)
            let (name, order) = (input.name, input.displayOrder)
            try await webhooks.write(list.id) { db in
                if let name { try Audience.rename(group: before.id, name, db) }
                if let order { try Audience.place(group: before.id, at: order, db) }
            }
            let after = try await group(before.uniqueID, category, list)
            return try JSONAnswer.make(json(after, category, list.id), for: request)
        }
        root.delete("\(path)/{interest}") { _, context in
            try context.requireAdmin()
            let list = try await list(context)
            let category = try await category(try context.part("category"), list)
            let id = try await group(try context.part("interest"), category, list).id
            try await webhooks.write(list.id) { try Audience.removeGroup(id, $0) }
            return JSONAnswer.none
        }
    }

    private func category(_ uid: String, _ list: AudienceCatalogue.Entry) async throws -> GroupCategory {
        let all = try await reading(list) { try $0.groupCategories() }
        guard let category = all.first(where: { $0.uniqueID == uid }) else { throw Problem.notFound }
        return category
    }

    private func group(
        _ uid: String,
        _ category: GroupCategory,
        _ list: AudienceCatalogue.Entry
    ) async throws -> ListedGroup {
        let all = try await reading(list) { try $0.groups(of: category.id) }
        guard let group = all.first(where: { $0.uniqueID == uid }) else { throw Problem.notFound }
        return group
    }

    private func json(_ category: GroupCategory, _ list: String) -> JSONValue {
        .object([
            "list_id": .string(list), "id": .string(category.uniqueID), "title": .string(category.title),
            "display_order": .whole(category.displayOrder), "type": .string(category.kind.rawValue), "_links": [],
        ])
    }

    private func json(_ group: ListedGroup, _ category: GroupCategory, _ list: String) -> JSONValue {
        .object([
            "category_id": .string(category.uniqueID), "list_id": .string(list), "id": .string(group.uniqueID),
            "name": .string(group.name), "subscriber_count": .string(String(group.subscribers)),
            "display_order": .whole(group.displayOrder), "_links": [],
        ])
    }
}
