import FanfareAudience
import FanfarePayload
import GRDB
import Testing

/// What contacts did elsewhere.
struct MemberEventTests {
    private let fixture: AudienceFixture
    private var audience: Audience { fixture.audience }

    init() throws {
        fixture = try AudienceFixture()
        try fixture.importCSV("Email Address\nada@example.com\nbob@example.com\n")
    }

    private func add(_ event: MemberEvent, of contact: Int64 = 1) throws {
        try audience.database.write { try Audience.add(event, of: contact, $0) }
    }

    @Test func `events are kept with all that was said, the latest first, piece by piece`() throws {
        let opened = MemberEvent(name: "app_opened", occurred: 5, properties: ["os": "é", "n": "1"], isSyncing: true)
        try add(opened)
        try add(.init(name: "later", occurred: 9))
        try add(.init(name: "earlier", occurred: 2))
        try add(.init(name: "bobs", occurred: 2), of: 2)
        let all = try audience.events(of: 1, offset: 0, count: 10)
        #expect(all.total == 3 && all.events.map(\.name) == ["later", "app_opened", "earlier"])
        #expect(all.events[1] == opened)
        let second = try audience.events(of: 1, offset: 1, count: 1)
        #expect(second.total == 3 && second.events == [opened])
    }

    @Test func `they go with their contact, for good`() throws {
        try add(.init(name: "app_opened", occurred: 5, properties: ["secret": "s3cr3t-value"]))
        try add(.init(name: "bobs", occurred: 2), of: 2)
        _ = try audience.erase(.address("ada@example.com"))
        #expect(try audience.events(of: 1, offset: 0, count: 10).total == 0)
        #expect(try audience.events(of: 2, offset: 0, count: 10).total == 1)
        try audience.database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
        let bytes = try fixture.bytes(of: audience.path)
        #expect(!String(decoding: bytes, as: UTF8.self).contains("s3cr3t-value"))
        let error = #expect(throws: AudienceError.self) { try add(.init(name: "late", occurred: 5)) }
        #expect(error?.code == .unknownContact)
    }

    @Test(arguments: ["a", "", "a b", "ä_ä", "a\n", String(repeating: "a", count: 31)])
    func `a name is 2 to 30 letters, digits, underscores and dashes`(name: String) throws {
        let error = #expect(throws: AudienceError.self) { try add(.init(name: name, occurred: 1)) }
        #expect(error?.code == .invalidValue && error?.field == "name")
    }

    @Test func `properties are bounded in number and size`() throws {
        let many = Dictionary(uniqueKeysWithValues: (0..<101).map { ("p\($0)", "") })
        let large = ["p": String(repeating: "x", count: MemberEvent.mostBytes)]
        for properties in [many, large, ["": "x"], ["p": "\0"]] {
            let error = #expect(throws: AudienceError.self) {
                try add(.init(name: "ok", occurred: 1, properties: properties))
            }
            #expect(error?.field == "properties")
        }
        let largest = String(repeating: "x", count: MemberEvent.mostBytes - 1)
        try add(.init(name: "-_", occurred: 1, properties: ["p": largest]))
    }
}
