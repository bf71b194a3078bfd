import Fanfare
import FanfareTesting
import GRDB
import Testing

/// What a death leaves of an audience that was being made or deleted.
struct AudienceRemainsTests {
    @Test func `one that was deleted and has files yet loses them at the next start`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            let (id, paths) = try fixture.process { installation in
                let entry = try installation.makeAudience(named: "customers", details: .init(), fields: [])
                let events = installation.directory.eventsPath(entry.id)
                try DatabaseFile.open(events, mode: .create).close()
                try installation.catalogue.write { try AudienceCatalogue.delete(entry.id, $0) }
                return (entry.id, [installation.directory.audiencePath(entry.id), events])
            }
            #expect(paths.allSatisfy(Durability.fileExists))
            try fixture.process { installation in
                #expect(!paths.contains(where: Durability.fileExists))
                let (seen, remains) = (try installation.audiences.all(), try installation.audiences.remains())
                #expect(seen.isEmpty)
                // The id is never used again, however often it starts.
                #expect(remains == [id])
            }
        }
    }

    @Test func `whom a fan-out went to goes with its audience, and that is said`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            try fixture.process { installation in
                let entry = try installation.makeAudience(named: "customers", details: .init(), fields: [])
                let record = FanOutRecord(
                    id: "0123456789",
                    name: "news",
                    run: 1,
                    identity: "",
                    state: .ended,
                    audience: entry.id,
                    jobFingerprint: "",
                    contactsFingerprint: "",
                    createdAt: 1
                )
                try installation.requireAudience(of: record)
                try installation.catalogue.write { try AudienceCatalogue.delete(entry.id, $0) }
                let error = #expect(throws: AudienceError.self) { try installation.requireAudience(of: record) }
                let message = try #require(error).message
                #expect(message.hasPrefix("the audience customers was deleted, and with it whom news went to"))
            }
        }
    }

    @Test func `one whose making was cut off is forgotten, and its name is free`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            let path = try fixture.process { installation in
                let entry = try installation.audiences.begin(name: "customers", details: .init())
                let seen = try installation.audiences.all()
                #expect(seen.isEmpty)
                let path = installation.directory.audiencePath(entry.id)
                _ = try Audience(path: path, id: entry.id, mode: .createNew)
                return path
            }
            try fixture.process { installation in
                #expect(!Durability.fileExists(path))
                let remains = try installation.audiences.remains()
                #expect(remains.isEmpty)
                let entry = try installation.makeAudience(
                    named: "customers",
                    details: .init(),
                    fields: [MergeField(tag: "FNAME")]
                )
                let audience = try installation.openAudience(named: "customers", makesIt: false)
                #expect(audience.id == entry.id)
                let fields = try audience.fields().map(\.tag)
                #expect(fields == ["FNAME"])
            }
        }
    }

    @Test func `one that cannot be made leaves its name free`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            try fixture.process { installation in
                let twice = [MergeField(tag: "FNAME"), MergeField(tag: "FNAME")]
                #expect(throws: AudienceError.self) {
                    _ = try installation.makeAudience(named: "customers", details: .init(), fields: twice)
                }
                let remains = try installation.audiences.remains()
                #expect(remains.isEmpty)
                _ = try installation.makeAudience(named: "customers", details: .init(), fields: [])
            }
        }
    }

    @Test func `one of an earlier version is brought up to date by its owner, before it is read`() async throws {
        try await withTemporaryFolder { folder in
            try RunFixture(folder).process { installation in
                let id = try installation.makeAudience(named: "customers", details: .init(), fields: []).id
                let file = try DatabaseFile.open(installation.directory.audiencePath(id), mode: .mustExist)
                try file.write { db in
                    let triggers = try String.fetchAll(
                        db,
                        sql: "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'form@_%' ESCAPE '@'"
                    )
                    #expect(triggers.count == 8)
                    for trigger in triggers { try db.execute(sql: "DROP TRIGGER \(trigger)") }
                    try db.execute(sql: "DROP TABLE form_version")
                    try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = 'audience.form versions'")
                }
                #expect(try installation.audienceToRead(id).fields().isEmpty)
                try file.write { db in
                    try db.execute(sql: "INSERT INTO grdb_migrations VALUES ('audience.of a later one')")
                }
                #expect(throws: AudienceError.self) { _ = try installation.audienceToRead(id) }
            }
        }
    }
}
