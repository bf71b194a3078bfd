import FanfareAudience
import FanfarePayload
import FanfareStore
import Testing

@Suite struct ContactRulesTests {
    let fixture: AudienceFixture

    init() throws { fixture = try AudienceFixture() }

    private func statuses() throws -> [String] {
        try fixture.audience.contacts(limit: 100).map(\.status.rawValue)
    }

    @Test func `without a status new contacts are subscribed and known ones keep theirs`() throws {
        try fixture.importCSV("email,status\na@x.org,unsubscribed\nb@x.org,Pending\n")
        try fixture.importCSV("email\na@x.org\nb@x.org\nc@x.org\n")
        #expect(try statuses() == ["unsubscribed", "pending", "subscribed"])
    }

    @Test(arguments: ["unsubscribed", "cleaned"])
    func `no import subscribes who has refused, unless told to`(status: String) throws {
        try fixture.importCSV("email,status\na@x.org,\(status)\n")
        for wanted in ["subscribed", "pending", "archived"] {
            let summary = try fixture.importCSV("email,status\nA@x.org,\(wanted)\n")
            #expect(summary.statusKept == 1)
            #expect(summary.updated == 1)
            #expect(try statuses() == [status])
        }
        try fixture.importCSV("email,status\na@x.org,subscribed\n", ImportOptions(resubscribe: true))
        #expect(try statuses() == ["subscribed"])
    }

    @Test func `a refusal counts within one file too, in either order`() throws {
        let summary = try fixture.importCSV(
            "email,status\na@x.org,subscribed\na@x.org,unsubscribed\na@x.org,subscribed\n"
        )
        #expect(summary.created == 1)
        #expect(summary.repeated == 2)
        #expect(summary.statusKept == 1)
        #expect(try statuses() == ["unsubscribed"])
    }

    @Test func `an unknown status is a bad row that names the known ones`() throws {
        let summary = try fixture.importCSV("email,status\na@x.org,shipped\nb@x.org,cleaned\n")
        #expect(summary.rejects.first?.reason.contains("\"shipped\" is not nonsubscribed") == false)
        #expect(summary.rejects.first?.reason.contains("subscribed, unsubscribed, cleaned") == true)
    }

    @Test func `rows of known addresses are updates once and repeats after`() throws {
        try fixture.importCSV("email,N\na@x.org,1\nb@x.org,2\n")
        let summary = try fixture.importCSV("email,N\nA@X.org,3\nnew@x.org,4\na@x.org,5\nnew@x.org,6\n")
        #expect(summary.updated == 1)
        #expect(summary.created == 1)
        #expect(summary.repeated == 2)
        #expect(try fixture.strings("SELECT m_N FROM contact ORDER BY id") == ["5", "2", "6"])
    }

    @Test func `an empty cell clears a field but no standard column`() throws {
        try fixture.importCSV("email,N,MEMBER_RATING,LANGUAGE\na@x.org,1,4,fr\n", ImportOptions(now: 100))
        try fixture.importCSV("email,N,MEMBER_RATING,LANGUAGE\na@x.org,,,\n", ImportOptions(now: 200))
        let contact = try #require(try fixture.audience.contact(email: "a@x.org"))
        #expect(contact.fields == [:])
        #expect(contact.details["MEMBER_RATING"] == "4")
        #expect(contact.details["LANGUAGE"] == "fr")
        #expect(contact.details["LAST_CHANGED"] == "200")
    }

    @Test func `a row that changes nothing leaves the time of the last change`() throws {
        try fixture.importCSV("email,N,SCORE,MEMBER_RATING\na@x.org,1,2.50,3\n", ImportOptions(now: 100))
        try fixture.importCSV("email,N,SCORE,MEMBER_RATING\na@x.org,1,2.50,3\n", ImportOptions(now: 200))
        #expect(try fixture.audience.contact(email: "a@x.org")?.details["LAST_CHANGED"] == "100")
    }

    @Test func `unique ids are random, and stay with the contact`() throws {
        try fixture.importCSV("email\n" + (0..<2000).map { "u\($0)@x.org\n" }.joined())
        let first = try fixture.audience.contacts(limit: 2000).map(\.uniqueID)
        #expect(Set(first).count == 2000)
        #expect(first.allSatisfy { $0.count == 16 && $0.allSatisfy(\.isHexDigit) })
        try fixture.importCSV("email,N\n" + (0..<2000).map { "u\($0)@x.org,x\n" }.joined())
        #expect(try fixture.audience.contacts(limit: 2000).map(\.uniqueID) == first)
    }

    @Test func `addresses are one without regard to case, in Unicode`() throws {
        let summary = try fixture.importCSV("email\nÉLODIE@x.org\nélodie@X.ORG\nelodie@x.org\n")
        #expect(summary.created == 2)
        #expect(summary.repeated == 1)
        #expect(try fixture.audience.contact(email: "Élodie@x.org")?.email == "élodie@X.ORG")
    }

    @Test func `typed cells are stored in one form, wrong ones reject the row`() throws {
        let options = ImportOptions(columns: [
            "n": ColumnSpec(tag: "N", kind: .number), "d": ColumnSpec(tag: "D", kind: .date),
            "e": ColumnSpec(tag: "E", kind: .date, dateFormat: "DD/MM/YYYY"),
            "b": ColumnSpec(tag: "B", kind: .birthday),
        ])
        let summary = try fixture.importCSV(
            """
            email,n,d,e,b
            a@x.org, 007 ,2026/02/03,13/02/2026,2/9
            b@x.org,-2.50,03-02-2026,2026-02-13,12/31
            c@x.org,1e3,02/03/2026,,
            d@x.org,1 000,,,
            e@x.org,,2026-02-30,,
            f@x.org,,,,31/12
            """,
            options
        )
        #expect(
            try fixture.audience.contacts(limit: 9).map(\.fields) == [
                ["N": "7", "D": "2026-02-03", "E": "2026-02-13", "B": "02/09"],
                ["N": "-2.5", "D": "2026-02-03", "E": "2026-02-13", "B": "12/31"],
                ["N": "1000", "D": "2026-02-03"],
            ]
        )
        #expect(summary.rejects.map(\.place.line) == [5, 6, 7])
        #expect(summary.rejects.first?.reason == "n: \"1 000\" is not a number such as 12 or 3.5")
    }

    @Test func `a choice must be one of the field's`() throws {
        try fixture.audience.addField(MergeField(tag: "SIZE", kind: .dropdown, choices: ["S", "M"]))
        let summary = try fixture.importCSV("email,SIZE\na@x.org,M\nb@x.org,XL\nc@x.org,\n")
        #expect(summary.created == 2)
        #expect(summary.rejects.first?.reason == "SIZE: \"XL\" is not one of S, M")
    }

    @Test func `groups come from columns that are said to hold them`() throws {
        try fixture.importCSV(
            #"""
            email,Interests
            a@x.org,"Sport, Food\, Drink"
            b@x.org,Sport
            c@x.org,
            """#,
            ImportOptions(columns: ["Interests": .group])
        )
        #expect(try fixture.audience.contact(email: "a@x.org")?.groups == ["Interests": ["Food, Drink", "Sport"]])
        let sql = try fixture.audience.columnSQL(
            for: .interested(category: "Interests", groups: ["Food, Drink", "it's none"]),
            contactAlias: "contact"
        )
        #expect(try fixture.strings("SELECT \(sql) FROM contact ORDER BY id") == ["1", "0", "0"])
    }

    @Test func `what templates read comes as text`() throws {
        try fixture.importCSV(
            "email,SCORE,LANGUAGE\nUrist.McVankab@freddiesjokes.com,3.0,en\n",
            ImportOptions(columns: [
                "SCORE": ColumnSpec(tag: "SCORE", kind: .number)
            ])
        )
        func value(_ column: ContactColumn) throws -> String? {
            let sql = try fixture.audience.columnSQL(for: column, contactAlias: "contact")
            #expect(try fixture.strings("SELECT typeof(\(sql)) FROM contact") == ["text"])
            return try fixture.strings("SELECT \(sql) FROM contact")[0]
        }
        #expect(try value(.email) == "Urist.McVankab@freddiesjokes.com")
        #expect(try value(.emailID) == "62eeb292278cc15f5817cb78f7790b08")
        #expect(try value(.uniqueID)?.count == 16)
        #expect(try value(.language) == "en")
        #expect(try value(.field("SCORE")) == "3")
        let error = #expect(throws: AudienceError.self) { try fixture.audience.columnSQL(for: .field("SCOR")) }
        #expect(error?.code == .unknownField)
        #expect(error?.message.contains("did you mean SCORE") == true)
    }

    @Test func `an import can be stopped after a chunk, which stays`() throws {
        let path = try fixture.write(("email\n" + (0..<50_000).map { "u\($0)@x.org\n" }.joined()).utf8, to: "c.csv")
        let error = #expect(throws: AudienceError.self) {
            try fixture.audience.importContacts(from: path) { progress in
                #expect(progress.summary.created == 20_000)
                return false
            }
        }
        #expect(error?.code == .cancelled)
        #expect(try fixture.audience.count(RecipientSelection()) == 20_000)
        let again = try Audience(path: fixture.audience.path, id: "0123456789", mode: .mustExist)
        let summary = try again.importContacts(from: path)
        #expect(summary.updated == 20_000)
        #expect(summary.created == 30_000)
    }
}
