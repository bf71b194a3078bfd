import FanfareAudience
import FanfarePayload
import Testing

/// What an import that tells of its changes leaves in the change log.
struct ImportChangesTests {
    private let fixture: AudienceFixture
    private var audience: Audience { fixture.audience }
    private let groups = ["Music": ColumnSpec.group]

    init() throws {
        fixture = try AudienceFixture()
        _ = try audience.register(reader: "test")
        try fixture.importCSV(
            """
            Email Address,FNAME,STATUS
            same@x.org,Same,subscribed
            named@x.org,Before,subscribed
            left@x.org,Left,subscribed
            back@x.org,Back,unsubscribed
            bounced@x.org,Bounced,subscribed

            """
        )
    }

    private func run(_ text: String, resubscribe: Bool = false, notes: Bool = true) throws {
        let columns = text.contains("Music") ? groups : [:]
        var options = ImportOptions(columns: columns, resubscribe: resubscribe, now: 500)
        options.notesChanges = notes
        try fixture.importCSV(text, options)
    }

    private var told: [String] {
        get throws {
            try audience.changes(after: 0, limit: 1000).map { "\($0.kind.name) \($0.facts.email ?? "")" }
        }
    }

    private static let second = """
        Email Address,FNAME,STATUS
        same@x.org,Same,subscribed
        NAMED@x.org,After,subscribed
        left@x.org,Left,unsubscribed
        back@x.org,Back,subscribed
        bounced@x.org,Bounced,cleaned
        new@x.org,New,subscribed
        gone@x.org,Gone,unsubscribed
        dead@x.org,Dead,cleaned

        """

    @Test func `each row is told as the edit of that contact would be, and what changes nothing is not`() throws {
        #expect(try told.isEmpty)
        try run(Self.second, resubscribe: true)
        #expect(
            try told == [
                "profile NAMED@x.org", "unsubscribe left@x.org", "subscribe back@x.org", "cleaned bounced@x.org",
                "subscribe new@x.org", "cleaned dead@x.org",
            ]
        )
        let changes = try audience.changes(after: 0, limit: 100)
        #expect(changes.allSatisfy { $0.source == .admin && $0.time == 500 })
        #expect(changes[0].facts.value(ofField: "FNAME") == "After")
        #expect(changes[1].facts.action == "unsub" && changes[1].facts.reason == "manual")
        #expect(changes[3].facts.reason == "hard")
        let count = changes.count
        try run(Self.second, resubscribe: true)
        #expect(try told.count == count, "the same file again changes nothing")
    }

    @Test func `nothing is told unless that is asked for`() throws {
        try run(Self.second, resubscribe: true, notes: false)
        #expect(try told.isEmpty)
    }

    @Test func `who refused and stays so is told as what else changes`() throws {
        try run("Email Address,FNAME,STATUS\nback@x.org,Other,subscribed\n")
        #expect(try told == ["profile back@x.org"])
    }

    @Test func `groups are part of the profile, tags are not, and a new field alone changes nobody`() throws {
        try run("Email Address,Music,TAGS\nsame@x.org,Jazz,\nnamed@x.org,,vip\n")
        #expect(try told == ["profile same@x.org"])
        #expect(try audience.changes(after: 0, limit: 1).first?.facts.groups?.map(\.name) == ["Jazz"])
        try run("Email Address,EXTRA\nsame@x.org,\nleft@x.org,x\n")
        #expect(try told == ["profile same@x.org", "profile left@x.org"])
    }

    @Test func `several rows of one contact within a chunk are one change, as the last leaves it`() throws {
        try run("Email Address,FNAME\nn@x.org,One\nN@x.org,Two\nsame@x.org,Other\nsame@x.org,Same\n")
        #expect(try told == ["subscribe N@x.org"])
        #expect(try audience.changes(after: 0, limit: 1).first?.facts.value(ofField: "FNAME") == "Two")
    }

    @Test func `an empty audience tells of everybody, over the border of a chunk too`() throws {
        let other = try AudienceFixture()
        _ = try other.audience.register(reader: "test")
        var options = ImportOptions()
        options.notesChanges = true
        let rows = (1...20_500).map { "c\($0)@x.org\n" }.joined()
        try other.importCSV("Email Address\n" + rows, options)
        let changes = try other.audience.changes(after: 0, limit: 30_000)
        #expect(changes.count == 20_500 && changes.allSatisfy { $0.kind == .subscribe })
        #expect(Set(changes.map(\.contact)).count == 20_500)
    }
}
