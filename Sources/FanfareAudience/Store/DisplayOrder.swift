public import GRDB

/// What people see in an order that the team gives it: merge fields, categories of groups, groups.
///
/// Readings of an audience give them in the order in which they were made, which numbers of merge fields and bodies of
/// webhooks go by; who shows them to people puts them in theirs.
public protocol DisplayOrdered {
    /// Its key in the audience.
    var id: Int64 { get }
    /// Where it stands among its like; several may stand at one place.
    var displayOrder: Int64 { get }
}

extension ListedField: DisplayOrdered {}
extension GroupCategory: DisplayOrdered {}
extension ListedGroup: DisplayOrdered {}

extension Sequence where Element: DisplayOrdered {
    /// As people see them: those at one place in the order in which they were made.
    public func inDisplayOrder() -> [Element] {
        sorted { ($0.displayOrder, $0.id) < ($1.displayOrder, $1.id) }
    }
}

extension Audience {
    /// The step that gives them their place; what was never put anywhere has NULL, and stands at its id.
    static func addDisplayOrders(_ db: Database) throws {
        for table in ["merge_field", "interest_category", "interest"] {
            try db.execute(sql: "ALTER TABLE \(table) ADD COLUMN display_order INTEGER")
        }
    }

    /// Puts a category at a place among the others, within a write of the caller's.
    public static func place(category id: Int64, at displayOrder: Int64, _ db: Database) throws {
        let sql = "UPDATE interest_category SET display_order = ? WHERE id = ?"
        try db.execute(sql: sql, arguments: [displayOrder, id])
    }

    /// Puts a group at a place among the others of its category, within a write of the caller's.
    public static func place(group id: Int64, at displayOrder: Int64, _ db: Database) throws {
        try db.execute(sql: "UPDATE interest SET display_order = ? WHERE id = ?", arguments: [displayOrder, id])
    }
}
