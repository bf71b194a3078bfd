import FanfareReceiver
import FanfareTesting
import Foundation
import Testing

/// A forward proxy: all goes through it, what it refuses is told, and no other variable of the environment counts.
@Suite(.serialized) struct ProxyTests {
    @Test("http goes through a proxy in absolute form, https through a tunnel, and the run says so")
    func through() async throws {
        try await withServers((.proxy, "user"), (.receiver, "h2")) { desk, servers in
            let (proxy, secure) = (servers[0], servers[1])
            try desk.writeContacts(20)
            // The proxy finds the receiver: its name has no address here, nor is any network opened.
            desk.environment["FANFARE_ALLOW_NETWORK"] = "192.0.2.0/24"
            desk.environment["PROXY_PASSWORD"] = "p"
            for http in ["1.1", "2"] {
                try desk.writeJob(
                    url: "https://127.0.0.1:\(secure.port)/",
                    webhook: """
                          data: {to: 1}
                          auth: {bearer: token}
                          tls: {ca: \(secure.path("authority.pem"))}
                          proxy: {url: "http://127.0.0.1:\(proxy.port)", username: u, password: {env: PROXY_PASSWORD}}
                        """,
                    delivery: "  http: \(http)"
                )
                let result = try await desk.fanfare("run", "job.yaml", "--again")
                #expect(result.status == 0, "\(result)")
                let said =
                    "Through the proxy http://127.0.0.1:\(proxy.port); it decides which addresses may be reached."
                #expect(result.errors.contains(said), "\(result.errors)")
            }
            #expect(secure.ids(over: 1).count == 20)
            #expect(secure.ids(over: 2).count == 20)
            #expect(Set(proxy.log) == ["CONNECT 127.0.0.1:\(secure.port)"])
        }
    }

    @Test("--proxy takes the place of the job's; its password is shown nowhere")
    func option() async throws {
        try await withServers((.proxy, "user")) { desk, servers in
            try await withScriptedReceiver({ _, _ in .status(200) }) { receiver in
                try desk.writeContacts(5)
                desk.environment["FANFARE_ALLOW_NETWORK"] = "192.0.2.0/24"
                let url = receiver.url()
                try desk.writeJob(
                    url: url.replacing("127.0.0.1", with: "receiver.invalid"),
                    webhook: "  data: {to: 1}\n  proxy: http://127.0.0.1:1"
                )
                let given = "http://u:p@127.0.0.1:\(servers[0].port)"
                let result = try await desk.fanfare("run", "job.yaml", "--proxy", given)
                #expect(result.status == 0, "\(result)")
                #expect(!(result.output + result.errors).contains("u:p"))
                #expect(receiver.received.distinctIDs == 5)
                #expect(
                    servers[0].log.allSatisfy { $0.hasPrefix("POST http://receiver.invalid:") },
                    "\(servers[0].log)"
                )
                desk.environment["FANFARE_PROXY"] = given
                let again = try await desk.fanfare("run", "job.yaml", "--again")
                #expect(again.status == 0, "\(again)")
                #expect(receiver.received.distinctIDs == 10)
            }
        }
    }

    @Test(
        "a proxy that refuses a tunnel for good ends it for that contact; the reason has its status",
        arguments: ["403", "407"]
    )
    func refuses(_ status: String) async throws {
        try await withServers((.proxy, status)) { desk, servers in
            try desk.writeContacts(2)
            try desk.writeJob(url: "https://receiver.invalid/")
            let result = try await desk.fanfare("run", "job.yaml", "--proxy", "http://127.0.0.1:\(servers[0].port)")
            #expect(result.status == 3, "\(result)")
            #expect(result.output.contains(": the proxy refused: status \(status)"), "\(result.output)")
            #expect(servers[0].log.count == 2, "no second attempt")
        }
    }

    @Test("one that cannot reach the receiver now is asked again, and one that is not there is waited for")
    func later() async throws {
        try await withServers((.proxy, "502")) { desk, servers in
            try desk.writeContacts(1)
            try desk.writeJob(url: "https://receiver.invalid/", delivery: "  retries: [100ms]")
            let result = try await desk.fanfare("run", "job.yaml", "--proxy", "http://127.0.0.1:\(servers[0].port)")
            #expect(result.status == 3, "\(result)")
            #expect(servers[0].log.count == 2)
            try desk.writeJob(url: "https://receiver.invalid/", delivery: "  retries: []")
            let gone = try await desk.fanfare("run", "job.yaml", "--again", "--proxy", "http://127.0.0.1:1")
            #expect(gone.output.contains(": no connection to the proxy"), "\(gone)")
        }
    }

    @Test("the environment's http_proxy and no_proxy count for nothing")
    func environment() async throws {
        try await withServers((.proxy, "through")) { desk, servers in
            try await withScriptedReceiver({ _, _ in .status(200) }) { receiver in
                try desk.writeContacts(3)
                try desk.writeJob(url: receiver.url())
                for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"] {
                    desk.environment[name] = "http://127.0.0.1:1"
                }
                let direct = try await desk.fanfare("run", "job.yaml")
                #expect(direct.status == 0, "\(direct)")
                #expect(receiver.received.distinctIDs == 3)
                desk.environment["no_proxy"] = "*"
                desk.environment["NO_PROXY"] = "*"
                let given = "http://127.0.0.1:\(servers[0].port)"
                let result = try await desk.fanfare("run", "job.yaml", "--again", "--proxy", given)
                #expect(result.status == 0, "\(result)")
                #expect(!servers[0].log.isEmpty)
            }
        }
    }

    @Test(
        "a proxy that is none is refused with what is accepted, and without its password: 2",
        arguments: [
            "127.0.0.1:3128", "http://host", "ftp://host:21", "http://u:hunter2@host", "http://host:1/path",
            "https://host:1", "socks5h://host:1",
        ]
    )
    func malformed(_ text: String) async throws {
        try await withDesk { desk in
            try desk.writeContacts(1)
            try desk.writeJob(url: "http://127.0.0.1:1/")
            let option = try await desk.fanfare("run", "job.yaml", "--proxy", text)
            #expect(option.status == 2, "\(option)")
            #expect(option.errors.contains("http://HOST:PORT"), "\(option.errors)")
            try desk.writeJob(url: "http://127.0.0.1:1/", webhook: "  proxy: \"\(text)\"")
            let job = try await desk.fanfare("check", "job.yaml")
            #expect(job.status == 2, "\(job)")
            #expect(job.errors.contains("job.yaml:8:") && job.errors.contains("webhook.proxy"), "\(job.errors)")
            #expect(!(option.errors + job.errors).contains("hunter2"), "\(option) \(job)")
        }
    }
}
