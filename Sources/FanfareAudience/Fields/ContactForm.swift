import FanfareStore
package import GRDB
import NIOConcurrencyHelpers

/// What an audience file keeps of each contact, as of one moment: its fields and groups, and the SQL made of them.
package final class ContactForm: Sendable {
    /// The merge fields.
    package let fields: FieldTable
    /// The same, with what only programs ask for.
    package let listed: [ListedField]
    /// The ids of groups by the ten digits that they are called by over HTTP.
    package let groups: [String: Int64]
    /// Whether contacts are found by their address; see `AudienceSchema.addressIndexSQL`.
    let hasAddressIndex: Bool
    /// Writes the changes of contacts down.
    let log: ChangeLog
    /// Reads a contact's `id`, `status`, `email`, `uniqid`, then its merge fields and standard columns in their order.
    let memberSQL: String

    /// Reads it anew.
    ///
    /// - Throws: ``AudienceError`` for a field of an unknown type.
    package init(_ db: Database) throws {
        fields = try FieldTable(db)
        listed = try Audience.listedFields(of: fields, db)
        groups = try Audience.groupIDs(db)
        hasAddressIndex = try AudienceSchema.hasAddressIndex(db)
        log = try ChangeLog(fields, db)
        memberSQL = "SELECT \(Audience.allColumns(fields)) FROM contact WHERE id = ?"
    }
}

/// The form of an audience file that was read last: whoever writes single contacts reads it anew only when it has
/// changed.
///
/// For one file; any thread.
package final class ContactForms: Sendable {
    private let known = NIOLockedValueBox<(version: Int64, form: ContactForm)?>(nil)

    package init() {}

    /// As it is in the transaction under way.
    ///
    /// - Throws: ``AudienceError`` for a field of an unknown type.
    package func form(_ db: Database) throws -> ContactForm {
        let version = try Self.version(db)
        if let known = known.withLockedValue({ $0 }), known.version == version, known.form.hasAddressIndex {
            return known.form
        }
        let form = try ContactForm(db)
        known.withLockedValue { $0 = (version, form) }
        return form
    }

    private static func version(_ db: Database) throws -> Int64 {
        let statement = try HotStatement(cachedIn: db, "SELECT number FROM form_version")
        return try statement.step() ? statement.columnInt64(0) : 0
    }

    /// What a form is made of has changed otherwise than by rows.
    static func noteChange(_ db: Database) throws { try db.execute(sql: draw) }

    private static let draw = "UPDATE form_version SET number = random()"

    /// A number that is another one after each change of what a form is made of. It is drawn: one that counts would
    /// come to what a change that was taken back had made of it.
    static let tables: String = {
        let all = ["INSERT", "UPDATE", "DELETE"]
        let changes = [("merge_field", all), ("interest", all), ("change_reader", ["INSERT", "DELETE"])]
        let triggers = changes.flatMap { table, kinds in
            kinds.map { kind in
                """
                CREATE TRIGGER form_\(table)_\(kind.lowercased()) AFTER \(kind) ON \(table) BEGIN
                    \(draw);
                END;
                """
            }
        }
        return """
            CREATE TABLE form_version (number INTEGER NOT NULL);
            INSERT INTO form_version (number) VALUES (random());

            """ + triggers.joined(separator: "\n")
    }()
}
