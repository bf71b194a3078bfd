import FanfareReceiver
import FanfareTesting
import Foundation
import Testing

/// What is wrong with a job file is told whole, at its lines, and nothing begins.
@Suite struct JobProblemTests {
    @Test("a syntax error is told with its place", arguments: ["check", "run"])
    func syntax(_ command: String) async throws {
        try await withDesk { desk in
            try desk.write(
                "fanfare: 1\nname: job\naudience: {import: contacts.csv\nwebhook:\n  url: x\n",
                to: "job.yaml"
            )
            let result = try await desk.fanfare(command, "job.yaml")
            #expect(result.status == 2)
            #expect(result.output.isEmpty)
            #expect(result.errors.hasPrefix("job.yaml:4:"), "\(result.errors)")
            #expect(!desk.has("data"))
        }
    }

    @Test("unknown keys, wrong types and missing keys are told at once", arguments: ["check", "run"])
    func structure(_ command: String) async throws {
        try await withDesk { desk in
            try desk.write(
                """
                fanfare: 1
                name: [job]
                audience:
                  imprt: contacts.csv
                webhook:
                  url: http://127.0.0.1/
                  dta: {to: x}
                delivery:
                  max_in_flight: lots
                  timeout: 10

                """,
                to: "job.yaml"
            )
            let result = try await desk.fanfare(command, "job.yaml")
            #expect(result.status == 2)
            #expect(
                result.errors == """
                    job.yaml:2:7: `name` is a list
                        2 | name: [job]
                          |       ^
                        accepted: a name of 1 … 100 characters, without / or control characters, nor spaces at its ends

                    job.yaml:4:3: `audience` has no key "imprt"
                        4 |   imprt: …
                          |   ^
                        accepted: import, name, columns, tag, segment, statuses, holdout
                        did you mean `import`?

                    job.yaml:4:3: `audience` does not say where its contacts come from
                        4 |   imprt: …
                          |   ^
                        accepted: import: a contact file, or name: a stored audience

                    job.yaml:7:3: `webhook` has no key "dta"
                        7 |   dta: …
                          |   ^
                        accepted: name, url, method, auth, headers, content_type, data, require, signing, tls, proxy
                        did you mean `data`?

                    job.yaml:9:18: `delivery.max_in_flight` is text: lots
                        9 |   max_in_flight: lots
                          |                  ^
                        accepted: a whole number, 1 … 65536

                    job.yaml:10:12: `delivery.timeout` is a number: 10
                       10 |   timeout: 10
                          |            ^
                        accepted: a duration such as 500ms, 10s or 1h30m, 1ms … 1h
                        add a unit: `10s`

                    """
            )
            #expect(!desk.has("data"))
        }
    }

    @Test("what is wrong with the rest is told beside a key that is not known", arguments: ["check", "run"])
    func together(_ command: String) async throws {
        try await withDesk { desk in
            try desk.writeContacts(1)
            try desk.writeJob(
                url: "ftp://127.0.0.1/",
                webhook: "  dta: {to: x}\n  headers: {Host: a}",
                delivery: "  rate: fast\n  deadline: 5s"
            )
            let result = try await desk.fanfare(command, "job.yaml")
            #expect(result.status == 2)
            let heads = result.errors.split(separator: "\n").filter { $0.hasPrefix("job.yaml:") }
            #expect(
                heads == [
                    "job.yaml:7:8: `webhook.url`: a URL must begin with http:// or https://",
                    "job.yaml:8:3: `webhook` has no key \"dta\"",
                    "job.yaml:9:19: `webhook.headers.Host`: host is set by the agent itself",
                    "job.yaml:11:9: `delivery.rate` is fast",
                ],
                "\(result.errors)"
            )
            #expect(!desk.has("data"))
        }
    }

    private static let meaningProblems = """
        job.yaml:5:73: `audience.segment.conditions[0].field`: the audience has no field "NAMEE". Accepted: N, \
        EMAIL, merge0, timestamp_opt, info_changed, language, rating, gmonkey, source, email_client, static_segment, \
        ipgeo
            5 |   segment: {match: all, conditions: [{condition_type: TextMerge, field: NAMEE, op: is, value: x}]}
              |                                                                         ^

        job.yaml:8:19: `webhook.headers.Host`: host is set by the agent itself
            8 |   headers: …

        job.yaml:8:34: `webhook.headers.Connection`: connection is set by the agent itself
            8 |   headers: …

        job.yaml:8:57: `webhook.headers.Content-Length`: content-length is set by the agent itself
            8 |   headers: …

        job.yaml:8:69: `webhook.headers."X Y"`: not a header name: letters, digits and !#$%&'*+-.^_`|~
            8 |   headers: …

        job.yaml:8:77: `webhook.headers.X-Z`: a header value may hold no control character
            8 |   headers: …

        job.yaml:8:90: `webhook.headers.X-N`: a header value may hold no control character
            8 |   headers: …

        job.yaml:9:14: `webhook.data.to`: unknown merge tag *|NN|* (did you mean N?)
            9 |   data: {to: "*|NN|*", mail: "*|EMIAL|*"}
              |              ^

        job.yaml:9:30: `webhook.data.mail`: unknown merge tag *|EMIAL|* (did you mean EMAIL?)
            9 |   data: {to: "*|NN|*", mail: "*|EMIAL|*"}
              |                              ^

        job.yaml:13:13: `delivery.deadline`: 1s is not accepted
           13 |   deadline: 1s
              |             ^
            accepted: at least 35s, which the retries take together: raise it, or shorten the retries

        """

    @Test("what does not fit the contacts is told with all else, and the mended job runs at once")
    func meaning() async throws {
        try await withDesk(receiver: { _, _ in .status(200) }) { desk, receiver in
            try desk.writeContacts(3)
            let segment = "{condition_type: TextMerge, field: NAMEE, op: is, value: x}"
            let headers = #"{Host: a, Connection: close, Content-Length: "1", "X Y": b, X-Z: "a\nb", X-N: "a\0b"}"#
            try desk.writeJob(
                url: receiver.url(),
                audience: "  segment: {match: all, conditions: [\(segment)]}",
                webhook: "  headers: \(headers)\n  data: {to: \"*|NN|*\", mail: \"*|EMIAL|*\"}",
                delivery: "  rate: 10/s\n  retries: [5s, 30s]\n  deadline: 1s"
            )
            for command in ["check", "run"] {
                let result = try await desk.fanfare(command, "job.yaml")
                #expect(result.status == 2)
                #expect(result.output.isEmpty)
                #expect(result.errors == Self.meaningProblems)
            }
            #expect(receiver.received.requests == 0)
            try desk.writeJob(url: receiver.url())
            let mended = try await desk.fanfare("run", "job.yaml")
            #expect(mended.status == 0, "\(mended)")
            #expect(receiver.received.distinctIDs == 3)
        }
    }

    @Test(
        "a URL that cannot be sent to is told with its place",
        arguments: zip(
            [
                "ftp://127.0.0.1/x", "127.0.0.1/x", "http:///x", "http://mailer:hunter2@127.0.0.1/x",
                "*|EMAIL|*://127.0.0.1/", "http://*|N|*.example.com/", "http://127.0.0.1:*|N|*/",
                "http://127.0.0.1:99999/",
            ],
            [
                "8: `webhook.url`: a URL must begin with http:// or https://",
                "8: `webhook.url`: a URL must begin with http:// or https://",
                "16: `webhook.url`: no host",
                "16: `webhook.url`: a URL may hold no user name or password; auth is the place for them",
                "8: `webhook.url`: merge tags may stand in path and query only",
                "16: `webhook.url`: merge tags may stand in path and query only",
                "26: `webhook.url`: merge tags may stand in path and query only",
                "25: `webhook.url`: not a port: 1 to 65535",
            ]
        )
    )
    func url(_ url: String, says: String) async throws {
        try await withDesk { desk in
            try desk.writeContacts(1)
            try desk.writeJob(url: url)
            let result = try await desk.fanfare("run", "job.yaml")
            #expect(result.status == 2)
            #expect(result.errors.hasPrefix("job.yaml:7:\(says)\n    7 |   url: "), "\(result.errors)")
            #expect(!result.errors.contains("hunter2"))
            #expect(!desk.has("data"))
        }
    }

    @Test("a secret that cannot be had is named by its place, and none is shown")
    func secrets() async throws {
        try await withDesk(receiver: { _, _ in .status(200) }) { desk, receiver in
            try desk.writeContacts(1)
            func job(signing: String) throws {
                try desk.writeJob(
                    url: receiver.url(),
                    webhook: """
                          auth: {username: mailer, password: {env: TEST_PASSWORD}}
                          headers: {X-Key: {file: key.txt}}
                          signing: {secret: \(signing)}
                          data: {to: "*|EMAIL|*"}
                        """
                )
            }
            try job(signing: "{env: TEST_SIGNING}")
            let missing = try await desk.fanfare("run", "job.yaml")
            #expect(missing.status == 2)
            #expect(
                missing.errors == """
                    job.yaml:8:38: `webhook.auth.password` needs the environment variable "TEST_PASSWORD", which is not set
                        8 |   auth: …

                    job.yaml:9:20: `webhook.headers.X-Key` needs the file "\(desk.path("key.txt"))": No such file or directory
                        9 |   headers: …

                    job.yaml:10:21: `webhook.signing.secret` needs the environment variable "TEST_SIGNING", which is not set
                       10 |   signing: …

                    """
            )
            desk.environment["TEST_PASSWORD"] = "hunter2"
            desk.environment["TEST_SIGNING"] = "whsec_hunter3"
            try desk.write("hunter4\n", to: "key.txt")
            let malformed = try await desk.fanfare("run", "job.yaml")
            #expect(malformed.status == 2)
            let says = """
                job.yaml:10:21: `webhook.signing.secret[0]`: what follows whsec_ is not base 64 with padding
                   10 |   signing: …

                """
            #expect(malformed.errors == says)
            try job(signing: "whsec_hunter5")
            let inline = try await desk.fanfare("check", "job.yaml")
            #expect(inline.status == 2)
            #expect(inline.errors == says)
            for result in [missing, malformed, inline] { #expect(!(result.output + result.errors).contains("hunter")) }
            #expect(receiver.received.requests == 0)
            desk.environment["TEST_SIGNING"] = "whsec_" + Data(repeating: 7, count: 32).base64EncodedString()
            try job(signing: "{env: TEST_SIGNING}")
            let mended = try await desk.fanfare("run", "job.yaml")
            #expect(mended.status == 0, "\(mended)")
            #expect(receiver.received.requests == 1)
        }
    }
}
