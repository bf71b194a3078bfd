import FanfareReceiver
import FanfareTesting
import Foundation
import Testing

/// Options and the environment: nothing that is given is ignored, and what is printed for programs can be read by them.
@Suite struct OptionTests {
    @Test(
        "wrong usage is told and ends with 2",
        arguments: [
            (["run"], "Missing expected argument '<job>'"),
            (["run", "job.yaml", "--nwo"], "Unknown option '--nwo'. Did you mean '--now'?"),
            (["check", "job.yaml", "--now"], "Unknown option '--now'"),
            (["status", "--foo"], "Unknown option '--foo'"),
            (["deliveries", "job", "--foo"], "Unknown option '--foo'"),
            (["deliveries", "job", "--state", "lost"], "The value 'lost' is invalid for '--state <state>'"),
            (["deliveries", "job", "--json", "--format", "csv"], "--json and --format csv exclude each other"),
            (["audience", "list", "--foo"], "Unknown option '--foo'"),
            (["audience", "import", "x.csv"], "Missing expected argument '--name <name>'"),
            (
                ["audience", "import", "x.csv", "--name", "a", "--column", "Points"],
                "The value 'Points' is invalid for '--column <header=tag[:type]>': write HEADER=TAG"
            ),
            (["listen", "--prot", "1"], "Unknown option '--prot'. Did you mean '--port'?"),
            (["schema", "--json"], "Unknown option '--json'"), (["bogus"], "Unexpected argument 'bogus'"),
            (["run", "job.yaml", "--loops", "0"], "--loops: \"0\" is not a whole number within 1 … 64"),
            (["run", "job.yaml", "--max-rejects=-1"], "--max-rejects: -1 is less than 0"),
            (["run", "job.yaml", "--data", ""], "--data: the path is empty"),
            (
                ["run", "job.yaml", "--allow-network", "10.0.0.0/33"],
                "--allow-network: network \"10.0.0.0/33\": the prefix length must be 0 … 32"
            ),
        ] as [([String], String)]
    )
    func usage(_ arguments: [String], says: String) async throws {
        try await withDesk { desk in
            let result = try await run(desk, arguments)
            #expect(result.status == 2)
            #expect(result.output.isEmpty)
            #expect(result.errors.hasPrefix("Error: \(says)"), "\(result.errors)")
            #expect(result.errors.contains("\nUsage: fanfare "), "\(result.errors)")
            #expect(!desk.has("data"))
        }
    }

    @Test(
        "a variable of the environment that makes no sense is told by its name",
        arguments: [
            ("FANFARE_LOOPS", "many", #"FANFARE_LOOPS: "many" is not a whole number within 1 … 64"#),
            ("FANFARE_LOG_LEVEL", "loud", #"FANFARE_LOG_LEVEL: "loud" is no level; accepted: trace, debug, "#),
            ("FANFARE_LOOPS", "65", #"FANFARE_LOOPS: "65" is not a whole number within 1 … 64"#),
            ("FANFARE_ALLOW_NETWORK", "127.0.0.0/8,lan", #"FANFARE_ALLOW_NETWORK: network "lan": "#),
        ]
    )
    func environment(_ name: String, value: String, says: String) async throws {
        try await withDesk { desk in
            try desk.writeContacts(1)
            try desk.writeJob(url: "http://127.0.0.1:9/")
            desk.environment[name] = value
            let result = try await desk.fanfare("run", "job.yaml")
            #expect(result.status == 2)
            #expect(result.errors.hasPrefix("Error: \(says)"), "\(result.errors)")
            #expect(!desk.has("data"))
        }
    }

    @Test("the environment gives what no option gives, and an option wins")
    func precedence() async throws {
        try await withDesk(receiver: { _, _ in .status(200) }) { desk, receiver in
            try desk.writeContacts(10)
            try desk.writeJob(url: receiver.url())
            desk.environment = [
                "FANFARE_DATA": "there", "FANFARE_ALLOW_NETWORK": "10.0.0.0/8, 127.0.0.1/32", "FANFARE_LOOPS": "2",
            ]
            #expect(try await desk.fanfare("run", "job.yaml").status == 0)
            #expect(receiver.received.distinctIDs == 10)
            #expect(desk.has("there/fanfare.sqlite"))
            desk.environment = [
                "FANFARE_DATA": "no/where", "FANFARE_ALLOW_NETWORK": "10.0.0.0/8", "FANFARE_LOOPS": "none",
            ]
            let options = ["--data", "it's here", "--allow-network", "127.0.0.0/8", "--loops", "1"]
            #expect(try await run(desk, ["run", "job.yaml"] + options).status == 0)
            #expect(receiver.received.distinctIDs == 20)
            #expect(desk.has("it's here/fanfare.sqlite"))
        }
    }

    @Test("a command that is suggested has the options that it needs, quoted for a shell")
    func suggestions() async throws {
        try await withDesk(receiver: { _, _ in .status(500) }) { desk, receiver in
            try desk.writeContacts(2)
            try desk.writeJob(url: receiver.url(), delivery: "  retries: []")
            let result = try await desk.fanfare("run", "job.yaml", "--data", "my data")
            #expect(result.status == 3)
            #expect(
                result.output.contains("\n  See them: fanfare deliveries job --state dead --data 'my data'\n"),
                "\(result.output)"
            )
        }
    }

    @Test("what --json prints is JSON, one object a line, on every command that prints results")
    func json() async throws {
        try await withDesk(receiver: { _, earlier in .status(200) }) { desk, receiver in
            try desk.writeContacts(3)
            try desk.writeJob(url: receiver.url(), audience: "  name: all")
            let commands: [([String], keys: Set<String>)] = [
                (
                    ["check", "job.yaml", "--json"],
                    ["name", "contacts", "recipients", "requests", "skipped", "warnings"]
                ),
                (["run", "job.yaml", "--json"], ["name", "run", "state", "total", "counts", "requests", "seconds"]),
                (["status", "--json"], ["name", "run", "state", "total", "counts"]),
                (["status", "job", "--json"], ["name", "run", "state", "total", "counts"]),
                (
                    ["deliveries", "job", "--json"],
                    ["email", "state", "id", "attempts", "status", "at", "duration_ms"]
                ),
                (["audience", "import", "contacts.csv", "--name", "all", "--json"], ["rows", "created", "updated"]),
                (["audience", "list", "--json"], ["id", "name", "contacts", "fields", "tags", "segments"]),
                (["audience", "show", "all", "--json"], ["id", "name", "contacts", "fields", "tags", "segments"]),
                (["audience", "show", "all", "--contact", "C1@example.com", "--json"], ["email", "status", "fields"]),
            ]
            for (arguments, keys) in commands {
                let result = try await run(desk, arguments)
                #expect(result.status == 0, "\(arguments): \(result)")
                let lines = try objects(result.output)
                #expect(!lines.isEmpty)
                for line in lines { #expect(keys.isSubset(of: line.keys), "\(arguments): \(line)") }
            }
            let schema = try await desk.fanfare("schema")
            let document = try #require(
                try JSONSerialization.jsonObject(with: Data(schema.output.utf8)) as? [String: Any]
            )
            #expect((document["required"] as? [String])?.contains("webhook") == true)
        }
    }

    @Test("listen says where it listens and what came, as JSON too, and names an address that is taken")
    func listen() async throws {
        try await withDesk { desk in
            let listener = try desk.start("listen", "--port", "0", "--json")
            try await eventually("the port") { listener.output.contains("\n") }
            let started = try #require(try objects(listener.output).first)
            let port = try #require(started["port"] as? Int)
            let taken = try await desk.fanfare("listen", "--port", String(port))
            #expect(taken.status == 1)
            #expect(taken.errors == "fanfare: cannot listen on 127.0.0.1:\(port): Address already in use\n")
            try desk.writeContacts(3)
            try desk.writeJob(url: "http://127.0.0.1:\(port)/")
            #expect(try await desk.fanfare("run", "job.yaml").status == 0)
            listener.signal(SIGINT)
            let ended = try await desk.finish(listener)
            #expect(ended.status == 0)
            let lines = try objects(ended.output)
            #expect(lines.count == 5)
            #expect((lines.last?["summary"] as? [String: Any])?["requests"] as? Int == 3)
            let secret = try await desk.fanfare("listen", "--secret", "whsec_hunter2")
            #expect(secret.status == 2)
            #expect(secret.errors.hasPrefix("Error: --secret: "))
            #expect(!secret.errors.contains("hunter2"))
        }
    }

    @Test("names that are not known are told with those that are")
    func unknownNames() async throws {
        try await withDesk { desk in
            try desk.writeContacts(1)
            #expect(try await desk.fanfare("audience", "import", "contacts.csv", "--name", "customers").status == 0)
            let rows = [
                (["status", "jbo"], "there is no fan-out \"jbo\" in this data directory"),
                (["deliveries", "jbo"], "there is no fan-out \"jbo\" in this data directory"),
                (["audience", "show", "custmers"], "there is no audience \"custmers\"; did you mean \"customers\"?"),
                (["audience", "show", "customers", "--contact", "x@y.z"], "customers has no contact x@y.z"),
            ]
            for (arguments, says) in rows {
                let result = try await run(desk, arguments)
                #expect(result.status == 2)
                #expect(result.errors == "fanfare: \(says)\n")
            }
            let empty = try await desk.fanfare("status", "--json")
            #expect(empty.status == 0)
            #expect(empty.output.isEmpty)
        }
    }

    private func run(_ desk: Desk, _ arguments: [String]) async throws -> ChildProcess.Result {
        let program = BuiltProgram.path("fanfare")
        let child = try ChildProcess(program, arguments, environment: desk.environment, in: desk.folder)
        return try await desk.finish(child)
    }
}
