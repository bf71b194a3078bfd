import FanfareAudience
import FanfarePayload
import Foundation
import GRDB
import Testing

/// What the change log says, read again: values of any kind come back as they were, and damage is told.
struct FactsReaderTests {
    private let fixture: AudienceFixture
    private var audience: Audience { fixture.audience }

    init() throws {
        fixture = try AudienceFixture()
        _ = try audience.register(reader: "test")
    }

    /// What a text says that stands in the log.
    private func facts(_ text: DatabaseValue) throws -> Change.Facts? {
        try audience.database.write { db in
            try db.execute(sql: "DELETE FROM change")
            try db.execute(
                sql: "INSERT INTO change (contact_id, kind, source, at, facts) VALUES (7, 1, 3, 1000, ?)",
                arguments: [text]
            )
        }
        let change = try #require(try audience.changes(after: 0, limit: 10).first)
        #expect(change.contact == 7 && change.kind == .subscribe && change.source == .api && change.time == 1000)
        return change.facts
    }

    private func facts(_ text: String) throws -> Change.Facts? { try facts(text.databaseValue) }

    @Test func `every member comes back, and one that is null or missing is none`() throws {
        let text = """
            {"id":"0123456789","web_id":203740265,"email":"a@example.com","email_type":"text","ip_opt":"192.0.2.1",
            "ip_signup":"192.0.2.2","merges":[{"FNAME":"Ada","LNAME":null},{"SCORE":"12.5"}],
            "groups":[{"category":7,"name":"Jazz"},{"name":"Blues","category":8}],"reason":"manual","action":"unsub",
            "campaign":"abcdef0123","old_email":"b@example.com","subject":"Sale","status":"sent"}
            """
        let known = try #require(try facts(text))
        #expect(known.id == "0123456789" && known.webID == 203_740_265 && known.email == "a@example.com")
        #expect(known.emailType == "text" && known.optIP == "192.0.2.1" && known.signupIP == "192.0.2.2")
        #expect(known.merges == [["FNAME": "Ada", "LNAME": nil], ["SCORE": "12.5"]])
        #expect(known.value(ofField: "SCORE") == "12.5" && known.value(ofField: "LNAME") == nil)
        #expect(known.groups == [.init(category: 7, name: "Jazz"), .init(category: 8, name: "Blues")])
        #expect(known.reason == "manual" && known.action == "unsub" && known.campaign == "abcdef0123")
        #expect(known.oldEmail == "b@example.com" && known.subject == "Sale" && known.status == "sent")
        let nulls = """
            {"id":null,"web_id":null,"email":null,"email_type":null,"ip_opt":null,"ip_signup":null,"merges":null,
            "groups":null,"reason":null,"action":null,"campaign":null,"old_email":null,"subject":null,"status":null}
            """
        for text in [nulls, "{}", " { } "] { #expect(try facts(text) == Change.Facts()) }
        var empty = Change.Facts()
        (empty.merges, empty.groups) = ([], [])
        #expect(try facts(#"{"merges":[],"groups":[]}"#) == empty)
    }

    @Test func `what a later version writes besides is passed over`() throws {
        let text = #"{"new":{"a":[1,{"b":"}"}],"c":-1.5e3},"id":"x","more":[[],true,false,null,"]"],"email":"a@b"}"#
        var expected = Change.Facts()
        (expected.id, expected.email) = ("x", "a@b")
        #expect(try facts(text) == expected)
        let group = #"{"groups":[{"category":7,"name":"Jazz","since":[1]}]}"#
        #expect(try facts(group)?.groups == [.init(category: 7, name: "Jazz")])
    }

    @Test(arguments: [
        (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"), (#""\u0041\u00e9\u20ac\ud83d\ude00""#, "Aé€😀"),
        (#""Zoë 東京 😀""#, "Zoë 東京 😀"), (#""""#, ""), (#""a\u0000b""#, "a\0b"), (#""\u001f\u007f""#, "\u{1f}\u{7f}"),
    ])
    func `escapes mean what JSON says`(written: String, meant: String) throws {
        #expect(try facts(#"{"email":\#(written),"merges":[{"FNAME":\#(written)}]}"#)?.email == meant)
        #expect(try facts(#"{"merges":[{"FNAME":\#(written)}]}"#)?.value(ofField: "FNAME") == meant)
    }

    @Test func `whatever SQLite writes is read`() throws {
        let scalars = Array(1...0x2ff) + [0xfffd, 0xffff, 0x10000, 0x10ffff]
        let all = String(String.UnicodeScalarView(scalars.compactMap(Unicode.Scalar.init)))
        let texts = [all, String(repeating: "\"\\\u{1}", count: 5000), "a\0b"]
        for text in texts {
            let written = try audience.database.read { db in
                let sql = """
                    SELECT json_object('id', t, 'web_id', ?2, 'merges', json_array(json_object(t, t)))
                    FROM (SELECT CAST(?1 AS TEXT) AS t)
                    """
                return try String.fetchOne(db, sql: sql, arguments: [Data(text.utf8), Int64.min]) ?? ""
            }
            let facts = try #require(try facts(written))
            #expect(facts.id == text && facts.webID == .min && facts.value(ofField: text) == text)
        }
    }

    @Test(arguments: [("0", 0), ("-12", -12), ("9223372036854775807", Int64.max), ("1.0", 1), ("1e3", 1000)])
    func `a whole number is one however it is written`(written: String, meant: Int64) throws {
        #expect(try facts(#"{"web_id":\#(written)}"#)?.webID == meant)
    }

    @Test(arguments: [
        "", "null", "[]", "1", "\"id\"", "{", "}", "{}}", "{} x", "{,}", #"{"id"}"#, #"{"id":}"#, #"{"id":"a",}"#,
        #"{"id":"a""email":"b"}"#, #"{id:"a"}"#, #"{"id":1}"#, #"{"id":true}"#, #"{"id":["a"]}"#, #"{"web_id":"1"}"#,
        #"{"web_id":1.5}"#, #"{"web_id":9223372036854775808}"#, #"{"web_id":1e400}"#, #"{"web_id":NaN}"#,
        #"{"merges":{}}"#, #"{"merges":[null]}"#, #"{"merges":["a"]}"#, #"{"merges":[{"A":1}]}"#,
        #"{"merges":[{"A":"b"}{"C":"d"}]}"#, #"{"merges":[{"A":"b"},]}"#, #"{"groups":[{"name":"Jazz"}]}"#,
        #"{"groups":[{"category":1}]}"#, #"{"groups":[{"category":1,"name":null}]}"#, #"{"groups":[[]]}"#,
        #"{"id":"\q"}"#, #"{"id":"\u12"}"#, #"{"id":"\u12x4"}"#, #"{"id":"\ud800"}"#, #"{"id":"\udc00\ud800"}"#,
        "{\"id\":\"a\nb\"}", "{\"new\":\(String(repeating: "[", count: 100_000))",
    ])
    func `what is damaged is an error, and none of the changes is told`(text: String) throws {
        let error = #expect(throws: AudienceError.self) { try facts(text) }
        #expect(error?.code == .storage)
    }

    @Test func `a text that breaks off anywhere is an error, and so is one that is not UTF-8`() throws {
        let text =
            #"{"id":"a\u00e9\n","web_id":12,"merges":[{"A":"b","C":null}],"groups":[{"category":1,"name":"x"}],"n":{"a":[1]}}"#
        #expect(try facts(text) != nil)
        for length in 0..<text.utf8.count {
            let part = String(decoding: Array(text.utf8.prefix(length)), as: UTF8.self)
            #expect(throws: AudienceError.self, "\(part)") { try facts(part) }
        }
        for bytes in [[0xff], [0xc3], [0xe2, 0x82], [0xed, 0xa0, 0x80]] as [[UInt8]] {
            let text = Data(Array(#"{"id":""#.utf8) + bytes + Array(#""}"#.utf8))
            #expect(throws: AudienceError.self) { try facts(text.databaseValue) }
        }
    }

    @Test func `a contact with more fields than a function takes arguments has all of them told`() throws {
        let tags = (1...120).map { "F\($0)" }
        for tag in tags { try audience.addField(MergeField(tag: tag)) }
        var edit = ContactEdit(.address("ada@example.com"), .mustBeNew)
        for tag in tags where tag != "F60" { edit.fields[tag] = "value of \(tag), \"quoted\"" }
        try audience.edit(edit, by: .api, now: 1000)
        let facts = try #require(try audience.changes(after: 0, limit: 10).first?.facts)
        #expect(facts.merges?.map(\.count) == [50, 50, 20] && facts.value(ofField: "F60") == nil)
        for tag in tags where tag != "F60" {
            #expect(facts.value(ofField: tag) == "value of \(tag), \"quoted\"")
        }
    }

    @Test func `a change of a kind that is not known is an error`() throws {
        try audience.database.write { db in
            let sql = "INSERT INTO change (contact_id, kind, source, at, facts) VALUES (1, 99, 1, 1, '{}')"
            try db.execute(sql: sql)
        }
        let error = #expect(throws: AudienceError.self) { try audience.changes(after: 0, limit: 10) }
        #expect(error?.code == .storage && error?.message.contains("does not know") == true)
    }
}
