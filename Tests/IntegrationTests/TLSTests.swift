import FanfareTesting
import Foundation
import Testing

/// Who the receiver is, and who the sender: what is wrong with a certificate is told, and nothing is sent to it.
@Suite(.serialized) struct TLSTests {
    @Test(
        "what is wrong with the receiver's certificate is told, and it gets nothing: 3",
        arguments: zip(
            ["expired", "name", "self", "chain", "old"],
            [
                "the receiver's certificate has expired or is not valid yet",
                "the receiver's certificate is for another host name",
                "the receiver's certificate is self-signed (see webhook.tls.ca)",
                "no trusted authority is behind the receiver's certificate: its chain is incomplete or unknown",
                "the receiver speaks no TLS 1.2 or newer",
            ]
        )
    )
    func refused(_ kind: String, _ reason: String) async throws {
        try await withServers((.receiver, kind)) { desk, servers in
            try desk.writeContacts(2)
            try desk.writeJob(
                url: "https://127.0.0.1:\(servers[0].port)/",
                webhook: "  data: {to: 1}\n  tls: {ca: \(servers[0].path("authority.pem"))}",
                delivery: "  retries: []"
            )
            let result = try await desk.fanfare("run", "job.yaml")
            #expect(result.status == 3, "\(result)")
            #expect(result.output.contains(": \(reason)"), "\(result.output)")
            let listed = try await desk.fanfare("deliveries", "job", "--state", "dead")
            #expect(listed.output.contains(reason), "\(listed.output)")
            #expect(servers[0].ids(over: 1).isEmpty)
        }
    }

    @Test("a port that speaks no TLS is told apart")
    func noTLS() async throws {
        try await withServers((.proxy, "400")) { desk, servers in
            try desk.writeContacts(1)
            try desk.writeJob(url: "https://127.0.0.1:\(servers[0].port)/", delivery: "  retries: []")
            let result = try await desk.fanfare("run", "job.yaml")
            #expect(result.status == 3, "\(result)")
            #expect(result.output.contains(": the receiver's port does not speak TLS"), "\(result.output)")
        }
    }

    @Test("verify: false takes any certificate, and every run and check warns of it")
    func unverified() async throws {
        try await withServers((.receiver, "expired")) { desk, servers in
            try desk.writeContacts(2)
            try desk.writeJob(
                url: "https://127.0.0.1:\(servers[0].port)/",
                webhook: "  data: {to: 1}\n  tls: {verify: false}"
            )
            let warning =
                "warning: webhook.tls.verify is false: anybody on the way can read the requests and answer them"
            let check = try await desk.fanfare("check", "job.yaml")
            #expect(check.output.contains(warning), "\(check)")
            for arguments in [["run", "job.yaml"], ["run", "job.yaml", "--again"]] {
                let result = try await desk.finish(
                    ChildProcess(
                        BuiltProgram.path("fanfare"),
                        arguments,
                        environment: desk.environment,
                        in: desk.folder
                    )
                )
                #expect(result.status == 0, "\(result)")
                #expect(result.errors.contains(warning), "\(result.errors)")
            }
            #expect(servers[0].ids(over: 1).count == 4)
        }
    }

    @Test("a receiver that asks for a client certificate gets it; without one the reason is told")
    func clientCertificate() async throws {
        try await withServers((.receiver, "client")) { desk, servers in
            let server = servers[0]
            try desk.writeContacts(3)
            let url = "https://127.0.0.1:\(server.port)/"
            let trusted = "  data: {to: 1}\n  tls: {ca: \(server.path("authority.pem"))"
            try desk.writeJob(url: url, webhook: trusted + "}", delivery: "  retries: []")
            let without = try await desk.fanfare("run", "job.yaml")
            #expect(without.status == 3, "\(without)")
            let reason = ": the receiver wants a client certificate, or refused ours (see webhook.tls.cert)"
            #expect(without.output.contains(reason), "\(without.output)")
            desk.environment["KEY_PASSWORD"] = "sesame"
            let files = ", cert: \(server.path("client.pem")), key: \(server.path("locked.key"))"
            try desk.writeJob(url: url, webhook: trusted + files + ", key_password: {env: KEY_PASSWORD}}")
            let with = try await desk.fanfare("run", "job.yaml", "--again")
            #expect(with.status == 0, "\(with)")
            #expect(server.ids(over: 1).count == 3)
        }
    }

    @Test(
        "a key that does not fit, a wrong password, a file that is none: an error of the job, at its place: 2",
        arguments: [
            ("cert: client.pem, key: other.key", "job.yaml:9:", "webhook.tls.key", "the file cannot be used: "),
            (
                "cert: client.pem, key: locked.key, key_password: open", "job.yaml:9:", "webhook.tls.key",
                "cannot be used"
            ),
            ("cert: client.pem, key: locked.key", "job.yaml:9:", "webhook.tls.key", "the file cannot be used: "),
            ("cert: client.pem, key: gone.key", "job.yaml:9:", "the key's file", "No such file or directory"),
            ("cert: client.pem", "job.yaml:9:", "the certificate's file", "it holds no private key in PEM form"),
            (
                "cert: client.key, key: client.key", "job.yaml:9:", "the certificate's file",
                "holds no certificate in PEM form"
            ),
            ("key: client.key", "job.yaml:9:", "webhook.tls", "has a key and no certificate"),
            ("ca: broken.pem", "job.yaml:9:", "webhook.tls.ca", "the file cannot be used: "),
        ]
    )
    func wrongFiles(_ settings: String, _ place: String, _ key: String, _ reason: String) async throws {
        try await withServers((.receiver, "client")) { desk, servers in
            for name in ["client.pem", "client.key", "locked.key", "other.key"] {
                try desk.write(String(contentsOfFile: servers[0].path(name), encoding: .utf8), to: name)
            }
            try desk.write("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", to: "broken.pem")
            try desk.writeContacts(1)
            try desk.writeJob(url: "https://127.0.0.1:1/", webhook: "  data: {to: 1}\n  tls: {\(settings)}")
            for command in ["check", "run"] {
                let result = try await desk.fanfare(command, "job.yaml")
                #expect(result.status == 2, "\(result)")
                for part in [place, key, reason] { #expect(result.errors.contains(part), "\(part): \(result.errors)") }
                #expect(!result.errors.contains("sesame") && !result.errors.contains(": open"))
            }
        }
    }
}
