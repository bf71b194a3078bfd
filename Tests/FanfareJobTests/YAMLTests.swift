import FanfareJob
import FanfarePayload
import Testing

struct YAMLTests {
    let folder: JobFolder

    init() throws { folder = try JobFolder() }

    /// What `data` holds when written like this after `data: `.
    func data(_ text: String) throws -> PayloadNode {
        let job = "fanfare: 1\nname: a\naudience: {name: a}\nwebhook:\n  url: https://a.example/\n  data: \(text)"
        guard case .json(let node) = try folder.parse(job).job.webhook.body else {
            throw ParseFailure()
        }
        return node
    }

    struct ParseFailure: Error {}

    @Test(arguments: [
        ("1", PayloadNode.number("1")), ("-0", .number("-0")), ("1.50", .number("1.50")), ("1e400", .number("1e400")),
        ("12345678901234567890.123", .number("12345678901234567890.123")), ("1E-5", .number("1E-5")),
        ("true", .bool(true)), ("False", .bool(false)), ("null", .null), ("~", .null), ("", .null),
        ("yes", .string("yes")), ("no", .string("no")), ("on", .string("on")), ("off", .string("off")),
        ("NO", .string("NO")), ("y", .string("y")), ("\"1\"", .string("1")), ("'true'", .string("true")),
        ("\"null\"", .string("null")), ("\"\"", .string("")), ("!!str 5", .string("5")),
        ("2026-11-27", .string("2026-11-27")),
        ("12:30", .string("12:30")), ("1_000", .string("1_000")), ("06 12 34", .string("06 12 34")),
        ("1.2.3", .string("1.2.3")), ("a*b", .string("a*b")), ("0o17x", .string("0o17x")),
        ("Bonjour *|FNAME|*", .string("Bonjour *|FNAME|*")), ("\"*|FNAME|*\"", .string("*|FNAME|*")),
        ("\"a\\nb\\u00e9\"", .string("a\nbé")), ("<<", .string("<<")),
        ("\"x\\\\uD83D\\\\uDE00\"", .string("x\\uD83D\\uDE00")),
        ("\"\\uD83D\\uDE00!\"", .string("😀!")), ("'\\uD83D\\uDE00'", .string("\\uD83D\\uDE00")),
        ("|\n    a: 1\n    *|B|*\n", .string("a: 1\n*|B|*\n")), ("\"a\u{2028}b\"", .string("a\u{2028}b")),
        ("[]", .array([])), ("{}", .object([])), ("{\"\": 1}", .object([.init("", .number("1"))])),
        ("{b: 1, a: [x, null]}", .object([.init("b", .number("1")), .init("a", .array([.string("x"), .null]))])),
        ("{1: x, true: y}", .object([.init("1", .string("x")), .init("true", .string("y"))])),
    ])
    func `a value of data is what YAML 1_2 says`(_ text: String, node: PayloadNode) throws {
        #expect(try data(text) == node)
    }

    @Test(arguments: [
        ("webhook: {url: https://a.example/, data: {to: *|PHONE|*}}", 4, 47, "\"*|TAG|*\""),
        ("webhook:\n  url: https://a.example/\n  data:\n    to: *|PHONE|*", 7, 9, "must stand in quotes"),
        ("webhook:\n  url: https://a.example/\n  data:\n    - *|PHONE|*", 7, 7, "must stand in quotes"),
        ("webhook: &w {url: https://a.example/}", 4, 10, "takes it for an anchor"),
        ("webhook: {url: https://a.example/, name: &tom Tom}", 4, 42, "begins with `&` must stand in quotes"),
        ("webhook: {url: https://a.example/, name: *tom}", 4, 42, "takes the star for an alias"),
        ("webhook: {url: https://a.example/, name: !tom x}", 4, 42, "takes it for a tag"),
        ("webhook: {url: https://a.example/, data: !!int 5}", 4, 42, "only !!str"),
        ("webhook: {url: https://a.example/, data: {[a]: b}}", 4, 43, "a key must be text"),
        ("webhook:\n\turl: https://a.example/", 5, 1, "indented with spaces"),
        ("webhook: {url: https://a.example/, name: @x}", 4, 42, "put quotes around the value"),
        ("webhook: {url: https://a.example/, name: `x}", 4, 42, "put quotes around the value"),
        ("webhook: {url: https://a.example/\n", 5, 1, "`}` is missing"),
        ("webhook: {url: https://a.example/, require: [A\n", 5, 1, "`]` is missing"),
        ("webhook: url: x", 4, 13, "a second `: ` in one line"),
        ("webhook:\n  url: https://a.example/\n   name: x", 6, 8, "check the indentation"),
        ("webhook:\n  url: https://a.example/\n name: x", 6, 2, "check the indentation"),
        ("webhook:\n  name: \"x\n", 5, 9, "a quote that is never closed"),
        ("webhook: {url: https://a.example/, name: \"a\\qb\"}", 4, 44, "write \\\\ for a backslash"),
        ("webhook: {url: https://a.example/, name: \"\\uD83D\"}", 4, 45, "an escape that is no character"),
        ("webhook: {url: https://a.example/}\nword", 5, 1, "a line that is no `key: value`"),
        ("webhook: {url: https://a.example/}\n---\nfanfare: 1", 5, 1, "one job per file"),
        ("webhook: {url: https://a.example/, name: \"a\" b}", 4, 46, "`}` is missing"),
    ])
    func `what is no YAML, or none for a job, is said at its place`(
        _ text: String,
        line: Int,
        column: Int,
        says: String
    ) throws {
        let error = try #require(folder.error(in: "fanfare: 1\nname: a\naudience: {name: a}\n" + text))
        try #require(error.problems.count == 1, "\(error)")
        let problem = error.problems[0]
        #expect(problem.place == Place(line: line, column: column), "\(error)")
        #expect(problem.code == .syntax)
        #expect(error.description.contains(says), "\(error)")
    }

    @Test func `keys that stand twice are all reported, beside everything else`() throws {
        let text = """
            fanfare: 1
            name: a
            "name": b
            audience: {name: a, tag: x, 'tag': y, tag: z}
            webhook:
              url: https://a.example/
              data: {*a: 1, *a: 2, "\\x41": 1, "\\x41": 2}
            """
        let error = try #require(folder.error(in: text))
        #expect(error.problems.map(\.place) == [Place(line: 7, column: 24)], "\(error)")
        let simple = text.replacing(", \"\\x41\": 1, \"\\x41\": 2", with: "") + "\n  method: FETCH"
        let all = try #require(folder.error(in: simple))
        #expect(
            all.problems.filter { $0.code == .duplicateKey }.map(\.place) == [
                Place(line: 3, column: 1), Place(line: 4, column: 29), Place(line: 4, column: 39),
                Place(line: 7, column: 17),
            ],
            "\(all)"
        )
        #expect(all.problems.contains { $0.path == ["webhook", "method"] })
    }

    @Test func `a small file cannot unfold into a large one`() throws {
        var text =
            "fanfare: 1\nname: a\naudience: {name: a}\nwebhook:\n  url: https://a.example/\n  data:\n    a0: &a0 [x]\n"
        for level in 1...40 {
            text += "    a\(level): &a\(level) [*a\(level - 1), *a\(level - 1), *a\(level - 1)]\n"
        }
        text += "    ? *a40\n    : x\n    ? [*a40]\n    : y\n"
        let error = try #require(folder.error(in: text))
        #expect(error.problems.count > 100)
        #expect(error.problems.allSatisfy { $0.code == .syntax })
    }

    @Test func `sixty-four levels are read, more are refused`() throws {
        // `webhook` and `data` are two of them, the text inside is one.
        let deepest = String(repeating: "[", count: 61) + "x" + String(repeating: "]", count: 61)
        #expect(try data(deepest) != .null)
        let error = #expect(throws: JobError.self) { try data("[" + deepest + "]") }
        #expect(error?.problems.map(\.code) == [.syntax])
        #expect(throws: JobError.self) { try data(String(repeating: "[", count: 100_000)) }
    }

    @Test(
        arguments: [
            ([UInt8(ascii: "a"), 0x0A, 0xC3, 0x28], 2, 1), ([0x61, 0xFF], 1, 2),
            ([0x61, 0x0A, 0x62, 0xED, 0xA0, 0x80], 2, 2),
            ([0x61, 0x00], 1, 2), ([0x61, 0x0D, 0x0A, 0x62, 0x1B], 2, 2), ([0x61, 0x3A, 0xC2, 0x80], 1, 3),
        ] as [([UInt8], Int, Int)]
    )
    func `bytes that are not text are refused with their place`(_ bytes: [UInt8], line: Int, column: Int) throws {
        let error = #expect(throws: JobError.self) {
            try JobFile.parse(bytes, file: "job.yaml", folder: "", environment: [:])
        }
        #expect(error?.problems.map(\.place) == [Place(line: line, column: column)])
        #expect(error?.problems.map(\.code) == [.encoding])
    }

    @Test func `a byte order mark is allowed, UTF-16 is not`() throws {
        let bytes = [0xEF, 0xBB, 0xBF] + Array(smallestJob.utf8)
        let loaded = try JobFile.parse(bytes, file: "job.yaml", folder: "", environment: [:])
        #expect(loaded.job.name == "small")
        #expect(loaded.source.place(of: ["fanfare"]) == Place(line: 1, column: 10))
        let error = #expect(throws: JobError.self) {
            try JobFile.parse([0xFF, 0xFE, 0x61, 0x00], file: "job.yaml", folder: "", environment: [:])
        }
        #expect(error?.description == "job.yaml: the file is UTF-16\n    save it as UTF-8")
    }

    @Test(arguments: ["\r\n", "\r", "\n"]) func `every kind of line end gives the same lines`(_ end: String) throws {
        let text = exampleJob.replacing("\n", with: end)
        let loaded = try folder.parse(text)
        #expect(loaded.job == (try folder.parse(exampleJob).job))
        #expect(loaded.source.place(of: ["delivery", "retries", 2]) == Place(line: 29, column: 22))
    }

    @Test func `a job file may be JSON, with tabs and surrogates as programs write them`() throws {
        let text = """
            {
            \t"fanfare": 1, "name": "small",
            \t"audience": {"name":"customers"},
            \t"webhook": {"url": "https:\\/\\/example.com\\/hook", "data":
            \t\t{"text": "\\ud83c\\udf89 *|FNAME|*", "n": -1.5e3}}
            }
            """
        let loaded = try folder.parse(text)
        #expect(loaded.job.webhook.url == "https://example.com/hook")
        #expect(
            loaded.job.webhook.body
                == .json(.object([.init("text", .string("🎉 *|FNAME|*")), .init("n", .number("-1.5e3"))]))
        )
        #expect(loaded.source.place(of: ["webhook", "data", "n"]) == Place(line: 5, column: 43))
    }

    @Test func `a file that is too large is refused before it is read as YAML`() throws {
        let path = try folder.write("large.yaml", String(repeating: "# a comment\n", count: 100_000))
        let error = #expect(throws: JobError.self) { try JobFile.load(path: path, environment: [:]) }
        #expect(error?.description == "\(path): it is too large")
    }

    @Test func `a file that is not there, and a folder, are refused`() throws {
        let absent = #expect(throws: JobError.self) {
            try JobFile.load(path: folder.path + "/absent.yaml", environment: [:])
        }
        #expect(absent?.description == "\(folder.path)/absent.yaml: No such file or directory")
        let directory = #expect(throws: JobError.self) { try JobFile.load(path: folder.path, environment: [:]) }
        #expect(directory?.description == "\(folder.path): Is a directory")
    }

    @Test func `relative paths start from the job file's folder`() throws {
        let path = try folder.write("job.yaml", exampleJob)
        let loaded = try JobFile.load(path: path, environment: JobFolder.environment)
        #expect(loaded.job.audience.file?.resolvedPath == folder.path + "/contacts.csv")
    }
}
