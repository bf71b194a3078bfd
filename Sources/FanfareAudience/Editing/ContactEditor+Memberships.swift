import FanfarePayload
import FanfareStore
import GRDB

extension ContactEditor {
    /// Puts the contact into tags and groups, and takes it out of others.
    ///
    /// - Returns: Whether that changed anything.
    func changeMemberships(of contact: Int64, _ edit: ContactEdit) throws -> (tags: Bool, groups: Bool) {
        var result = (tags: false, groups: false)
        for tag in edit.tags where try change(tag, of: contact) { result.tags = true }
        if edit.replacesTags, try leaveTags(but: edit.tags.filter(\.isActive).map(\.name), contact) {
            result.tags = true
        }
        for (group, isIn) in edit.groups.sorted(by: { $0.key < $1.key }) where try change(group, isIn, of: contact) {
            result.groups = true
        }
        return result
    }

    private func change(_ tag: ContactEdit.TagChange, of contact: Int64) throws -> Bool {
        let name = tag.name
        try Audience.check(name: name, atMost: 100, field: "tags")
        if tag.isActive {
            let id = try TagTable.idMakingTag(named: name, now: now, db)
            try run(TagTable.putSQL, id, contact, now)
        } else {
            guard let id = try TagTable.id(ofTagNamed: name, db) else { return false }
            try run(TagTable.takeSQL, id, contact)
        }
        return db.changesCount > 0
    }

    /// Takes the contact off all tags but some.
    private func leaveTags(but names: [String], _ contact: Int64) throws -> Bool {
        let places = names.map { _ in "?" }.joined(separator: ", ")
        try db.execute(
            sql: """
                DELETE FROM segment_contact WHERE contact_id = ? AND segment_id IN (
                    SELECT id FROM segment WHERE kind = 'static' AND name_key NOT IN (\(places))
                )
                """,
            arguments: [contact] + StatementArguments(try names.map(folded))
        )
        return db.changesCount > 0
    }

    private func change(_ group: Int64, _ isIn: Bool, of contact: Int64) throws -> Bool {
        guard
            try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM interest WHERE id = ?)", arguments: [group])
                ?? false
        else {
            throw AudienceError(.unknownGroup, "the audience has no group with the id \(group)", field: "interests")
        }
        let sql =
            isIn
            ? "INSERT OR IGNORE INTO contact_interest (interest_id, contact_id) VALUES (?, ?)"
            : "DELETE FROM contact_interest WHERE interest_id = ? AND contact_id = ?"
        try run(sql, group, contact)
        return db.changesCount > 0
    }

    /// Runs a statement that the connection keeps.
    private func run(_ sql: String, _ values: Int64...) throws {
        let statement = try HotStatement(cachedIn: db, sql)
        for (index, value) in values.enumerated() { statement.bind(index + 1, value) }
        try statement.run()
    }
}
