import FanfareAudience
import FanfarePayload
import FanfareStore
import GRDB
import Testing

/// Where fields, categories and groups stand for people.
struct DisplayOrderTests {
    private let fixture: AudienceFixture

    init() throws {
        fixture = try AudienceFixture()
        for tag in ["A", "B", "C"] { try fixture.audience.addField(MergeField(tag: tag)) }
        try fixture.audience.database.write { db in
            for title in ["one", "two"] { _ = try Audience.addCategory(titled: title, .checkboxes, db) }
            for name in ["x", "y"] { _ = try Audience.addGroup(named: name, to: 1, db) }
        }
    }

    private func shown(_ audience: Audience) throws -> [String] {
        try audience.listedFields().inDisplayOrder().map(\.field.tag)
            + audience.groupCategories().inDisplayOrder().map(\.title)
            + audience.groups(of: 1).inDisplayOrder().map(\.name)
    }

    private func move(_ audience: Audience) throws {
        var change = FieldChange()
        change.displayOrder = 0
        try audience.database.write { db in
            try Audience.change(field: 3, change, db)
            try Audience.place(category: 2, at: 1, db)
            try Audience.place(category: 1, at: 5, db)
            try Audience.place(group: 2, at: -1, db)
        }
    }

    @Test func `what is shown moves, and readings stay in the order of the ids`() throws {
        try move(fixture.audience)
        #expect(try shown(fixture.audience) == ["C", "A", "B", "two", "one", "y", "x"])
        #expect(try fixture.audience.fields().map(\.tag) == ["A", "B", "C"])
        #expect(try fixture.audience.listedFields().map(\.id) == [1, 2, 3])
        #expect(try fixture.audience.groupCategories().map(\.title) == ["one", "two"])
        #expect(try fixture.audience.groups(of: 1).map(\.name) == ["x", "y"])
    }

    @Test func `an audience of before has all of it at its ids, and takes an order`() throws {
        try fixture.audience.database.write { db in
            for table in ["merge_field", "interest_category", "interest"] {
                try db.execute(sql: "ALTER TABLE \(table) DROP COLUMN display_order")
            }
            try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = 'audience.display order'")
        }
        let again = try Audience(path: fixture.audience.path, id: "0123456789", mode: .mustExist)
        #expect(try shown(again) == ["A", "B", "C", "one", "two", "x", "y"])
        #expect(try again.listedFields().map(\.displayOrder) == [1, 2, 3])
        try move(again)
        #expect(try shown(again) == ["C", "A", "B", "two", "one", "y", "x"])
    }
}
