import FanfareAudience
import FanfarePayload
import FanfareStore
import Glibc
import Testing

@Suite struct BadCSVTests {
    let fixture: AudienceFixture

    init() throws { fixture = try AudienceFixture() }

    private func failure(
        _ bytes: some Sequence<UInt8>,
        _ options: ImportOptions = ImportOptions()
    ) throws -> AudienceError {
        let path = try fixture.write(bytes, to: "bad.csv")
        return try #require(throws: AudienceError.self) {
            try fixture.audience.importContacts(from: path, options: options)
        }
    }

    @Test func `a byte order mark, CR LF and lone CR are no part of the data`() throws {
        let text = "\u{feff}email,NAME\r\na@x.org,Ada\rb@x.org,Bob\r\n"
        #expect(try fixture.importCSV(text).created == 2)
        #expect(try fixture.strings("SELECT email || m_NAME FROM contact ORDER BY id") == ["a@x.orgAda", "b@x.orgBob"])
    }

    @Test func `quotes hold commas, line ends and quotes`() throws {
        try fixture.importCSV("email,NOTE\na@x.org,\"one,\r\n\"\"two\"\"\n\"\nb@x.org,5\"\n")
        #expect(try fixture.strings("SELECT m_NOTE FROM contact ORDER BY id") == ["one,\r\n\"two\"\n", "5\""])
    }

    @Test func `lines are counted through quoted line ends`() throws {
        let summary = try fixture.importCSV("email,NOTE\na@x.org,\"1\n2\n3\"\n\nnobody,x\n")
        #expect(summary.created == 1)
        #expect(summary.rejects.map(\.place.line) == [6])
    }

    @Test func `a header of any length is shown briefly`() throws {
        let long = String(repeating: "h", count: 5_000)
        for header in ["email,\(long)", "email,\(long)!,\(long)?", long] {
            let error = try failure("\(header)\n\n".utf8)
            #expect(error.description.utf8.count < 400, "\(error)")
        }
        let options = ImportOptions(columns: [long: ColumnSpec(tag: "A")])
        #expect(try failure("email,x\n".utf8, options).description.utf8.count < 400)
    }

    @Test func `two columns of one name are told apart by no map, and the advice is another`() throws {
        let error = try failure("email,Name,Name\na@x.org,Ada,Byron\n".utf8)
        #expect(error.message == "two columns are called \"Name\"; rename one of them in the file")
    }

    @Test func `a column map that names none of the file's columns is told the nearest`() throws {
        let options = ImportOptions(columns: ["FNAM": ColumnSpec(tag: "NAME")])
        let error = try failure("email,FNAME\na@x.org,Ada\n".utf8, options)
        #expect(error.message.hasSuffix("the columns \"email\", \"FNAME\"; did you mean \"FNAME\"?"), "\(error)")
        #expect(try !failure("email,CITY\n".utf8, options).message.contains("did you mean"))
    }

    @Test(
        arguments: [
            ("a@x.org", "has 1 cell, the header 2"),
            ("a@x.org,x,y", "has 3 cells, the header 2"),
            ("a@x.org,\"x\"y", "text between a closing quote"),
            ("a@x.org,x\0y", "NUL"),
            (",x", "address is empty"),
            ("a b@x.org,x", "space"),
            ("ax.org,x", "no @"),
            ("a@b@x.org,x", "more than one @"),
            ("@x.org,x", "before or after"),
            ("a@x.org.,x", "dot"),
        ]
    )
    func `a bad row is counted, reported and kept, and the others are imported`(row: String, reason: String) throws {
        let rejects = fixture.path("rejects.csv")
        let options = ImportOptions(rejectsPath: rejects)
        let summary = try fixture.importCSV("email,N\nfirst@x.org,1\n\(row)\nlast@x.org,2\n", options)
        #expect(summary.rows == 3)
        #expect(summary.created == 2)
        #expect(summary.rejected == 1)
        #expect(summary.rejects.first?.place.line == 3)
        #expect(summary.rejects.first?.reason.contains(reason) == true)
        let kept = try String(decoding: fixture.bytes(of: rejects), as: UTF8.self)
        #expect(kept.hasPrefix("file,line,reason,row\n"))
        #expect(kept.contains(",3,"))
        #expect(kept.contains(row.split(separator: "\"").joined(separator: "\"\"")) || row.contains("\""))
    }

    @Test(arguments: [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82]])
    func `bytes that are no UTF-8 make the row a reject`(bytes: [UInt8]) throws {
        let text = Array("email,N\na@x.org,good\nb@x.org,".utf8) + bytes + Array("\nc@x.org,é€😀\n".utf8)
        let summary = try fixture.audience.importContacts(from: fixture.write(text, to: "c.csv"))
        #expect(summary.created == 2)
        #expect(summary.rejects.map(\.reason) == ["the row is not UTF-8"])
        #expect(try fixture.strings("SELECT m_N FROM contact ORDER BY id") == ["good", "é€😀"])
    }

    @Test func `a rejects file that cannot be written is the disk's fault, not the contact file's`() throws {
        let rejects = fixture.path("missing/rejects.csv")
        let error = #expect(throws: AudienceError.self) {
            try fixture.importCSV("email\nnobody\n", ImportOptions(rejectsPath: rejects))
        }
        #expect(error?.code == .storage)
        #expect(error?.message.contains(rejects) == true)
        #expect((error?.cause as? StoreError)?.code == .notFound)
    }

    @Test func `without rejects no rejects file is left`() throws {
        let rejects = try fixture.write("old".utf8, to: "rejects.csv")
        try fixture.importCSV("email\na@x.org\n", ImportOptions(rejectsPath: rejects))
        #expect(access(rejects, F_OK) != 0)
    }

    @Test func `more rejects than allowed end the import with the last reason`() throws {
        let error = try failure("email\na@x.org\nx\ny\n".utf8, ImportOptions(maxRejects: 1))
        #expect(error.code == .tooManyRejects)
        #expect(error.place?.line == 4)
        #expect(error.message.contains("no @"))
        #expect(try fixture.importCSV("email\na@x.org\nx\n", ImportOptions(maxRejects: 1)).rejected == 1)
    }

    @Test(arguments: ["email,N\na@x.org,1\nb@x.org,\"open\nc@x.org,2\nd@x.org,3\n", "email,N\na@x.org,1\nb@x.org,\""])
    func `a quote that is never closed is an error at its line, for it swallows the rest`(text: String) throws {
        let error = try failure(text.utf8)
        #expect(error.code == .malformedFile)
        #expect(error.place?.line == 3)
        #expect(error.message.contains("never closed"))
    }

    @Test(
        arguments: [
            ("", "empty"),
            ("\n\n", "empty"),
            ("name,phone\nAda,1\n", "no column holds the addresses"),
            ("a@x.org,Ada\nb@x.org,Bob\n", "no header"),
            ("email;name\na@x.org;Ada\n", "separated by commas"),
        ]
    )
    func `a file without addresses is refused`(text: String, reason: String) throws {
        let error = try failure(text.utf8)
        #expect(error.code == .noAddressColumn)
        #expect(error.message.contains(reason))
        #expect(try fixture.audience.fields().isEmpty)
    }

    @Test func `a header alone is an import of nobody`() throws {
        let summary = try fixture.importCSV("email,NAME\n")
        #expect(summary.rows == 0)
        #expect(try fixture.audience.count(RecipientSelection()) == 0)
    }

    @Test func `UTF-16 is named`() throws {
        let error = try failure([0xff, 0xfe, 0x65, 0x00])
        #expect(error.message.contains("UTF-8"))
    }

    @Test func `two columns of one meaning are refused`() throws {
        #expect(try failure("email,First Name,first_name\n".utf8).message.contains("First Name"))
        #expect(try failure("email,Email Address\n".utf8).code == .invalidColumns)
    }

    @Test func `a column map that names no column of the file is refused`() throws {
        let error = try failure("email,N\n".utf8, ImportOptions(columns: ["Name": ColumnSpec(tag: "FNAME")]))
        #expect(error.code == .invalidColumns)
        #expect(error.message.contains("\"Name\""))
    }

    @Test(arguments: ["fname", "A B", "", "EMAIL\"", String(repeating: "X", count: 51)])
    func `a tag that is none is refused`(tag: String) throws {
        #expect(
            try failure("email,N\n".utf8, ImportOptions(columns: ["N": ColumnSpec(tag: tag)])).code == .invalidColumns
        )
    }

    @Test func `a tag with a meaning of its own is refused in words that fit a file and the API`() throws {
        let error = #expect(throws: AudienceError.self) { try fixture.audience.addField(MergeField(tag: "EMAIL")) }
        #expect(error?.message == "the tag EMAIL has a meaning of its own; choose another tag")
    }

    @Test func `a missing file and a folder are named`() throws {
        for path in [fixture.path("none.csv"), fixture.path()] {
            let error = #expect(throws: AudienceError.self) { try fixture.audience.importContacts(from: path) }
            #expect(error?.code == .unreadableFile)
        }
    }

    @Test func `long cells and rows across buffers arrive whole`() throws {
        let long = String(repeating: "long \"\"text\"\" é ", count: 200_000)
        let rows = (0..<30_000).map { "u\($0)@x.org,row \($0)" }.joined(separator: "\n")
        try fixture.importCSV("email,N\n\(rows)\nlong@x.org,\"\(long)\"\n")
        #expect(try fixture.strings("SELECT length(m_N) FROM contact WHERE email = 'long@x.org'") == ["2800000"])
        #expect(try fixture.strings("SELECT count(*) FROM contact WHERE m_N = 'row ' || (id - 1)") == ["30000"])
    }
}
