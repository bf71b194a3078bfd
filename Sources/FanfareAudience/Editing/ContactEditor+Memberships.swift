import FanfarePayload
import GRDB

extension ContactEditor {
    /// Puts the contact into tags and groups, and takes it out of others.
    ///
    /// - Returns: Whether that changed anything.
    func changeMemberships(of contact: Int64, _ edit: ContactEdit) throws -> (tags: Bool, groups: Bool) {
        var result = (tags: false, groups: false)
        for tag in edit.tags where try change(tag, of: contact) { result.tags = true }
        for (group, isIn) in edit.groups.sorted(by: { $0.key < $1.key }) where try change(group, isIn, of: contact) {
            result.groups = true
        }
        return result
    }

    private func change(_ tag: ContactEdit.TagChange, of contact: Int64) throws -> Bool {
        let name = tag.name
        guard !name.isEmpty, name.utf8.count <= 100, !name.unicodeScalars.contains(where: { $0.value < 0x20 }) else {
            throw AudienceError(
                .invalidValue,
                "\"\(name.brief)\" is no tag: 1 to 100 bytes without control characters",
                field: "tags"
            )
        }
        if tag.isActive {
            let id = try TagTable.idMakingTag(named: name, now: now, db)
            try db.execute(
                sql: "INSERT OR IGNORE INTO segment_contact (segment_id, contact_id) VALUES (?, ?)",
                arguments: [id, contact]
            )
        } else {
            guard let id = try TagTable.id(ofTagNamed: name, db) else { return false }
            try db.execute(
                sql: "DELETE FROM segment_contact WHERE segment_id = ? AND contact_id = ?",
                arguments: [id, contact]
            )
        }
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
        try db.execute(sql: sql, arguments: [group, contact])
        return db.changesCount > 0
    }
}
