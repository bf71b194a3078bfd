import FanfareReceiver
import FanfareTesting
import Foundation
import NIOCore
import NIOHTTP1
import Testing

/// The log: readable by programs, by delivery where that is asked for, and never with a secret or a contact in it.
@Suite struct LogTests {
    @Test("with --log-format json all that stands on standard error is JSON, progress and failures included")
    func json() async throws {
        try await withDesk(receiver: { _, _ in .status(200) }) { desk, receiver in
            try desk.writeContacts(13)
            try desk.writeJob(url: receiver.url(), delivery: "  rate: 2/s")
            let result = try await desk.fanfare("run", "job.yaml", "--log-format", "json", "--log-level", "info")
            #expect(result.status == 0)
            let lines = try objects(result.errors)
            for line in lines {
                let time = try #require(line["time"] as? String)
                #expect(time.wholeMatch(of: /20..-..-..T..:..:..\.[0-9]{3}Z/) != nil, "\(line)")
                #expect(line["level"] is String && line["message"] is String, "\(line)")
            }
            let begun = try #require(lines.first { $0["message"] as? String == "fan-out begins" })
            #expect(begun["fanout"] as? String == "job" && begun["run"] as? Int == 1)
            #expect(begun["endpoint"] as? String == "http://127.0.0.1:\(receiver.port)")
            #expect(begun["recipients"] as? Int == 13)
            let progress = try #require(lines.first { $0["message"] as? String == "progress" })
            #expect(progress["fanout"] as? String == "job" && progress["total"] as? Int == 13)
            let delivered = try #require(progress["delivered"] as? Int)
            #expect(delivered > 0 && delivered <= 13)
            #expect(lines.contains { $0["message"] as? String == "Delivering to 13 contacts." })
            #expect(lines.contains { $0["message"] as? String == "fan-out is complete" })
            let again = try await desk.fanfare("run", "job.yaml", "--log-format", "json")
            #expect(again.status == 2)
            let failure = try objects(again.errors)
            #expect(failure.count == 1 && failure[0]["level"] as? String == "error", "\(again.errors)")
            #expect((failure[0]["message"] as? String)?.hasPrefix("job ended on") == true)
        }
    }

    @Test(
        "wrong usage and unread variables are JSON too",
        arguments: [["--log-format", "json"], ["--log-format=json"], []]
    )
    func usage(_ option: [String]) async throws {
        try await withDesk { desk in
            desk.environment["FANFARE_LOGLEVEL"] = "debug"
            if option.isEmpty { desk.environment["FANFARE_LOG_FORMAT"] = "json" }
            for wrong in ["run x.yaml --loops 99", "run x.yaml --looops 1", "rnu x.yaml"] {
                let child = try ChildProcess(
                    BuiltProgram.path("fanfare"),
                    wrong.split(separator: " ").map(String.init) + option,
                    environment: desk.environment,
                    in: desk.folder
                )
                let result = try await desk.finish(child)
                #expect(result.status == 2)
                let lines = try objects(result.errors)
                #expect(lines.map { $0["level"] as? String }.prefix(2) == ["warning", "error"], "\(result.errors)")
                let warning = "FANFARE_LOGLEVEL is not read; did you mean FANFARE_LOG_LEVEL?"
                #expect(lines.first?["message"] as? String == warning)
            }
        }
    }

    @Test("at debug each failed attempt is told by its delivery's id")
    func attempts() async throws {
        let behaviour: ScriptedReceiver.Behaviour = { request, earlier in
            request.target == "/?n=1" ? .status(410) : earlier == 0 ? .status(500) : .status(200)
        }
        try await withDesk(receiver: behaviour) { desk, receiver in
            try desk.write("email,n\na@example.com,1\nb@example.com,2\nc@example.com,\n", to: "contacts.csv")
            try desk.writeJob(
                url: receiver.url("/?n=*|N|*"),
                webhook: "  data: {to: \"*|EMAIL|*\"}\n  require: [N]\n",
                delivery: "  retries: [1s]"
            )
            let result = try await desk.fanfare("run", "job.yaml", "--log-format", "json", "--log-level", "debug")
            #expect(result.status == 3)
            let failed = try objects(result.errors).filter { $0["message"] as? String == "attempt failed" }
            #expect(failed.count == 2, "\(result.errors)")
            #expect(Set(failed.compactMap { $0["delivery"] as? String }) == receiver.received.ids)
            let dead = try #require(failed.first { $0["status"] as? Int == 410 })
            #expect(dead["then"] as? String == "dead" && dead["attempt"] as? Int == 1)
            let later = try #require(failed.first { $0["status"] as? Int == 500 })
            let pause = try #require(later["retry_in_s"] as? Int)
            #expect(later["then"] as? String == "retryable" && (1...2).contains(pause))
            #expect(later["reason"] as? String == "status 500")
            let unsent = try objects(result.errors).filter { $0["message"] as? String == "no request for a delivery" }
            #expect(unsent.map { $0["reason"] as? String } == ["a required field is empty"])
            #expect(unsent.allSatisfy { ($0["delivery"] as? String)?.hasPrefix("msg_") == true })
        }
    }

    @Test("no log at any level has a secret or anything of a contact, whatever the receiver repeats")
    func silence() async throws {
        let repeats: ScriptedReceiver.Behaviour = { request, earlier in
            let headers = request.headers.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
            let words = headers + request.target + String(buffer: request.body)
            let location: KeyValuePairs<String, String> = ["Location": "http://127.0.0.1:9\(request.target)"]
            let status = request.target.hasPrefix("/moved") ? 301 : earlier == 0 ? 500 : 400
            return Reply(.answer(status: status, headers: location, body: words))
        }
        try await withDesk(receiver: repeats) { desk, receiver in
            try desk.write(
                "email,word\n" + (1...8).map { "zebra\($0)@quagga.example,okapi\($0)\n" }.joined(),
                to: "contacts.csv"
            )
            desk.environment["BEARER"] = "bearer-wombat-7"
            let webhook = """
                  auth: {bearer: {env: BEARER}}
                  headers: {X-Api-Key: key-numbat-9, X-Word: "*|WORD|*"}
                  data: {to: "*|EMAIL|*", word: "*|WORD|*"}
                  signing: {secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw}

                """
            for (name, path) in [("failing", "/p/"), ("moving", "/moved/")] {
                try desk.writeJob(
                    url: receiver.url(path) + "*|EMAIL|*?token=query-dingo-5",
                    webhook: webhook,
                    delivery: "  retries: [0s]"
                )
                try desk.write(try desk.read("job.yaml").replacing("name: job", with: "name: \(name)"), to: "job.yaml")
                for format in ["json", "text"] {
                    var arguments = ["run", "job.yaml", "--log-format", format, "--log-level", "trace", "--json"]
                    if format == "text" { arguments += ["--data", "other"] }
                    let child = try ChildProcess(
                        BuiltProgram.path("fanfare"),
                        arguments,
                        environment: desk.environment,
                        in: desk.folder
                    )
                    let result = try await desk.finish(child)
                    #expect(result.status == 4 || result.status == 3, "\(result)")
                    // Or nothing was proved.
                    #expect(result.errors.contains("attempt failed"), "\(result.errors)")
                    let found = ["zebra", "quagga", "okapi", "wombat", "numbat", "dingo", "MfKQ9r8G"].filter {
                        result.errors.contains($0)
                    }
                    #expect(found.isEmpty, "\(result.errors)")
                }
            }
        }
    }

    @Test("a log's format that is none is told with what is accepted")
    func formats() async throws {
        try await withDesk { desk in
            try desk.writeContacts(1)
            try desk.writeJob(url: "http://127.0.0.1:9/")
            let result = try await desk.fanfare("run", "job.yaml", "--log-format", "xml")
            #expect(result.status == 2)
            #expect(result.errors.hasPrefix("Error: --log-format: \"xml\" is no format; accepted: text, json"))
            desk.environment["FANFARE_LOG_FORMAT"] = "JSON"
            let other = try await desk.fanfare("run", "job.yaml")
            #expect(other.errors.hasPrefix("Error: FANFARE_LOG_FORMAT: \"JSON\" is no format; accepted: text, json"))
        }
    }
}
