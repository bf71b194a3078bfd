import FanfareAudience
import FanfarePayload
import Testing

@Suite struct CSVImportTests {
    let fixture: AudienceFixture

    init() throws { fixture = try AudienceFixture() }

    @Test func `headers become fields and cells values`() throws {
        let summary = try fixture.importCSV(
            """
            email,first_name,Score,tags
            a@example.com,Ada,3.50,"vip,new"
            b@example.com,,12,
            """,
            ImportOptions(columns: ["Score": ColumnSpec(tag: "SCORE", kind: .number)])
        )
        #expect(summary.rows == 2)
        #expect(summary.created == 2)
        #expect(summary.addedFields == ["FIRST_NAME", "SCORE"])
        #expect(try fixture.audience.fields().map(\.kind) == [.text, .number])
        let score = try fixture.audience.columnSQL(for: .field("SCORE"), contactAlias: "contact")
        #expect(try fixture.strings("SELECT \(score) FROM contact ORDER BY id") == ["3.5", "12"])
        let name = try fixture.audience.columnSQL(for: .field("FIRST_NAME"), contactAlias: "contact")
        #expect(try fixture.strings("SELECT \(name) FROM contact ORDER BY id") == ["Ada", nil])
        #expect(try fixture.strings("SELECT name FROM segment ORDER BY id") == ["vip", "new"])
        #expect(try fixture.addresses(RecipientSelection(.tag("VIP"))) == ["a@example.com"])
    }

    @Test func `a repeated address updates the earlier row and is counted`() throws {
        let summary = try fixture.importCSV("email,NAME\nA@example.com,one\na@EXAMPLE.com,two\n")
        #expect(summary.created == 1)
        #expect(summary.repeated == 1)
        #expect(try fixture.strings("SELECT email || ' ' || m_NAME FROM contact") == ["a@EXAMPLE.com two"])
    }
}
