import FanfarePayload
import GRDB

/// The tags that conditions may name, by id or without regard to case.
struct TagNames {
    private let tags: [(id: Int64, name: String, key: String)]

    init(_ db: Database) throws {
        let rows = try Row.fetchAll(db, sql: "SELECT id, name, name_key FROM segment WHERE kind = 'static' ORDER BY id")
        tags = rows.map { ($0[0], $0[1], $0[2]) }
    }

    /// - Throws: ``ConditionProblem``.
    func id(_ seen: String) throws -> Int64 {
        let key = try folded(seen)
        if let id = Int64(seen), let tag = tags.first(where: { $0.id == id }) { return tag.id }
        if let tag = tags.first(where: { $0.key == key }) { return tag.id }
        let hint = nearestName(to: seen, among: tags.map(\.name)).map { "; did you mean \"\($0)\"?" } ?? ""
        throw ConditionProblem(key: "value", message: "\"\(seen)\" is neither the id nor the name of a tag\(hint)")
    }
}

/// The groups that conditions may name, by Mailchimp's ids or by name; names are told apart exactly, as merge tags do.
struct GroupNames {
    struct Group {
        let id: Int64
        /// What the API calls it by.
        let uid: String
        let name: String
    }

    struct Category {
        let id: Int64
        let uid: String
        let title: String
        fileprivate(set) var groups: [Group] = []
    }

    private(set) var categories: [Category] = []

    /// How many groups a condition may name; Mailchimp has at most 60 in an audience.
    static let limit = 100

    init(_ db: Database) throws {
        let sql = """
            SELECT c.id, c.uid, c.title, i.id, i.uid, i.name FROM interest_category AS c
            LEFT JOIN interest AS i ON i.category_id = c.id ORDER BY c.id, i.id
            """
        for row in try Row.fetchAll(db, sql: sql) {
            let category: Int64 = row[0]
            if categories.last?.id != category {
                categories.append(Category(id: category, uid: row[1], title: row[2]))
            }
            if let id = row[3] as Int64? {
                categories[categories.count - 1].groups.append(Group(id: id, uid: row[4], name: row[5]))
            }
        }
    }

    /// The category of a field `interests-<id or title>`.
    ///
    /// - Throws: ``ConditionProblem``.
    func category(ofField field: String) throws -> Category {
        let prefix = ConditionType.interestsPrefix
        if field.hasPrefix(prefix) {
            let seen = String(field.dropFirst(prefix.count))
            if let category = categories.first(where: { $0.uid == seen }) { return category }
            if let category = categories.first(where: { $0.title == seen }) { return category }
        }
        let accepted = categories.map { prefix + $0.title }
        if accepted.isEmpty { throw ConditionProblem(key: "field", message: "the audience has no groups") }
        throw ConditionProblem(key: "field", seen: field, accepted: accepted, note: " (or the category's id)")
    }

    /// - Throws: ``ConditionProblem``.
    func id(_ seen: String, of category: Category) throws -> Int64 {
        if let group = category.groups.first(where: { $0.uid == seen }) { return group.id }
        if let group = category.groups.first(where: { $0.name == seen }) { return group.id }
        let names = category.groups.map(\.name)
        let hint = nearestName(to: seen, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
        throw ConditionProblem(
            key: "value",
            message: "\"\(seen.brief)\" is neither the id nor the name of a group of \(category.title)\(hint)"
        )
    }
}
