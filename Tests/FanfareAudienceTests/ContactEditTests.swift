import FanfareAudience
import FanfarePayload
import Testing

/// Changes of single contacts, and what the change log says of them.
struct ContactEditTests {
    private let fixture: AudienceFixture
    private var audience: Audience { fixture.audience }

    init() throws {
        fixture = try AudienceFixture()
        try audience.addField(MergeField(tag: "FNAME"))
        try audience.addField(MergeField(tag: "SCORE", kind: .number))
        try audience.addField(MergeField(tag: "BORN", kind: .birthday))
        _ = try audience.register(reader: "test")
    }

    private func edit(_ address: String, _ presence: ContactEdit.Presence = .either) -> ContactEdit {
        ContactEdit(.address(address), presence)
    }

    @discardableResult
    private func make(_ edit: ContactEdit, by source: ChangeSource = .api, now: Int64 = 1000) throws -> EditOutcome {
        try audience.edit(edit, by: source, now: now)
    }

    private var changes: [Change] {
        get throws { try audience.changes(after: 0, limit: 100) }
    }

    private var kinds: [String] {
        get throws { try changes.map(\.kind.name) }
    }

    @Test func `a new contact is stored with its values and logged with them`() throws {
        var new = edit("Ada@Example.com", .mustBeNew)
        new.fields = ["FNAME": "Ada", "score": "12.5"]
        new.tags = [.init("VIP")]
        new.details = [.language: "fr", .signupIP: "192.0.2.1"]
        let outcome = try make(new)
        #expect(outcome.isNew && outcome.hasChanged)
        let contact = try #require(try audience.contact(email: "ada@example.com"))
        #expect(contact.id == outcome.contact && contact.email == "Ada@Example.com" && contact.status == .subscribed)
        #expect(contact.fields == ["FNAME": "Ada", "SCORE": "12.5"] && contact.tags == ["VIP"])
        #expect(contact.details["LANGUAGE"] == "fr" && contact.details["SOURCE"] == "API - Generic")
        #expect(contact.details["CONFIRM_TIME"] == "1000" && contact.details["LAST_CHANGED"] == "1000")
        let change = try #require(try changes.first)
        #expect(try changes.count == 1)
        #expect(change.kind == .subscribe && change.source == .api && change.time == 1000)
        #expect(change.contact == outcome.contact && change.facts.email == "Ada@Example.com")
        #expect(change.facts.value(ofField: "FNAME") == "Ada" && change.facts.value(ofField: "SCORE") == "12.5")
        #expect(change.facts.value(ofField: "BORN") == nil && change.facts.signupIP == "192.0.2.1")
        #expect(change.facts.webID == outcome.contact && change.facts.id?.count == 10)
    }

    @Test func `each way between two statuses is one entry at most`() throws {
        let rows: [(from: ContactStatus, to: ContactStatus, expected: [String])] = [
            (.subscribed, .unsubscribed, ["unsubscribe"]), (.subscribed, .cleaned, ["cleaned"]),
            (.subscribed, .archived, ["unsubscribe"]), (.subscribed, .pending, ["unsubscribe"]),
            (.unsubscribed, .subscribed, ["subscribe"]), (.pending, .subscribed, ["subscribe"]),
            (.archived, .subscribed, ["subscribe"]), (.cleaned, .subscribed, ["subscribe"]),
            (.unsubscribed, .archived, []), (.unsubscribed, .cleaned, ["cleaned"]), (.pending, .unsubscribed, []),
            (.subscribed, .subscribed, []),
        ]
        for (number, row) in rows.enumerated() {
            let address = "c\(number)@example.com"
            try make(ContactEdit(.address(address), .mustBeNew, status: row.from))
            let before = try audience.lastChange()
            try make(ContactEdit(.address(address), .mustExist, status: row.to))
            let made = try audience.changes(after: before, limit: 10).map(\.kind.name)
            #expect(made == row.expected, "\(row.from) to \(row.to)")
            #expect(try audience.contact(email: address)?.status == row.to)
        }
    }

    @Test func `who leaves says how and why`() throws {
        for (address, status, reason) in [
            ("a@x.org", ContactStatus.unsubscribed, nil), ("b@x.org", .unsubscribed, "abuse"),
            ("c@x.org", .archived, nil),
        ] {
            try make(edit(address))
            var leave = ContactEdit(.address(address), .mustExist, status: status)
            leave.reason = reason
            leave.campaign = "c1"
            try make(leave, by: .user, now: 2000)
        }
        let left = try changes.filter { $0.kind == .unsubscribe }
        #expect(left.map(\.facts.action) == ["unsub", "unsub", "delete"])
        #expect(left.map(\.facts.reason) == ["manual", "abuse", "manual"])
        #expect(left.allSatisfy { $0.facts.campaign == "c1" && $0.source == .user })
        let contact = try #require(try audience.contact(email: "b@x.org"))
        #expect(contact.details["UNSUB_TIME"] == "2000" && contact.details["UNSUB_REASON"] == "abuse")
        try make(ContactEdit(.address("b@x.org"), .mustExist, status: .subscribed), now: 3000)
        let back = try #require(try audience.contact(email: "b@x.org"))
        #expect(back.details["UNSUB_TIME"] == nil && back.details["CONFIRM_TIME"] == "3000")
    }

    @Test func `a profile is logged when a value or a group is another than before`() throws {
        try fixture.importCSV("Email Address,Colour\nada@example.com,red\n", .init(columns: ["Colour": .group]))
        let red = try audience.group(named: "red", in: "Colour")
        var change = edit("ada@example.com")
        change.fields = ["FNAME": "Ada"]
        #expect(try make(change).hasChanged)
        #expect(try !make(change, now: 2000).hasChanged)
        #expect(try audience.contact(email: "ada@example.com")?.details["LAST_CHANGED"] == "1000")
        change.groups = [red: false]
        #expect(try make(change).hasChanged)
        change.fields = ["FNAME": ""]
        #expect(try make(change).hasChanged)
        #expect(try kinds == ["profile", "profile", "profile"])
        #expect(try changes.map { $0.facts.value(ofField: "FNAME") } == ["Ada", "Ada", nil])
        #expect(try changes.map { $0.facts.groups?.map(\.name) } == [["red"], [], []])
    }

    @Test func `tags are no change of the profile`() throws {
        try make(edit("ada@example.com"))
        var change = edit("ada@example.com")
        change.tags = [.init("a"), .init("b"), .init("A", isActive: false)]
        #expect(try make(change).hasChanged)
        #expect(try audience.contact(email: "ada@example.com")?.tags == ["b"])
        change.tags = [.init("never there", isActive: false)]
        #expect(try !make(change).hasChanged)
        #expect(try kinds == ["subscribe"])
    }

    @Test func `another address is logged before the profile that has it`() throws {
        try make(edit("ada@example.com"))
        var move = edit("ada@example.com")
        move.newAddress = "ada@other.example"
        try make(move)
        #expect(try kinds == ["subscribe", "upemail", "profile"])
        let upemail = try changes[1]
        #expect(upemail.facts.oldEmail == "ada@example.com" && upemail.facts.email == "ada@other.example")
        #expect(try audience.contact(email: "ada@example.com") == nil)
        // Spelled otherwise it is the same address, and whoever keeps its spelling hears of it.
        move = edit("ada@other.example")
        move.newAddress = "Ada@Other.example"
        #expect(try make(move).hasChanged)
        #expect(try audience.contact(email: "ada@other.example")?.email == "Ada@Other.example")
        #expect(try kinds == ["subscribe", "upemail", "profile", "profile"])
        #expect(try changes[3].facts.email == "Ada@Other.example")
    }

    @Test func `what cannot be says why and changes nothing`() throws {
        try make(edit("ada@example.com"))
        try make(edit("bob@example.com"))
        let before = try audience.lastChange()
        func refused(_ code: AudienceError.Code, field: String? = nil, _ body: (inout ContactEdit) -> Void) {
            var edit = ContactEdit(.address("ada@example.com"), .either)
            edit.tags = [.init("must not stay")]
            body(&edit)
            #expect {
                try audience.edit(edit, by: .api)
            } throws: { error in
                guard let error = error as? AudienceError else { return false }
                return error.code == code && error.field == field && !error.message.isEmpty
            }
        }
        refused(.contactExists) { $0.presence = .mustBeNew }
        refused(.contactExists) { $0.newAddress = "BOB@example.com" }
        refused(.unknownContact) { $0 = ContactEdit(.address("eve@example.com"), .mustExist) }
        refused(.unknownContact) { $0 = ContactEdit(.id(999), .either) }
        let unseen = "\u{85}\u{61C}\u{200E}\u{200F}\u{2028}\u{202A}\u{202E}\u{2066}\u{2069}".unicodeScalars
        let turned = unseen.map { "a\($0)b@c.d" }
        for address in ["none", "a@b@c", "a b@c.d", "a\u{7}@b.c", "@b.c", "a@", ""] + turned {
            refused(.invalidAddress, field: "email_address") { $0.key = .address(address) }
            refused(.invalidAddress, field: "email_address") { $0.newAddress = address }
        }
        refused(.unknownField, field: "NOPE") { $0.fields = ["NOPE": "x"] }
        refused(.invalidValue, field: "SCORE") { $0.fields = ["SCORE": "many"] }
        refused(.invalidValue, field: "BORN") { $0.fields = ["BORN": "13/40"] }
        refused(.invalidValue, field: "FNAME") { $0.fields = ["FNAME": "a\0b"] }
        refused(.invalidValue, field: "rating") { $0.details = [.rating: "9"] }
        refused(.invalidValue, field: "timestamp_opt") { $0.details = [.optTime: "soon"] }
        refused(.invalidValue, field: "timestamp_signup") { $0.details = [.signupTime: "soon"] }
        refused(.invalidValue, field: "ip_signup") { $0.details = [.signupIP: "a\0b"] }
        refused(.unknownGroup, field: "interests") { $0.groups = [77: true] }
        refused(.invalidValue, field: "tags") { $0.tags.append(.init("")) }
        #expect(try audience.lastChange() == before)
        #expect(try audience.tags().isEmpty)
    }

    @Test func `nothing is logged that nobody reads, and what all have read goes`() throws {
        try audience.unregister(reader: "test")
        try make(edit("ada@example.com"))
        #expect(try changes.isEmpty)
        #expect(try audience.register(reader: "one") == 0)
        try make(edit("bob@example.com"))
        let number = try audience.lastChange()
        #expect(try audience.register(reader: "two") == number)
        try make(edit("eve@example.com"))
        try audience.advance(reader: "two", to: number + 1)
        #expect(try changes.count == 2)
        try audience.advance(reader: "one", to: number)
        #expect(try changes.map(\.facts.email) == ["eve@example.com"])
        // Neither a reader that comes back nor one that goes back loses its place.
        #expect(try audience.register(reader: "one") == number)
        try audience.advance(reader: "one", to: 0)
        #expect(try audience.register(reader: "one") == number)
        try audience.unregister(reader: "one")
        #expect(try changes.isEmpty)
        try make(edit("dan@example.com"))
        #expect(try changes.map(\.number) == [number + 2])
    }

    @Test func `an erased contact leaves nothing, and its key is not used again`() throws {
        var new = edit("ada@example.com")
        new.fields = ["FNAME": "Ada Lovelace"]
        new.tags = [.init("a")]
        let id = try make(new).contact
        #expect(try audience.erase(.address("ADA@example.com")) == id)
        #expect(try audience.contact(email: "ada@example.com") == nil)
        #expect(try changes.isEmpty && audience.tags().map(\.contacts) == [0])
        #expect(try make(new).contact > id)
        #expect(throws: AudienceError.self) { try audience.erase(.address("never@example.com")) }
    }

    @Test func `an audience of more fields than a function of SQLite takes is logged whole`() throws {
        for number in 0..<160 { try audience.addField(MergeField(tag: "F\(number)")) }
        var new = edit("ada@example.com")
        for number in 0..<160 { new.fields["F\(number)"] = "value \(number)" }
        try make(new)
        let facts = try #require(try changes.first).facts
        #expect((0..<160).allSatisfy { facts.value(ofField: "F\($0)") == "value \($0)" })
    }
}
