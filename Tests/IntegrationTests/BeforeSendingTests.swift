import FanfareReceiver
import FanfareTesting
import Foundation
import Glibc
import Testing

/// `preview`, `send-test` and `check`, as an operator meets them.
@Suite struct BeforeSendingTests {
    private static let webhook = """
          auth: {username: mailer, password: {env: SMS_PASSWORD}}
          headers: {X-Key: {file: key.txt}, X-Api-Token: inline-token, "X-`id`": {env: "A-B"}, X-Who: "it's *|N|*", X-Empty: ""}
          data: {to: "*|EMAIL|*", text: "a 'b' \\"c\\" $HOME `d` \\\\ pw hunter22"}
          signing: {secret: {env: WEBHOOK_SECRET}}

        """

    private func prepare(_ desk: inout Desk, _ url: String) throws {
        desk.environment["SMS_PASSWORD"] = "hunter22"
        desk.environment["A-B"] = "odd-variable"
        desk.environment["WEBHOOK_SECRET"] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        try desk.write("key-of-file\n", to: "key.txt")
        try desk.writeContacts(3)
        try desk.writeJob(url: url, webhook: Self.webhook)
    }

    @Test("no secret stands in a preview, in whatever form, unless it is asked for")
    func secrets() async throws {
        try await withDesk { desk in
            try prepare(&desk, "http://127.0.0.1:9/a?token=in-the-url&x=hunter22")
            let secrets = [
                "hunter22", "key-of-file", "inline-token", "in-the-url", "MfKQ9r8G",
                Data("mailer:hunter22".utf8).base64EncodedString(),
            ]
            for options in [[], ["--curl"], ["--json"]] {
                let result = try await desk.preview(options)
                #expect(result.status == 0, "\(result)")
                for secret in secrets { #expect(!(result.output + result.errors).contains(secret), "\(result.output)") }
                #expect(result.output.contains("[secret]"))
                #expect(result.output.contains("webhook-signature"))
            }
            let shown = try await desk.preview(["--show-secrets"]).output
            for secret in secrets.dropLast(2) { #expect(shown.contains(secret)) }
            #expect(shown.contains("Authorization: Basic " + secrets[5]))
        }
    }

    @Test(
        "the command of curl sends the bytes that the preview shows, but for the headers' order",
        arguments: [true, false]
    )
    func curl(showsSecrets: Bool) async throws {
        let receiver = try RawReceiver()
        defer { receiver.stop() }
        try await withDesk { desk in
            try prepare(&desk, "http://127.0.0.1:\(receiver.port)/a/../b?c=[1]&d={2}")
            if !showsSecrets {
                // What the body holds of a secret cannot be taken from a variable.
                try desk.write(try desk.read("job.yaml").replacing("pw hunter22", with: "pw"), to: "job.yaml")
            }
            let options = showsSecrets ? ["--show-secrets", "--curl"] : ["--curl"]
            let command = try await desk.preview(options).output
            let variables = "FANFARE_X_API_TOKEN=inline-token\nFANFARE_X__ID_=odd-variable\n"
            try desk.write(variables + command, to: "command.sh")
            let shell = try ChildProcess("/bin/sh", ["command.sh"], environment: desk.environment, in: desk.folder)
            let result = try await shell.wait(within: .seconds(20))
            #expect(result.status == 0, "\(result)")
            // With the time at which the command's preview was made.
            let time = try #require(command.firstMatch(of: /webhook-timestamp: ([0-9]+)/)).1
            let shown = try await desk.preview(["--show-secrets"]).output
            let page = shown.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)[1]
            let sent = String(decoding: try #require(receiver.received.first), as: UTF8.self)
            #expect(sent.contains("webhook-timestamp: \(time)\r\n"))
            #expect(Self.parts(sent.replacing("\r\n", with: "\n")) == Self.parts(String(page.dropLast())))
        }
    }

    /// Request line, sorted headers, body; without time and signature.
    private static func parts(_ text: String) -> [String] {
        let halves = text.split(separator: "\n\n", maxSplits: 1).map(String.init)
        let lines = halves[0].split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        let stable = lines.filter { !$0.hasPrefix("webhook-timestamp:") && !$0.hasPrefix("webhook-signature:") }
        return [stable[0]] + stable.dropFirst().sorted() + halves.dropFirst()
    }

    @Test("a body that no command line can hold goes through a pipe")
    func binaryBody() async throws {
        let receiver = try RawReceiver()
        defer { receiver.stop() }
        try await withDesk { desk in
            try desk.write("email,n\na@b.c,\"x\u{1B}[31m\u{7}'\n\"\n", to: "contacts.csv")
            let webhook = "  content_type: raw\n  data: \"@*|N|*\\r\\n\"\n"
            try desk.writeJob(url: "http://127.0.0.1:\(receiver.port)/", webhook: webhook)
            let result = try await desk.preview(["--curl"])
            #expect(!result.output.utf8.contains(0x1B))
            #expect(try await !desk.preview([]).output.utf8.contains(0x1B))
            try desk.write(result.output, to: "command.sh")
            let shell = try ChildProcess("/bin/sh", ["command.sh"], environment: desk.environment, in: desk.folder)
            #expect(try await shell.wait(within: .seconds(20)).status == 0)
            let sent = String(decoding: try #require(receiver.received.first), as: UTF8.self)
            #expect(sent.hasSuffix("\r\n\r\n@x\u{1B}[31m\u{7}'\n\r\n"), "\(sent.debugDescription)")
        }
    }

    @Test("what a contact would not get is said with 3, an unknown one with 2")
    func exitCodes() async throws {
        try await withDesk { desk in
            try desk.write("email,n,status\na@b.c,1,\nb@b.c,,\nc@b.c,3,unsubscribed\n", to: "contacts.csv")
            try desk.writeJob(url: "http://127.0.0.1:9/", webhook: "  data: 1\n  require: [N]\n")
            for (contact, status, words) in [
                ("a@b.c", 0, ""), ("b@b.c", 3, "webhook.require wants N"), ("c@b.c", 3, "is unsubscribed"),
                ("d@b.c", 2, "contacts.csv has no contact d@b.c"),
            ] as [(String, Int32, String)] {
                let result = try await desk.preview(["--contact", contact])
                #expect(result.status == status, "\(result)")
                #expect(words.isEmpty || result.errors.contains(words), "\(result)")
            }
            #expect(try await desk.preview(["--count", "0"]).status == 2)
            #expect(try await desk.preview(["--count", "2", "--contact", "a@b.c"]).status == 2)
            let two = try await desk.preview(["--count", "5", "--json"])
            #expect(try objects(two.output)[0]["passed_over_count"] as? Int == 2)
        }
    }

    @Test("send-test ends with 0 when it was accepted, and with 3 and what a run would do when not")
    func sendTest() async throws {
        try await withDesk(receiver: { _, _ in .status(200) }) { desk, receiver in
            try prepare(&desk, receiver.url("/hook"))
            let arguments = ["send-test", "job.yaml", "--contact", "C2@example.com"]
            let accepted = try await desk.run(arguments)
            #expect(accepted.status == 0, "\(accepted)")
            #expect(accepted.output.contains("HTTP/1.1 200 OK"))
            #expect(accepted.output.contains("127.0.0.1  allowed, connected to"))
            #expect(accepted.output.hasSuffix("delivered: the receiver accepted it\n"))
            #expect(!accepted.output.contains("hunter22"))
            receiver.behave { _, _ in .status(503, headers: ["Retry-After": "77", "X-Evil": "a\u{1B}[2Jb"]) }
            let later = try await desk.run(arguments)
            #expect(later.status == 3)
            #expect(later.output.contains("status 503. A run sends it again after 1 min 17 s (5 attempts in all)"))
            #expect(!later.output.utf8.contains(0x1B))
            let json = try #require(try objects(try await desk.run(arguments + ["--json"]).output).first)
            #expect(json["outcome"] as? String == "retryable")
            #expect(json["retry_after_s"] as? Double == 77)
            desk.environment["FANFARE_ALLOW_NETWORK"] = ""
            let blocked = try await desk.run(arguments)
            #expect(blocked.status == 3)
            #expect(
                blocked.output.contains("127.0.0.1  refused: no public address (--allow-network 127.0.0.1 opens it)")
            )
            #expect(receiver.received.requests == 3)
            #expect(!desk.has("data"))
        }
    }

    @Test("a check tells reasons with samples, time and room")
    func check() async throws {
        try await withDesk { desk in
            try desk.write(
                "email,n\n" + (1...7).map { "c\($0)@b.c,\($0 > 2 ? "" : "1")\n" }.joined(),
                to: "contacts.csv"
            )
            let webhook = "  data: 1\n  require: [N]\n"
            try desk.writeJob(url: "http://127.0.0.1:9/", webhook: webhook, delivery: "  rate: 1/s")
            let result = try await desk.fanfare("check", "job.yaml")
            #expect(result.status == 0)
            #expect(result.output.contains("skipped     5: a required field is empty (c3@b.c, c4@b.c, c5@b.c, …)"))
            #expect(result.output.contains("takes       about 2.0 s at 1/s"))
            #expect(result.output.contains(" free\n"))
            let object = try #require(try objects(try await desk.fanfare("check", "job.yaml", "--json").output).first)
            #expect((object["skipped_samples"] as? [String: [String]])?["missingField"]?.count == 3)
        }
    }

    @Test("a disk without room for the ledger is a warning", .enabled(if: SmallDisk.isPossible, "needs root"))
    func smallDisk() async throws {
        try await withDesk { desk in
            try desk.writeContacts(20_000)
            try desk.writeJob(url: "http://127.0.0.1:9/")
            let script =
                "mkdir small && mount -t tmpfs -o size=6m none small && exec \"$0\" check job.yaml --data small/d"
            let child = try ChildProcess(
                "/usr/bin/unshare",
                ["-m", "sh", "-c", script, BuiltProgram.path("fanfare")],
                environment: desk.environment,
                in: desk.folder
            )
            let result = try await desk.finish(child)
            #expect(result.status == 0, "\(result)")
            #expect(result.output.contains("warning: the disk of the data directory has "), "\(result.output)")
        }
    }
}

extension Desk {
    fileprivate func preview(_ options: [String]) async throws -> ChildProcess.Result {
        // Not held against plainness: a signature is any letters, also those of a programmer's words.
        let arguments = ["preview", "job.yaml"] + options
        return try await ChildProcess(BuiltProgram.path("fanfare"), arguments, environment: environment, in: folder)
            .wait(within: .seconds(60))
    }

    fileprivate func run(_ arguments: [String]) async throws -> ChildProcess.Result {
        let child = try ChildProcess(BuiltProgram.path("fanfare"), arguments, environment: environment, in: folder)
        return try await finish(child)
    }
}
