import FanfarePayload
import GRDB
import Testing

@testable import FanfareAudience

/// Pages of contacts as programs ask for them.
struct MemberTests {
    private let fixture: AudienceFixture
    private var audience: Audience { fixture.audience }

    init() throws {
        fixture = try AudienceFixture()
        var rows = "Email Address,Status,Colour,TAGS,OPTIN_TIME,CONFIRM_TIME,LAST_CHANGED,VIP\n"
        for number in 0..<30 {
            let status = number % 5 == 0 ? "archived" : number % 5 == 1 ? "unsubscribed" : "subscribed"
            let colour = number % 2 == 0 ? "red" : "blue"
            let time = "2026-01-\(number < 9 ? "0" : "")\(number + 1) 00:00:00"
            rows += "c\(number)@x.org,\(status),\(colour),\(number % 3 == 0 ? "third" : ""),\(time),\(time),\(time),"
            rows += "\(number == 7 ? 1 : 0)\n"
        }
        try fixture.importCSV(rows, .init(columns: ["Colour": .group]))
    }

    private func page(_ change: (inout MemberQuery) -> Void) throws -> (total: Int64, addresses: [String]) {
        var query = MemberQuery()
        query.count = 1000
        change(&query)
        let page = try audience.members(query)
        return (page.total, page.members.map { String($0.email.prefix { $0 != "@" }) })
    }

    @Test func `all but the archived, in the order in which they came, piece by piece`() throws {
        let all = try page { _ in }
        #expect(all.total == 24 && all.addresses == (0..<30).filter { $0 % 5 != 0 }.map { "c\($0)" })
        let second = try page {
            $0.offset = 10
            $0.count = 3
        }
        #expect(second.total == 24 && second.addresses == Array(all.addresses[10..<13]))
        let last = try page {
            $0.isDescending = true
            $0.count = 2
        }
        #expect(last.addresses == ["c29", "c28"])
        #expect(try page { $0.offset = 100 }.addresses.isEmpty)
        #expect(try page { $0.count = 0 }.total == 24)
    }

    @Test func `a tag says since when it is on, which putting it on again does not change`() throws {
        let key = ContactEdit.Key.address("c3@x.org")
        let csv = "Email Address,TAGS\nc3@x.org,\"second,third\"\n"
        try fixture.importCSV(csv, ImportOptions(now: 1_800_000_000))
        var edit = ContactEdit(key, .mustExist)
        edit.tags = [.init("fourth"), .init("second")]
        _ = try audience.edit(edit, by: .admin, now: 1_900_000_000)
        try fixture.importCSV(csv, ImportOptions(now: 2_000_000_000))
        let taggings = try audience.taggings(of: key)
        #expect(taggings.map(\.tag.name) == ["fourth", "second", "third"])
        #expect(taggings.map(\.added).dropLast() == [1_900_000_000, 1_800_000_000])
        #expect(try #require(taggings.last?.added) < 1_800_000_000)
        #expect(try audience.taggings(of: .address("nobody@x.org")).isEmpty)
    }

    @Test func `filters narrow together, and the total counts what they leave`() throws {
        #expect(try page { $0.status = .archived }.addresses == ["c0", "c5", "c10", "c15", "c20", "c25"])
        #expect(try page { $0.status = .unsubscribed }.total == 6)
        #expect(try page { $0.isVIP = true }.addresses == ["c7"])
        let day = { (number: Int64) in 1_767_225_600 + (number - 1) * 86400 }  // of January 2026
        #expect(try page { ($0.optSince, $0.optBefore) = (day(3), day(5)) }.addresses == ["c2", "c3"])
        #expect(try page { ($0.changedSince, $0.status) = (day(28), .subscribed) }.addresses == ["c27", "c28", "c29"])
        let tag = try #require(try audience.tags().first).id
        #expect(try page { $0.tag = tag }.addresses == ["c3", "c6", "c9", "c12", "c18", "c21", "c24", "c27"])
        let red = try audience.group(named: "red", in: "Colour")
        let blue = try audience.group(named: "blue", in: "Colour")
        for (match, groups, total) in [
            (MemberQuery.GroupMatch.any, [red, blue], Int64(24)), (.any, [red], 12), (.all, [red, blue], 0),
            (.none, [red], 12),
        ] {
            #expect(try page { ($0.groups, $0.groupMatch) = (groups, match) }.total == total)
        }
        let newest = try page {
            $0.order = .change
            $0.isDescending = true
            $0.count = 2
        }
        #expect(newest.addresses == ["c29", "c28"])
    }

    @Test func `contacts are told by when they came to have their status`() throws {
        let moment: Int64 = 4_000_000_000
        for (address, status) in [
            ("c2@x.org", ContactStatus.unsubscribed), ("c3@x.org", .cleaned), ("c4@x.org", .pending),
        ] {
            _ = try audience.edit(ContactEdit(.address(address), .mustExist, status: status), by: .api, now: moment)
        }
        // Another value of one that keeps its status.
        var edit = ContactEdit(.address("c7@x.org"), .mustExist)
        edit.details = [.language: "fr"]
        _ = try audience.edit(edit, by: .api, now: moment)
        func addresses(_ status: ContactStatus?, after time: Int64) throws -> [String] {
            let found = try page { ($0.status, $0.statusSetAfter) = (status, time) }
            #expect(found.total == Int64(found.addresses.count))
            return found.addresses
        }
        #expect(try addresses(.unsubscribed, after: moment - 1) == ["c2"])
        #expect(try addresses(.cleaned, after: moment - 1) == ["c3"])
        #expect(try addresses(.pending, after: moment - 1) == ["c4"])
        #expect(try addresses(.subscribed, after: moment - 1).isEmpty)
        #expect(try addresses(.unsubscribed, after: moment).isEmpty)
        let day27: Int64 = 1_767_225_600 + 26 * 86400  // of January 2026
        #expect(try addresses(.subscribed, after: day27) == ["c27", "c28", "c29"])
        #expect(try addresses(nil, after: moment).count == 24)
    }

    @Test func `a member has the ids of its tags and groups`() throws {
        let member = try #require(try audience.member(.address("C6@x.org")))
        let red = try audience.group(named: "red", in: "Colour")
        #expect(member.tags.map(\.name) == ["third"] && member.groups == [red])
        #expect(member.email == "c6@x.org" && member.value(ofField: "NONE") == nil)
        #expect(try audience.member(.id(member.id)) == member)
        #expect(try audience.member(.address("none@x.org")) == nil)
    }

    @Test func `the kept numbers are those that a count finds, whoever changed the contacts`() throws {
        func expectRight() throws {
            for status in ContactStatus.allCases {
                let counted = try page { $0.status = status }.addresses.count
                #expect(try audience.count(of: status) == Int64(counted), "\(status)")
            }
        }
        try expectRight()
        try fixture.importCSV("email,Status\nc1@x.org,cleaned\nc2@x.org,unsubscribed\nnew@x.org,pending\nbad\n")
        try expectRight()
        _ = try audience.edit(ContactEdit(.address("c3@x.org"), .mustExist, status: .archived), by: .api)
        _ = try audience.edit(ContactEdit(.address("newer@x.org"), .mustBeNew), by: .api)
        _ = try audience.erase(.address("c4@x.org"))
        // What fails counts nothing.
        var wrong = ContactEdit(.address("wrong@x.org"), .mustBeNew)
        wrong.groups = [999: true]
        #expect(throws: AudienceError.self) { try audience.edit(wrong, by: .api) }
        try expectRight()
    }

    @Test func `a contact is found by its contact_id, whatever its address becomes`() throws {
        let member = try #require(try audience.member(.address("c7@x.org")))
        let id = Audience.contactID(of: member.uniqueID)
        #expect(id.utf8.count == 32)
        func found(_ hash: String) throws -> Int64? {
            try audience.database.read { try Audience.contact(hash: hash, $0) }
        }
        while try audience.database.write({ try Audience.hashContacts($0) }) {}
        #expect(try found(id) == member.id && found(id.uppercased()) == member.id)
        var edit = ContactEdit(.id(member.id), .mustExist)
        edit.newAddress = "new@x.org"
        _ = try audience.edit(edit, by: .api)
        #expect(try found(id) == member.id)
        #expect(try found(Audience.subscriberHash(of: "new@x.org")) == member.id)
        // The same first half, and not the same id.
        #expect(try found(String(id.prefix(16)) + String(repeating: "0", count: 16)) == nil)
        _ = try audience.erase(.id(member.id))
        #expect(try found(id) == nil)
    }

    @Test func `contacts are found by a part of their address or name, one by its address itself`() throws {
        try fixture.importCSV("Email Address,First Name,Last Name\nada@y.org,Ada,Löwe\nx@ada.org,Bob,B\n", named)
        let ada = try audience.search("ADA@y.org", limit: 10)
        #expect(ada.exact.map(\.email) == ["ada@y.org"] && ada.others.total == 0)
        let part = try audience.search("ada", limit: 10)
        #expect(part.exact.isEmpty && part.others.members.map(\.email) == ["ada@y.org", "x@ada.org"])
        #expect(try audience.search("a LÖ", limit: 10).others.members.map(\.email) == ["ada@y.org"])
        // 24 that are not archived, of which three are shown.
        let many = try audience.search("@x.org", limit: 3)
        #expect(many.others.members.count == 3 && many.others.total == 24)
        #expect(try audience.search("%", limit: 3).others.total == 0)
    }

    private var named: ImportOptions {
        ImportOptions(columns: ["First Name": .init(tag: "FNAME"), "Last Name": .init(tag: "LNAME")])
    }

    @Test func `tags are found by how they begin`() throws {
        var edit = ContactEdit(.address("z@y.org"), .either)
        edit.tags = ["Thrice", "THé", "other_"].map { .init($0) }
        _ = try audience.edit(edit, by: .api)
        #expect(try audience.tags(beginningWith: "TH").map(\.name) == ["third", "Thrice", "THé"])
        #expect(try audience.tags(beginningWith: "thÉ").map(\.name) == ["THé"])
        #expect(try audience.tags(beginningWith: "").count == 4)
        #expect(try audience.tags(beginningWith: "other%").isEmpty)
    }
}

/// What single contacts are written by is read anew when it has changed.
struct ContactFormTests {
    private struct Refusal: Error {}

    private let fixture: AudienceFixture
    private var database: DatabaseQueue { fixture.audience.database }

    init() throws {
        fixture = try AudienceFixture()
        try fixture.importCSV("Email Address,First Name\nada@x.org,Ada\n")
    }

    private func form() throws -> ContactForm { try database.read { try fixture.audience.forms.form($0) } }

    @Test func `a form is kept until a field, a group or a reader changes`() throws {
        let first = try form()
        _ = try fixture.audience.edit(ContactEdit(.address("bob@x.org"), .mustBeNew), by: .api)
        #expect(try form() === first)
        try fixture.audience.addField(MergeField(tag: "CITY", name: "City"))
        let second = try form()
        #expect(second.fields.entries.map(\.field.tag) == first.fields.entries.map(\.field.tag) + ["CITY"])
        try database.write { db in
            _ = try Audience.addCategory(titled: "Colour", .checkboxes, db)
            _ = try Audience.addGroup(named: "red", to: 1, db)
        }
        #expect(try form().groups.count == 1)
        #expect(try !form().log.isRead)
        _ = try fixture.audience.register(reader: "webhooks")
        let last = try form()
        #expect(last.log.isRead)
        _ = try fixture.audience.advance(reader: "webhooks", to: 7)
        #expect(try form() === last)
    }

    @Test func `what was taken back is in no form`() throws {
        for name in ["one", "two"] {
            #expect(throws: Refusal.self) {
                try database.write { db in
                    try db.execute(sql: "UPDATE merge_field SET name = ?", arguments: [name])
                    #expect(try fixture.audience.forms.form(db).fields.entries.last?.field.name == name)
                    throw Refusal()
                }
            }
        }
        #expect(try form().fields.entries.last?.field.name == "First Name")
        try database.write { try $0.execute(sql: "UPDATE merge_field SET name = 'three'") }
        #expect(try form().fields.entries.last?.field.name == "three")
    }

    @Test func `each standard column has its place`() {
        #expect(SystemColumn.allCases.map(\.place) == Array(SystemColumn.allCases.indices))
    }
}
