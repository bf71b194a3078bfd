import FanfareReceiver
import FanfareTesting
import Foundation
import Testing

/// Whether these tests were left out on purpose.
private let skipsPython = ProcessInfo.processInfo.environment["FANFARE_SKIP_PYTHON"] == "1"

/// `--metrics`: read by Prometheus' own client, and safe from whoever connects.
@Suite struct MetricsTests {
    /// Reads a page as Prometheus' client does: each sample with its labels, and the types.
    private static let script = """
        import json, sys
        from prometheus_client.parser import text_string_to_metric_families
        families = list(text_string_to_metric_families(open(sys.argv[1]).read()))
        print(json.dumps([
            {"name": f.name, "type": f.type, "help": f.documentation,
             "samples": [{"name": s.name, "labels": s.labels, "value": s.value} for s in f.samples]}
            for f in families]))
        """

    private struct Family: Decodable {
        struct Sample: Decodable {
            var name: String
            var labels: [String: String]
            var value: Double
        }
        var name: String
        var type: String
        var help: String
        var samples: [Sample]
    }

    /// Where a started run offers its metrics.
    private func port(of child: ChildProcess) async throws -> Int {
        try await eventually("the metrics' port, had: \(child.errors)") { child.errors.contains("/metrics.\n") }
        let match = try #require(child.errors.firstMatch(of: /http:\/\/127\.0\.0\.1:([0-9]+)\/metrics/))
        return try #require(Int(match.1))
    }

    private func get(_ target: String, _ port: Int) throws -> String {
        let socket = try PlainSocket(port: port)
        socket.send("GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n")
        return try #require(socket.readToEnd())
    }

    private func parse(_ page: String, _ desk: Desk) async throws -> [Family] {
        let body = try #require(page.firstRange(of: "\r\n\r\n").map { String(page[$0.upperBound...]) })
        let file = try desk.write(body, to: "page.txt")
        let python = ProcessInfo.processInfo.environment["FANFARE_PYTHON"] ?? "python3"
        let child = try ChildProcess("/usr/bin/env", [python, "-c", Self.script, file], in: desk.folder)
        let result = try await child.wait(within: .seconds(60))
        try #require(result.status == 0, "\(result.errors)")
        return try JSONDecoder().decode([Family].self, from: Data(result.output.utf8))
    }

    @Test(
        "what a run has done so far is what Prometheus' client reads",
        .disabled(if: skipsPython, "FANFARE_SKIP_PYTHON=1")
    )
    func page() async throws {
        let stays: ScriptedReceiver.Behaviour = { request, earlier in
            switch request.target {
            case "/?n=1": .status(404)
            case "/?n=2": earlier == 0 ? .status(500) : .status(200)
            case "/?n=12": Reply(.silence)
            default: .status(200)
            }
        }
        try await withDesk(receiver: stays) { desk, receiver in
            try desk.writeContacts(12)
            let name = "a \\\"b\\\" \\\\ c"
            try desk.writeJob(
                url: receiver.url("/?n=*|N|*"),
                delivery: "  retries: [0s]\n  rate: 1000/s\n  timeout: 20s"
            )
            try desk.write(try desk.read("job.yaml").replacing("name: job", with: "name: \"\(name)\""), to: "job.yaml")
            let child = try desk.start("run", "job.yaml", "--metrics", "0")
            let port = try await port(of: child)
            var families: [Family] = []
            try await eventually("the last commit", within: .seconds(30)) {
                guard receiver.received.requests >= 13 else { return false }
                families = try await parse(try get("/metrics", port), desk)
                return value("fanfare_deliveries", ["state": "delivered"], families) == 10
            }
            #expect(Set(families.map(\.name)).count == families.count)
            for family in families {
                #expect(!family.help.isEmpty && ["counter", "gauge", "histogram"].contains(family.type), "\(family)")
                if family.name.hasPrefix("fanfare_") {
                    #expect(family.samples.allSatisfy { $0.labels["fanout"] == "a \"b\" \\ c" }, "\(family)")
                }
            }
            #expect(value("fanfare_deliveries", ["state": "in_flight"], families) == 1)
            #expect(value("fanfare_deliveries", ["state": "dead"], families) == 1)
            let attempts = "fanfare_attempts_total"
            #expect(value(attempts, ["status_class": "2xx", "result": "delivered"], families) == 10)
            #expect(value(attempts, ["status_class": "4xx", "result": "dead"], families) == 1)
            #expect(value(attempts, ["status_class": "5xx", "result": "retryable"], families) == 1)
            #expect(value("fanfare_attempt_failures_total", ["reason": "status"], families) == 2)
            #expect(value("fanfare_retries_total", [:], families) == 1)
            #expect(value("fanfare_in_flight", [:], families) == 1)
            #expect(value("fanfare_rate_limit", [:], families) == 1000)
            #expect(value("fanfare_breaker_state", ["state": "closed"], families) == 1)
            #expect(value("fanfare_breaker_state", ["state": "open"], families) == 0)
            #expect(value("fanfare_attempt_duration_seconds_bucket", ["le": "+Inf"], families) == 12)
            #expect(value("fanfare_attempt_duration_seconds_count", [:], families) == 12)
            #expect(try #require(value("fanfare_ledger_commit_seconds_count", [:], families)) >= 1)
            #expect(try #require(value("fanfare_sent_bytes_total", [:], families)) > 12 * 100)
            #expect(value("fanfare_oldest_due_seconds", [:], families) == 0)
            let now = Date().timeIntervalSince1970
            let start = try #require(value("process_start_time_seconds", [:], families))
            #expect(abs(now - start) < 600)
            #expect(try #require(value("process_resident_memory_bytes", [:], families)) > 1_000_000)
            #expect(try #require(value("process_open_fds", [:], families)) > 10)
            child.signal(SIGINT)
            child.signal(SIGINT)
            _ = try await child.wait()
        }
    }

    private func value(_ name: String, _ labels: [String: String], _ families: [Family]) -> Double? {
        let samples = families.flatMap(\.samples).filter { sample in
            sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value }
        }
        return samples.count == 1 ? samples[0].value : nil
    }

    @Test("strangers get an answer or are left, and the run does not notice")
    func strangers() async throws {
        try await withDesk(receiver: { _, _ in .status(200) }) { desk, receiver in
            try desk.writeContacts(130)
            try desk.writeJob(url: receiver.url(), delivery: "  rate: 10/s")
            let child = try desk.start("run", "job.yaml", "--metrics", "127.0.0.1:0")
            let port = try await port(of: child)
            let long = String(repeating: "x", count: 9000)
            let answers = [
                ("GET /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n"),
                ("GET /metrics?a=b HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\n"),
                ("HEAD /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n"),
                ("GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found\r\n"),
                ("GET /metrics/../etc HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found\r\n"),
                ("POST /metrics HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 405 Method Not Allowed\r\n"),
                ("\u{16}\u{3}\u{1}\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n"),
                ("GET /metrics\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n"),
                ("GET /metrics HTTP/1.1\r\nA: \(long)", "HTTP/1.1 431 Request Header Fields Too Large\r\n"),
            ]
            for (request, answer) in answers {
                let socket = try PlainSocket(port: port)
                socket.send(request)
                let text = try #require(socket.readToEnd())
                #expect(text.hasPrefix(answer), "\(request.prefix(40)): \(text.prefix(100))")
                #expect(!request.hasPrefix("HEAD") || text.hasSuffix("\r\n\r\n"))
            }
            // As many as there may be say nothing; whoever comes next is left at once.
            let silent = try (0..<16).map { _ in try PlainSocket(port: port) }
            try await eventually("a refused connection") {
                let socket = try PlainSocket(port: port)
                socket.send("GET /metrics HTTP/1.1\r\n\r\n")
                return socket.readToEnd() == ""
            }
            // Their time is over before the reader's own is.
            for socket in silent { #expect(socket.readToEnd() == "") }
            #expect(child.isRunning)
            let result = try await desk.finish(child)
            #expect(result.status == 0, "\(result)")
            #expect(receiver.received.distinctIDs == 130)
        }
    }

    @Test("a port that is taken is told at once, before anything is made or sent")
    func taken() async throws {
        try await withDesk(receiver: { _, _ in .status(200) }) { desk, receiver in
            let other = try await ScriptedReceiver()
            try desk.writeContacts(1)
            try desk.writeJob(url: receiver.url(), more: "schedule: {at: \"2999-01-01 00:00\"}")
            let result = try await desk.fanfare("run", "job.yaml", "--metrics", String(other.port))
            #expect(result.status == 1)
            #expect(
                result.errors == "fanfare: cannot offer metrics on 127.0.0.1:\(other.port): Address already in use; "
                    + "nothing was sent. Choose another port with --metrics\n"
            )
            #expect(!desk.has("data"))
            try await other.stop()
        }
    }

    @Test(
        "an address for metrics that is none is told with what is accepted",
        arguments: ["http://x:1", "localhost:9464", "65536", "-1", "::1:9464", "[::1]", "127.0.0.1:", "1 2"]
    )
    func addresses(_ text: String) async throws {
        try await withDesk { desk in
            try desk.writeContacts(1)
            try desk.writeJob(url: "http://127.0.0.1:9/")
            let result = try await desk.fanfare("run", "job.yaml", "--metrics=\(text)")
            #expect(result.status == 2)
            #expect(result.errors.hasPrefix("Error: --metrics: \"\(text)\" is not accepted; write a port"), "\(result)")
            desk.environment["FANFARE_METRICS"] = text
            let other = try await desk.fanfare("run", "job.yaml")
            #expect(other.errors.hasPrefix("Error: FANFARE_METRICS: \"\(text)\" is not accepted"), "\(other)")
        }
    }
}
