import FanfareTesting
import Foundation
import Testing

/// HTTP/2 where the receiver speaks it, and the way back to HTTP/1.1 where it does not, or not well.
@Suite(.serialized) struct HTTP2Tests {
    private func run(
        _ kind: String,
        contacts: Int,
        retries: String = "[100ms, 100ms, 100ms, 1s]",
        delivery: String = "",
        _ check: (ProtocolServer, ChildProcess.Result, [String: Any]) throws -> Void
    ) async throws {
        try await withServers((.receiver, kind)) { desk, servers in
            try desk.writeContacts(contacts)
            try desk.writeJob(
                url: "https://127.0.0.1:\(servers[0].port)/",
                webhook: "  data: {to: \"*|EMAIL|*\"}\n  tls: {ca: \(servers[0].path("authority.pem"))}",
                delivery: "  http: 2\n  retries: \(retries)\n" + delivery
            )
            let result = try await desk.fanfare("run", "job.yaml", "--json")
            #expect(result.status == 0, "\(result)")
            let json = try #require(try objects(result.output).first, "\(result)")
            #expect((json["counts"] as? [String: Int])?["delivered"] == contacts, "\(result)")
            try check(servers[0], result, json)
        }
    }

    @Test("a receiver that offers HTTP/2 is sent everything over it")
    func spoken() async throws {
        try await run("h2", contacts: 300) { server, result, json in
            #expect(server.ids(over: 2).count == 300)
            #expect(server.log.count == 300)
            #expect(json["http2"] == nil)
        }
    }

    @Test("one that does not offer it is sent everything over HTTP/1.1, and the run says so")
    func notOffered() async throws {
        try await run("plain", contacts: 100) { server, result, json in
            #expect(server.ids(over: 1).count == 100)
            #expect(server.log.count == 100)
            #expect(json["http2"] as? String == "the receiver does not offer HTTP/2: HTTP/1.1 is used")
        }
    }

    @Test("one that resets every stream is gone on with over HTTP/1.1, with a warning")
    func reset() async throws {
        try await run("reset", contacts: 100) { server, result, json in
            #expect(server.ids(over: 1).count == 100)
            #expect(server.log.contains { $0.hasPrefix("reset ") })
            let text =
                "the receiver reset an HTTP/2 stream or broke its rules: HTTP/1.1 is used for the rest of the run"
            #expect(json["http2"] as? String == text)
            #expect(result.errors.contains(" warning: \(text)"), "\(result.errors)")
        }
    }

    @Test("one that leaves streams unanswered costs one time-out, no more")
    func stalled() async throws {
        try await run("hang", contacts: 200, delivery: "  timeout: 2s") { server, result, json in
            #expect(server.ids(over: 1).union(server.ids(over: 2)).count == 200)
            let hung = server.log.filter { $0.hasPrefix("hang ") }
            #expect(!hung.isEmpty && Set(hung).count == hung.count, "no request hangs twice")
            let seconds = try #require(json["seconds"] as? Double)
            #expect(seconds < 12)
            #expect((json["http2"] as? String)?.contains("left without an answer") == true, "\(json)")
        }
    }

    @Test("one that says goodbye to each connection after ten requests is sent the rest over new ones")
    func goodbye() async throws {
        try await run("goaway", contacts: 200) { server, result, json in
            #expect(server.ids(over: 1).union(server.ids(over: 2)).count == 200)
        }
    }

    @Test("one that refuses some streams without looking at them is sent those again, at the cost of no attempt")
    func refusedSome() async throws {
        try await run("refuse some", contacts: 200, retries: "[]") { server, result, json in
            #expect(server.ids(over: 2).count == 200)
            #expect(server.log.filter { $0.hasPrefix("2 ") }.count == 200)
            #expect(server.log.contains { $0.hasPrefix("refuse ") })
            #expect(json["http2"] == nil)
        }
    }

    @Test("HTTP/2 to an http URL is an error of the job: 2")
    func needsTLS() async throws {
        try await withDesk { desk in
            try desk.writeContacts(1)
            try desk.writeJob(url: "http://127.0.0.1:1/", delivery: "  http: 2")
            for command in ["check", "run"] {
                let result = try await desk.fanfare(command, "job.yaml")
                #expect(result.status == 2, "\(result)")
                #expect(result.errors.contains("HTTP/2 needs https"), "\(result.errors)")
                #expect(result.errors.contains("job.yaml:11:"), "\(result.errors)")
            }
        }
    }
}
