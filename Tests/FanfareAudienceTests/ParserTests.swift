import Testing

@testable import FanfareAudience

@Suite struct ParserTests {
    private func bytes<Value>(_ text: String, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        Array(text.utf8).withUnsafeBytes(body)
    }

    @Test(
        arguments: [
            ("1970-01-01 00:00:00", 0), ("2013-06-25 17:38:27", 1_372_181_907),
            ("2021-06-01T15:31:36+00:00", 1_622_561_496),
            ("2021-06-01T17:31:36.123+02:00", 1_622_561_496), ("2021-06-01T15:31:36Z", 1_622_561_496),
            ("2000-02-29", 951_782_400), ("1969-12-31 23:59:59", -1), ("2100-03-01", 4_107_542_400),
        ] as [(String, Int64)]
    )
    func `times are read`(text: String, seconds: Int64) {
        #expect(bytes(text) { parseTime($0) } == seconds)
    }

    @Test(arguments: [
        "", "2021", "2021-02-29", "2100-02-29", "2021-06-01 24:00:00", "2021-06-01T15:31:36+0200", "2021-06-01 15:31",
    ])
    func `what is no time is not`(text: String) {
        #expect(bytes(text) { parseTime($0) } == nil)
    }

    @Test(arguments: [
        "1/2", "1-2-3", "2026-1/2", "13/13/2026", "2026-00-01", "20260101", "2026-01-01x", "99999-01-01", "--", "/",
    ])
    func `what is no date is not`(text: String) {
        #expect(bytes(text) { parseDate($0, dayFirst: false) } == nil)
    }

    @Test(arguments: ["", "+", "-", ".5", "5.", "1e", "1e+", "0x10", "1,5", "nan", "inf", "1 2", "1e999"])
    func `what is no number is not`(text: String) {
        guard !text.isEmpty else { return }
        #expect(bytes(text) { parseNumber($0) == nil })
    }

    @Test func `whole numbers keep all digits`() {
        for value in [Int64.max, 0, -1, Int64.min + 1] {
            guard case .integer(let seen)? = bytes("\(value)", { parseNumber($0) }) else {
                Issue.record("\(value) is not read as an integer")
                continue
            }
            #expect(seen == value)
        }
        guard case .real(let huge)? = bytes("92233720368547758080", { parseNumber($0) }) else {
            Issue.record("a huge number is not read")
            return
        }
        #expect(huge == 92233720368547758080)
    }

    @Test(
        arguments: [
            ("a,b", ["a", "b"]), (" a , ,b ", ["a", "b"]), (#""VIP","Blog, daily""#, ["VIP", "Blog, daily"]),
            (#""say ""hi""",x"#, [#"say "hi""#, "x"]), (#"Food\, Drink,Sport"#, ["Food, Drink", "Sport"]), ("", []),
            (#""open"#, ["open"]),
        ]
    )
    func `lists of names are split`(text: String, names: [String]) {
        var parser = ListParser()
        let seen = bytes(text) { cell in
            parser.parse(cell)
            return parser.names.map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(seen == names)
    }

    @Test(
        arguments: [
            ("first_name", "FIRST_NAME"), ("Prénom", "PR_NOM"), ("Phone (mobile)", "PHONE__MOBILE_"), ("2nd", "2ND"),
            ("straße", "STRASSE"), ("名前", nil), ("--", nil),
        ] as [(String, String?)]
    )
    func `headers give tags`(header: String, tag: String?) {
        #expect(derivedTag(of: header) == tag)
    }

    @Test(
        arguments: [
            ("ÉLODIE", "élodie"), ("ΣΊΣΥΦΟΣ", "σίσυφοσ"), ("Σίσυφος", "σίσυφοσ"), ("İı", "İı"), ("ẞß", "ßß"),
            ("Ⱥ", "ⱥ"),
            ("😀Ж", "😀ж"), ("ASCII 09_", "ascii 09_"), ("", ""),
        ]
    )
    func `text folds character by character`(text: String, result: String) throws {
        #expect(try folded(text) == result)
    }

    @Test func `the address table finds what was put in, and nothing else much`() {
        var table = AddressTable()
        func hash(_ index: Int) -> UInt32 { bytes("user\(index)@example.com") { table.hash($0) } }
        for index in 1...20_000 { table.insert(hash(index), id: Int64(index)) }
        #expect((1...20_000).allSatisfy { index in table.contains(hash(index)) { $0 == Int64(index) } })
        let strangers = (20_001...40_000).filter { table.contains(hash($0)) { _ in true } }
        #expect(strangers.count < 20)
    }
}
