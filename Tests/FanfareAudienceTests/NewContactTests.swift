import FanfareAudience
import FanfarePayload
import FanfareTesting
import NIOConcurrencyHelpers
import Testing

@Suite("Contacts that a program gives become those of an audience")
struct NewContactTests {
    private struct SourceFailed: Error {}

    @Test("address, fields, tags and status arrive as they were given")
    func values() async throws {
        let fixture = try AudienceFixture()
        let summary = try await fixture.audience.importContacts([
            NewContact(
                email: "Ada@example.com",
                fields: ["FNAME": "Ada \"the\" first, countess", "SCORE": 12.5, "visits": 3],
                tags: ["vip", "a \"quoted\", tag", "back\\slash"]
            ),
            NewContact(email: "bob@example.com", status: .unsubscribed),
        ])
        #expect(summary.rows == 2 && summary.created == 2 && summary.rejected == 0)
        #expect(Set(summary.addedFields) == ["FNAME", "SCORE", "VISITS"])
        let ada = try #require(try fixture.audience.contact(email: "ada@example.com"))
        #expect(ada.fields == ["FNAME": "Ada \"the\" first, countess", "SCORE": "12.5", "VISITS": "3"])
        #expect(ada.tags.sorted() == ["a \"quoted\", tag", "back\\slash", "vip"])
        #expect(ada.status == .subscribed && ada.email == "Ada@example.com")
        let bob = try #require(try fixture.audience.contact(email: "bob@example.com"))
        #expect(bob.status == .unsubscribed && bob.fields.isEmpty && bob.tags.isEmpty)
        let kinds = try fixture.audience.fields().map { "\($0.tag) \($0.kind.rawValue)" }
        #expect(kinds.sorted() == ["FNAME text", "SCORE number", "VISITS number"])
    }

    @Test("a field that was added with a type before takes what that type takes, and nothing else")
    func typedField() async throws {
        let fixture = try AudienceFixture()
        try fixture.audience.addField(MergeField(tag: "BORN", name: "Born", kind: .date))
        let summary = try await fixture.audience.importContacts([
            NewContact(email: "a@example.com", fields: ["BORN": "1815-12-10"]),
            NewContact(email: "b@example.com", fields: ["BORN": "soon"]),
        ])
        #expect(try fixture.audience.contact(email: "a@example.com")?.fields == ["BORN": "1815-12-10"])
        #expect(summary.rejected == 1)
        let reject = try #require(summary.rejects.first)
        #expect(reject.place.description == "contacts:2" && reject.reason.contains("\"soon\" is not a date"))
    }

    @Test("doing it again comes to the same; what is not mentioned stays, an empty text clears")
    func again() async throws {
        let fixture = try AudienceFixture()
        let contact = NewContact(email: "a@example.com", fields: ["A": "1", "B": "2"], tags: ["x"])
        _ = try await fixture.audience.importContacts([contact])
        _ = try await fixture.audience.importContacts([contact])
        let summary = try await fixture.audience.importContacts([
            NewContact(email: "A@EXAMPLE.COM", fields: ["A": ""], tags: ["y"])
        ])
        #expect(summary.updated == 1 && summary.created == 0)
        let stored = try #require(try fixture.audience.contact(email: "a@example.com"))
        #expect(stored.fields == ["B": "2"] && stored.tags == ["x", "y"])
    }

    @Test(
        "a contact that cannot be taken is a reject with its number and the reason, and the rest is taken",
        arguments: [
            (NewContact(email: "nobody"), "the address has no @"),
            (NewContact(email: "a@example.com", fields: ["X": "a\0b"]), "the contact holds a NUL byte"),
            (NewContact(email: "a@example.com", fields: ["Fname": "a", "FNAME": "b"]), "FNAME is given twice"),
            (NewContact(email: "a@example.com", fields: ["N": .number(.infinity)]), "is not a number"),
        ]
    )
    func rejects(_ contact: NewContact, _ reason: String) async throws {
        let fixture = try AudienceFixture()
        let last = NewContact(email: "last@example.com", fields: ["N": 1])
        let summary = try await fixture.audience.importContacts([last, contact])
        #expect(summary.rejected == 1 && summary.created == 1)
        #expect(summary.rejects.first?.place.line == 2)
        #expect(summary.rejects.first?.reason.contains(reason) == true)
    }

    @Test("a tag that is none, and a column map, are errors")
    func errors() async throws {
        let fixture = try AudienceFixture()
        await #expect(throws: AudienceError.self) {
            try await fixture.audience.importContacts([NewContact(email: "a@example.com", fields: ["A B": "x"])])
        }
        let options = ImportOptions(columns: ["A": ColumnSpec(tag: "B")])
        await #expect(throws: AudienceError.self) {
            try await fixture.audience.importContacts([NewContact(email: "a@example.com")], options: options)
        }
        // The audience can be used as before.
        #expect(try await fixture.audience.importContacts([NewContact(email: "a@example.com")]).created == 1)
    }

    @Test("one reject more than is allowed ends the import")
    func tooManyRejects() async throws {
        let fixture = try AudienceFixture()
        let contacts = [NewContact(email: "a@example.com")] + (0..<3).map { NewContact(email: "bad-\($0)") }
        do {
            _ = try await fixture.audience.importContacts(contacts, options: ImportOptions(maxRejects: 2))
            Issue.record("it went on")
        } catch let error as AudienceError {
            #expect(error.code == .tooManyRejects)
        }
    }

    @Test("chunks are committed one after another, and the sequence is never far ahead of them")
    func chunks() async throws {
        let fixture = try AudienceFixture()
        let reports = Counts()
        let contacts = AsyncStream<NewContact> { source in
            for number in 0..<12_000 { source.yield(NewContact(email: "c\(number)@example.com", tags: ["all"])) }
            source.finish()
        }
        let summary = try await fixture.audience.importContacts(contacts) { reports.add($0.rows) }
        #expect(summary.created == 12_000)
        #expect(reports.all == [5_000, 10_000, 12_000])
        #expect(try fixture.audience.count(RecipientSelection(.tag("all"))) == 12_000)
    }

    @Test("an error of the sequence is thrown as it is, after what came before it was committed")
    func failingSource() async throws {
        let fixture = try AudienceFixture()
        let contacts = AsyncThrowingStream<NewContact, any Error> { source in
            for number in 0..<6_000 { source.yield(NewContact(email: "c\(number)@example.com")) }
            source.finish(throwing: SourceFailed())
        }
        await #expect(throws: SourceFailed.self) { try await fixture.audience.importContacts(contacts) }
        #expect(try fixture.audience.count(RecipientSelection()) == 6_000)
        #expect(try await fixture.audience.importContacts([NewContact(email: "C17@example.com")]).updated == 1)
    }

    @Test("cancelling it keeps what is committed")
    func cancelled() async throws {
        let fixture = try AudienceFixture()
        let audience = fixture.audience
        let (contacts, source) = AsyncStream.makeStream(of: NewContact.self)
        let task = Task { try await audience.importContacts(contacts) }
        for number in 0..<5_001 { source.yield(NewContact(email: "c\(number)@example.com")) }
        try await eventually("the first chunk") { try audience.count(RecipientSelection()) == 5_000 }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try audience.count(RecipientSelection()) >= 5_000)
    }
}

/// Numbers that another thread reports.
private final class Counts: Sendable {
    private let numbers = NIOLockedValueBox<[Int]>([])

    var all: [Int] { numbers.withLockedValue { $0 } }

    func add(_ number: Int) { numbers.withLockedValue { $0.append(number) } }
}
