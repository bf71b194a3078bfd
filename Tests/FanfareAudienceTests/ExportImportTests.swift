import CArchive
import FanfareAudience
import FanfarePayload
import Glibc
import Testing

@Suite struct ExportImportTests {
    let fixture: AudienceFixture

    init() throws { fixture = try AudienceFixture() }

    static let header =
        #""Email Address","First Name",Phone,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,"#
        + "GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS\n"

    static func row(_ email: String, tags: String = "") -> String {
        #"\#(email),"Ada ""A"" L",'+33 6 12,2,,,"2013-06-25 17:38:27",,47.66,-122.29,-8,-7,America/Los_Angeles,US,WA,"#
            + #""2013-06-27 12:11:50",44877845,c2cb0681af,,\#(tags)"# + "\n"
    }

    private func zip(_ entries: [(name: String, text: String)]) throws -> String {
        let path = fixture.path("export.zip")
        let archive = try #require(archive_write_new())
        defer { archive_write_free(archive) }
        archive_write_set_format_zip(archive)
        archive_write_open_filename(archive, path)
        for (name, text) in entries {
            let entry = archive_entry_new()
            defer { archive_entry_free(entry) }
            archive_entry_set_pathname(entry, name)
            archive_entry_set_size(entry, la_int64_t(text.utf8.count))
            archive_entry_set_filetype(entry, 0o100000)
            archive_entry_set_perm(entry, 0o600)
            archive_write_header(archive, entry)
            _ = Array(text.utf8).withUnsafeBytes { archive_write_data(archive, $0.baseAddress, $0.count) }
        }
        archive_write_close(archive)
        return path
    }

    @Test func `an export's columns are known by name`() throws {
        let summary = try fixture.importCSV(Self.header + Self.row("a@x.org", tags: #""""VIP"",""Blog, ""A""""""""#))
        #expect(summary.rejected == 0)
        #expect(summary.addedFields == ["FIRST_NAME", "PHONE"])
        let contact = try #require(try fixture.audience.contact(email: "a@x.org"))
        #expect(contact.fields == ["FIRST_NAME": "Ada \"A\" L", "PHONE": "+33 6 12"])
        #expect(contact.details["CONFIRM_TIME"] == "1372181907")
        #expect(contact.details["LAST_CHANGED"] == "1372335110")
        #expect(contact.details["LATITUDE"] == "47.66")
        #expect(contact.details["GMTOFF"] == "-8")
        #expect(contact.details["TIMEZONE"] == "America/Los_Angeles")
        #expect(contact.details["LEID"] == "44877845")
        #expect(contact.details["EUID"] == "c2cb0681af")
        #expect(contact.details["NOTES"] == nil)
        #expect(contact.tags.first == "Blog, \"A\"" || contact.tags.contains("VIP"))
    }

    @Test func `a zip's files give the statuses`() throws {
        let path = try zip([
            ("subscribed_email_audience_export_0123456789.csv", Self.header + Self.row("s@x.org", tags: #""""VIP""""#)),
            ("unsubscribed_email_audience_export_0123456789.csv", Self.header + Self.row("u@x.org")),
            ("cleaned_email_audience_export_0123456789.csv", Self.header + Self.row("c@x.org")),
            ("nonsubscribed_email_audience_export_0123456789.csv", ""),
            ("readme.txt", "hello"),
        ])
        let summary = try fixture.audience.importContacts(from: path)
        #expect(summary.created == 3)
        #expect(summary.ignoredFiles == ["readme.txt"])
        #expect(try fixture.audience.countByStatus() == [.subscribed: 1, .unsubscribed: 1, .cleaned: 1])
        #expect(try fixture.addresses(RecipientSelection(.tag("vip"))) == ["s@x.org"])
    }

    @Test func `an address in two files of a zip keeps its refusal`() throws {
        let path = try zip([
            ("unsubscribed_x.csv", "Email Address\na@x.org\n"), ("subscribed_x.csv", "Email Address\na@x.org\n"),
        ])
        #expect(try fixture.audience.importContacts(from: path).statusKept == 1)
        #expect(try fixture.audience.countByStatus() == [.unsubscribed: 1])
    }

    @Test func `a reject of a zip names the file in it`() throws {
        let path = try zip([("subscribed_x.csv", "Email Address\nnobody\na@x.org\n")])
        let summary = try fixture.audience.importContacts(from: path)
        #expect(summary.rejects.first?.place == AudienceError.Place(file: "subscribed_x.csv", line: 2))
    }

    @Test func `a zip without contacts, a damaged one and a bomb are refused`() throws {
        let empty = try zip([("readme.txt", "hello")])
        #expect(throws: AudienceError.self) { try fixture.audience.importContacts(from: empty) }
        let damaged = try fixture.write(
            Array("PK\u{3}\u{4}".utf8) + [UInt8](repeating: 7, count: 500),
            to: "damaged.zip"
        )
        let error = #expect(throws: AudienceError.self) { try fixture.audience.importContacts(from: damaged) }
        #expect(error?.code == .malformedFile)
        let line = String(repeating: "a", count: 1 << 20) + "\n"
        let bomb = try zip([("subscribed_x.csv", "email\n" + String(repeating: line, count: 70))])
        let refusal = #expect(throws: AudienceError.self) { try fixture.audience.importContacts(from: bomb) }
        #expect(refusal?.message.contains("250 times") == true)
    }

    // MARK: JSON Lines

    @discardableResult
    private func importJSON(_ text: String, _ options: ImportOptions = ImportOptions()) throws -> ImportSummary {
        try fixture.audience.importContacts(from: fixture.write(text.utf8, to: "contacts.jsonl"), options: options)
    }

    @Test func `flat objects become contacts, keys in any order`() throws {
        let summary = try importJSON(
            #"""
            {"email":"a@x.org","first_name":"Ad\u00e9 \"\ud83d\ude00\"","tags":["vip","a, b"],"score":3.50,"active":true}
            {"score": 12, "email": "b@x.org", "tags": "new, vip"}

            {"email":"c@x.org","first_name":null}
            """#,
            ImportOptions(columns: ["score": ColumnSpec(tag: "SCORE", kind: .number), "typo": ColumnSpec(tag: "X")])
        )
        #expect(summary.created == 3)
        #expect(summary.unusedColumns == ["typo"])
        #expect(
            try fixture.audience.contacts(limit: 9).map(\.fields) == [
                ["FIRST_NAME": "Adé \"😀\"", "SCORE": "3.5", "ACTIVE": "true"], ["SCORE": "12"], [:],
            ]
        )
        #expect(try fixture.audience.contacts(limit: 9).map(\.tags) == [["a, b", "vip"], ["new", "vip"], []])
    }

    @Test func `the address key may differ by object, and only an object of two addresses is rejected`() throws {
        let summary = try importJSON(
            #"""
            {"email":"a@x.org","n":"1"}
            {"email_address":"b@x.org","n":"2"}
            {"mail":"c@x.org","n":"3"}
            {"email":"d@x.org","email_address":"other@x.org"}
            {"email":" E@x.org","email_address":"e@X.org "}
            {"email":"","email_address":"f@x.org","mail":null}
            {"n":"7"}
            {"email":"a@x.org","n":"8"}
            """#,
            ImportOptions(columns: ["mail": ColumnSpec(tag: "EMAIL")])
        )
        #expect(summary.created == 5)
        #expect(summary.repeated == 1)
        #expect(
            summary.rejects.map { "\($0.place.line ?? 0): \($0.reason)" } == [
                #"4: "email" and "email_address" give different addresses; map one of them in `columns`"#,
                "7: the address is empty",
            ]
        )
        #expect(
            try fixture.strings("SELECT email || m_N FROM contact WHERE m_N IS NOT NULL ORDER BY email") == [
                "a@x.org8", "b@x.org2", "c@x.org3",
            ]
        )
        #expect(
            try fixture.strings("SELECT email FROM contact ORDER BY id") == [
                "a@x.org", "b@x.org", "c@x.org", "E@x.org", "f@x.org",
            ]
        )
    }

    static let member = #"""
        {"id":"cff6","email_address":"k@x.org","unique_email_id":"72c758cbf1","contact_id":"8","full_name":"Kendall Roy",
        "web_id":547094062,"email_type":"html","status":"unsubscribed","merge_fields":{"FNAME":"Kendall","STATUS":"x",
        "ADDRESS":{"addr1":"","city":"Richmond","state":"Virginia","zip":""},"HOME":{"addr1":"","city":""}},
        "stats":{"avg_open_rate":0},"ip_opt":"103.43.112.97","timestamp_opt":"2021-06-01T15:31:36+00:00","member_rating":3,
        "last_changed":"2021-06-01T17:31:36+02:00","language":"fr","vip":true,"location":{"latitude":1.5,"country_code":"FR",
        "timezone":"Europe/Paris"},"source":"API - Generic","tags_count":1,"tags":[{"id":70201,"name":"x"}],
        "last_note":{"note_id":1,"note":"met"},"list_id":"10","_links":[{"rel":"self"}],"interests":{"abc":true}}
        """#.split(separator: "\n").joined()

    @Test func `members as the API writes them`() throws {
        let summary = try importJSON(Self.member)
        #expect(summary.created == 1)
        #expect(summary.addedFields == ["FNAME", "STATUS", "ADDRESS", "HOME"])
        let contact = try #require(try fixture.audience.contact(email: "k@x.org"))
        #expect(contact.status == .unsubscribed)
        #expect(contact.fields["FNAME"] == "Kendall")
        #expect(contact.fields["STATUS"] == "x")
        #expect(contact.fields["ADDRESS"] == #"{"addr1":"","city":"Richmond","state":"Virginia","zip":""}"#)
        #expect(contact.fields["HOME"] == nil)
        #expect(contact.tags == ["x"])
        let expected = [
            "EUID": "72c758cbf1", "LEID": "547094062", "EMAIL_TYPE": "html", "CONFIRM_IP": "103.43.112.97",
            "CONFIRM_TIME": "1622561496", "LAST_CHANGED": "1622561496", "MEMBER_RATING": "3", "LANGUAGE": "fr",
            "VIP": "1",
            "LATITUDE": "1.5", "CC": "FR", "TIMEZONE": "Europe/Paris", "SOURCE": "API - Generic", "NOTES": "met",
        ]
        #expect(contact.details == expected)
        #expect(try fixture.audience.fields().map(\.kind) == [.text, .text, .address, .address])
    }

    @Test func `a missing key says nothing, an empty text clears`() throws {
        try importJSON(#"{"email":"a@x.org","one":"1","two":"2","three":"3"}"#)
        try importJSON(#"{"email":"a@x.org","one":"","two":null}"#)
        #expect(try fixture.audience.contact(email: "a@x.org")?.fields == ["TWO": "2", "THREE": "3"])
    }

    @Test(
        arguments: [
            ("[1]", "no JSON object"), ("{\"email\":\"b@x.org\"", "not valid JSON"),
            ("{\"email\":\"b@x.org\"} x", "not valid"),
            (#"{"email":"b@x.org","n":01x}"#, "not valid"), (#"{"email":"b@x.org","n":"\u0000"}"#, "not valid"),
            (#"{"email":"b@x.org","n":"\ud800"}"#, "not valid"), (#"{"n":"b@x.org"}"#, "address is empty"),
            (#"{"email":"b@x.org","n":[1]}"#, "list is not accepted"), (#"{"email":"b@x.org","tags":[1]}"#, "tags"),
            (#"{"email":"b@x.org","n":{"a":1}}"#, "object is not accepted"), (#"{"email":["b@x.org"]}"#, "list"),
            ("{\"email\":\"b\0@x.org\"}", "NUL"), (String(repeating: "[", count: 100), "no JSON object"),
            ("{\"email\":\"b@x.org\",\"n\":" + String(repeating: "[", count: 100), "not valid JSON"),
        ]
    )
    func `a bad line is rejected with its reason`(line: String, reason: String) throws {
        let summary = try importJSON("{\"email\":\"a@x.org\",\"n\":\"x\"}\n\(line)\n{\"email\":\"c@x.org\"}\n")
        #expect(summary.created == 2)
        #expect(summary.rejects.first?.place.line == 2)
        #expect(summary.rejects.first?.reason.contains(reason) == true, "\(summary.rejects)")
    }

    @Test func `an empty file is refused`() throws {
        let error = #expect(throws: AudienceError.self) { try importJSON("\n") }
        #expect(error?.code == .noAddressColumn)
    }
}
