import FanfareJob
import FanfarePayload
import Testing

struct SecretTests {
    let folder: JobFolder

    init() throws { folder = try JobFolder() }

    static func job(bearer: String) -> String {
        "fanfare: 1\nname: a\naudience: {name: a}\nwebhook:\n  url: https://a.example/\n  auth:\n"
            + "    bearer: \(bearer)\n"
    }

    func bearer(_ text: String, environment: [String: String] = [:]) throws -> Secret {
        let job = try folder.parse(SecretTests.job(bearer: text), environment: environment).job
        guard case .bearer(let secret) = job.webhook.authorization else { throw NoBearer() }
        return secret
    }

    struct NoBearer: Error {}

    @Test func `a secret is taken from the file itself, the environment or another file`() throws {
        try folder.write("token", "from-file\n")
        try folder.write("windows", "from-file\r\n")
        try folder.write("two", "from-file\n\n")
        #expect(try bearer("inline") == Secret("inline"))
        #expect(
            try bearer("{env: TOKEN}", environment: ["TOKEN": "x\n"]) == Secret("x\n", origin: .environment("TOKEN"))
        )
        #expect(try bearer("{file: token}") == Secret("from-file", origin: .file(folder.path + "/token")))
        #expect(try bearer("{file: windows}").reveal() == Array("from-file".utf8))
        #expect(try bearer("{file: two}").reveal() == Array("from-file\n".utf8))
        #expect(
            try bearer("{file: \(folder.path)/token}") == Secret("from-file", origin: .file(folder.path + "/token"))
        )
    }

    @Test func `a job tells which variables it was read with`() throws {
        let environment = ["TOKEN": "x", "OTHER": "y"]
        let loaded = try folder.parse(SecretTests.job(bearer: "{env: TOKEN}"), environment: environment)
        #expect(loaded.variables == ["TOKEN", "TZ"])
        let text = JobText(Array(SecretTests.job(bearer: "{env: TOKEN}").utf8), file: "job.yaml", folder: folder.path)
        let needed = environment.filter { loaded.variables.contains($0.key) }
        #expect(try text.job(environment: needed).job == loaded.job)
    }

    @Test(arguments: [
        ("{env: ABSENT}", "needs the environment variable \"ABSENT\", which is not set"),
        ("{env: EMPTY}", "needs the environment variable \"EMPTY\", which is empty"),
        ("{file: absent}", "/absent\": No such file or directory"),
        ("{file: empty}", "/empty\", which is empty"),
        ("{file: newline}", "/newline\", which is empty"),
        ("{file: large}", "/large\": it is too large"),
        ("{file: .}", "Is a directory"),
    ])
    func `a secret that cannot be had is named`(_ text: String, says: String) throws {
        try folder.write("empty", "")
        try folder.write("newline", "\n")
        try folder.write("large", String(repeating: "x", count: 70_000))
        let error = try #require(folder.error(in: SecretTests.job(bearer: text), environment: ["EMPTY": ""]))
        try #require(error.problems.count == 1)
        #expect(error.problems[0].code == .secret)
        #expect(error.problems[0].place == Place(line: 7, column: 13))
        #expect(error.description.contains(says), "\(error)")
    }

    @Test(arguments: [
        "{env: A, file: B}", "{}", "[hunter2]", "7777777", "{value: hunter2}", "{sealed: hunter2}", "true", "\"\"", "",
        "{hunter2}", "{hunter2: hunter2, hunter2: x}", "{env: [hunter2]}", "{env: {hunter2: 1}}", "&hunter2 x",
        "!hunter2 x",
        "*hunter2", "\"hunter2\" \"", "hunter2: hunter2", "|\n     hunter2\n    hunter2", "'hunter2", "{? hunter2",
        "@hunter2",
        "\"hunter2\\q\"", "\"hunter2\n  hunter2\"\n    username: hunter2", "%hunter2",
    ])
    func `no secret shows in what is said of a wrong one`(_ text: String) throws {
        let error = try #require(folder.error(in: SecretTests.job(bearer: text)))
        #expect(!error.description.contains("hunter2"), "\(error)")
        #expect(!error.description.contains("7777777"), "\(error)")
    }

    @Test(arguments: [
        "webhook: {url: https://a.example/, auht: {password: hunter2}, timeot: 3}",
        "webhook: {url: https://a.example/, auth: {pasword: hunter2, username: mailer}, name: 5}",
        "webhook:\n  url: https://a.example/\n  headers: {X-Key: hunter2, Y: [a]}\n  nme: x",
        "webhook:\n  url: https://a.example/\n  headers:\n    X-Key: [hunter2]\n  nme: x",
        "webhook:\n  url: https://a.example/?key=hunter2\n  nme: x",
        "webhook:\n  url: [\"https://a:hunter2@a.example/\"]\n  nme: x",
        "webhook:\n  url: https://a.example/\n  signing: {secret: {value: hunter2}}\n",
        "webhook:\n  url: https://a.example/\n  signing: hunter2\n",
        "webhook:\n  url: https://a.example/\n  signing: [hunter2,\n     hunter2]\n",
        "webhook:\n  url: https://a.example/\n  auth:\n    password: |\n      hunter2\n      hunter2\n    use: a\n",
        "webhook:\n  url: https://a.example/\n  auth: {password: \"a\n    hunter2\", usernam: a}\n",
        "webhook:\n  url: https://a.example/\n  auth: {password: a\n    hunter2, usernam: [a]}\n",
        "webhook:\n  url: https://a.example/\n  data: {api_key: +7777777, secret_word: [.inf, hunter2]}\n",
        "webhoook:\n  url: https://a.example/\n  auth:\n    password:\n      hunter2\n",
        "webhook:\n  auth:\n    password: hunter2: x\n",
        "webhook:\n  auth:\n    password:\n      hunter2: x: y\n",
        "webhook:\n  auth:\n    password: \"a\n\n      hunter2\" x\n",
        "{\"auth\": {\n\"password\":\n\"hunter2\" x",
    ])
    func `no secret shows in what is said of anything near it`(_ text: String) throws {
        let error = try #require(folder.error(in: "fanfare: 1\nname: a\naudience: {name: a}\n" + text))
        #expect(!error.description.contains("hunter2"), "\(error)")
        #expect(!error.description.contains("7777777"), "\(error)")
        #expect(!String(reflecting: error).contains("hunter2"))
    }

    @Test func `a loaded job shows no secret whatever prints it`() throws {
        let loaded = try folder.parse(SecretTests.job(bearer: "hunter2"))
        var dumped = ""
        dump(loaded, to: &dumped)
        #expect(!dumped.contains("hunter2"))
        #expect(!"\(loaded)".contains("hunter2"))
    }
}
