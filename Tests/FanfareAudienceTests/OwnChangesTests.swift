import FanfareAudience
import FanfarePayload
import GRDB
import Testing

/// What contacts do themselves, and what the change log says of it.
struct OwnChangesTests {
    private let fixture: AudienceFixture
    private var audience: Audience { fixture.audience }

    init() throws {
        fixture = try AudienceFixture()
        try audience.addField(MergeField(tag: "FNAME"))
        try audience.addField(MergeField(tag: "SCORE", kind: .number))
        _ = try audience.register(reader: "test")
    }

    private func signUp(_ signUp: SignUp) throws {
        try audience.database.write { try Audience.signUp(signUp, now: 1000, $0) }
    }

    private func leave(_ contact: Int64) throws -> Bool {
        try audience.database.write { try Audience.leave(contact, now: 2000, $0) }
    }

    private func add(_ address: String, _ status: ContactStatus) throws -> Int64 {
        var edit = ContactEdit(.address(address), .mustBeNew, status: status)
        edit.fields = ["FNAME": "Before"]
        return try audience.edit(edit, by: .api, now: 10).contact
    }

    private var told: [String] {
        get throws { try audience.changes(after: 0, limit: 100).map { "\($0.kind.name) \($0.source.name)" } }
    }

    @Test func `somebody new becomes subscribed, with where it came from, and that is told as its own doing`() throws {
        try signUp(SignUp(address: "ada@example.com", fields: ["FNAME": "Ada", "SCORE": ""], ip: "192.0.2.7"))
        let contact = try #require(try audience.contact(email: "ada@example.com"))
        #expect(contact.status == .subscribed && contact.fields == ["FNAME": "Ada"])
        #expect(contact.details["OPTIN_IP"] == "192.0.2.7" && contact.details["CONFIRM_IP"] == "192.0.2.7")
        #expect(contact.details["SOURCE"] == "Hosted page")
        #expect(try told == ["subscribe user"])
    }

    @Test func `where sign-ups are confirmed it becomes pending, and nobody is told yet`() throws {
        try signUp(SignUp(address: "ada@example.com", ip: "192.0.2.7", isToBeConfirmed: true))
        let contact = try #require(try audience.contact(email: "ada@example.com"))
        #expect(contact.status == .pending && contact.details["CONFIRM_IP"] == nil)
        #expect(try told.isEmpty)
    }

    @Test(
        "who is a member already is changed by nobody's form; who has left comes back; who was cleaned does not",
        arguments: [
            (.subscribed, .subscribed, "Before"), (.cleaned, .cleaned, "Before"), (.unsubscribed, .subscribed, "Other"),
            (.archived, .subscribed, "Other"), (.transactional, .subscribed, "Other"), (.pending, .subscribed, "Other"),
        ] as [(ContactStatus, ContactStatus, String)]
    )
    func known(before: ContactStatus, after: ContactStatus, name: String) throws {
        _ = try add("ada@example.com", before)
        let count = try told.count
        try signUp(SignUp(address: "ADA@example.com", fields: ["FNAME": "Other"]))
        let contact = try #require(try audience.contact(email: "ada@example.com"))
        #expect(contact.status == after && contact.fields["FNAME"] == name)
        #expect(try told.dropFirst(count) == (before == after ? [] : ["subscribe user"]))
    }

    @Test func `one that waits for its confirmation goes on waiting`() throws {
        _ = try add("ada@example.com", .pending)
        try signUp(SignUp(address: "ada@example.com", fields: ["FNAME": "Other"], isToBeConfirmed: true))
        #expect(try audience.contact(email: "ada@example.com")?.fields["FNAME"] == "Before")
        #expect(try audience.contact(email: "ada@example.com")?.status == .pending)
    }

    @Test func `what is not accepted is refused alike whether or not the address is a member's`() throws {
        _ = try add("ada@example.com", .subscribed)
        for address in ["ada@example.com", "new@example.com"] {
            let rows: [([String: String], AudienceError.Code)] = [
                (["SCORE": "many"], .invalidValue), (["NOPE": "x"], .unknownField),
            ]
            for (fields, code) in rows {
                do {
                    try signUp(SignUp(address: address, fields: fields))
                    Issue.record("it was taken")
                } catch let error as AudienceError {
                    #expect(error.code == code, "\(address)")
                }
            }
        }
        for address in ["", "ada", "@", "a b@example.com", "ada@example.com\u{7}"] {
            #expect(throws: AudienceError.self) { try signUp(SignUp(address: address)) }
        }
    }

    @Test func `who leaves is unsubscribed once, and told once; who is not there is told so`() throws {
        let ada = try add("ada@example.com", .subscribed)
        #expect(try leave(ada))
        #expect(try leave(ada))
        let contact = try #require(try audience.contact(email: "ada@example.com"))
        #expect(contact.status == .unsubscribed && contact.details["UNSUB_TIME"] == "2000")
        #expect(try told == ["subscribe api", "unsubscribe user"])
        let change = try #require(try audience.changes(after: 0, limit: 10).last)
        #expect(change.facts.action == "unsub" && change.facts.reason == "manual")
        #expect(try !leave(ada + 1))
    }

    @Test func `the campaign that led to it is told and kept, until the contact comes back`() throws {
        let ada = try add("ada@example.com", .subscribed)
        let isKnown = try audience.database.write { try Audience.leave(ada, campaign: "5aa2102003", now: 2000, $0) }
        #expect(isKnown)
        #expect(try audience.contact(email: "ada@example.com")?.details["UNSUB_CAMPAIGN_ID"] == "5aa2102003")
        let change = try #require(try audience.changes(after: 0, limit: 10).last)
        #expect(change.kind == .unsubscribe && change.facts.campaign == "5aa2102003")
        // Who is out already was led there by something else.
        _ = try audience.database.write { try Audience.leave(ada, campaign: "0000000001", now: 2001, $0) }
        #expect(try audience.contact(email: "ada@example.com")?.details["UNSUB_CAMPAIGN_ID"] == "5aa2102003")
        try signUp(SignUp(address: "ada@example.com"))
        #expect(try audience.contact(email: "ada@example.com")?.details["UNSUB_CAMPAIGN_ID"] == nil)
    }

    @Test(arguments: [ContactStatus.cleaned, .archived])
    func `who is out already stays what it is`(status: ContactStatus) throws {
        let ada = try add("ada@example.com", status)
        #expect(try leave(ada))
        #expect(try audience.contact(email: "ada@example.com")?.status == status)
    }

    @Test func `a field is public once somebody says so, and a category has its way of choosing`() throws {
        #expect(try audience.listedFields().map(\.isPublic) == [false, false])
        let id = try #require(try audience.listedFields().first?.id)
        var change = FieldChange()
        change.isPublic = true
        try audience.database.write { try Audience.change(field: id, change, $0) }
        #expect(try audience.listedFields().map(\.isPublic) == [true, false])
        let uid = try audience.database.write { try Audience.addCategory(titled: "Music", .radio, $0) }
        let category = try #require(try audience.groupCategories().first { $0.uniqueID == uid })
        #expect(category.kind == .radio)
        try audience.database.write { try Audience.change(category: category.id, to: .hidden, $0) }
        #expect(try audience.groupCategories().first?.kind == .hidden)
    }
}
