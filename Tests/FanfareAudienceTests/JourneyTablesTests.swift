import FanfareStore
import FanfareTesting
import GRDB
import Testing

@testable import FanfareAudience

/// Files that were written before a request had columns of its own, and a way one row.
@Suite("Journeys' tables of before") struct JourneyTablesTests {
    @Test func `what journeys left in a file is read after it was brought up to date`() throws {
        let folder = try FixtureFolder()
        let path = folder.path + "/a.sqlite"
        let schema = AudienceSchema.schema
        let steps = schema.steps.prefix { $0.name != "requests of journeys" }
        #expect(steps.count < schema.steps.count)
        let database = try DatabaseFile.open(path, mode: .createNew) { try Audience.registerFunctions($0) }
        try Schema(module: schema.module, steps: Array(steps)).migrate(database)
        try database.write { db in
            let request = """
                'request', json_object('endpoint', 'x', 'entry', 2, 'visit', 3, 'is_awaited', 1, 'body', '{"a":"é"}')
                """
            let kinds = [(ChangeKind.journeyPoint, request), (ChangeKind.profile, "'reason', 'none'")]
            for (kind, facts) in kinds {
                let sql = """
                    INSERT INTO change (contact_id, kind, source, at, facts)
                    VALUES (7, \(kind.rawValue), \(ChangeSource.admin.rawValue), 100,
                        json_object('email', 'a@b.example', \(facts)))
                    """
                try db.execute(sql: sql)
            }
            try db.execute(
                sql: """
                    INSERT INTO journey_contact (journey, contact_id, entries, inside) VALUES (1, 7, 2, 1);
                    INSERT INTO journey_step (contact_id, journey, entry, visit, point, way, at)
                    VALUES (7, 1, 2, 0, 1, 0, 99), (7, 1, 2, 1, 4, 1, 100);
                    """
            )
        }
        try database.close()
        let audience = try Audience(path: path, id: "0123456789", mode: .mustExist)
        let changes = try audience.changes(after: 0, limit: 9)
        let body = Array(#"{"a":"é"}"#.utf8)
        let expected = JourneyRequest(endpoint: "x", entry: 2, visit: 3, isAwaited: true, body: body)
        #expect(changes.map(\.facts.request) == [expected, nil])
        #expect(changes.map(\.facts.email) == ["a@b.example", "a@b.example"])
        #expect(changes.map(\.facts.reason) == [nil, "none"])
        let rows = try audience.database.read { db in
            let path = "SELECT visit || steps || at FROM journey_path ORDER BY visit"
            let facts = "SELECT facts FROM change WHERE kind = \(ChangeKind.journeyPoint.rawValue)"
            return try String.fetchAll(db, sql: path) + String.fetchAll(db, sql: facts)
        }
        #expect(rows == ["0[[1,0]]99", "1[[4,1]]100", #"{"email":"a@b.example"}"#])
    }
}
