import Fanfare
import FanfareTesting
import Testing

@Suite("A job's plan is what its file says")
struct PlanTests {
    /// A certificate that signs itself, whose key nobody has: a plan is made only with one that TLS can use.
    private static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBfzCCASWgAwIBAgIUSzS2jwfh0kgkTfZTK6+4C7I9TfQwCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJYXV0aG9yaXR5MCAXDTI2MTEyNTIyMTIzOVoYDzIxMjYxMTAx
        MjIxMjM5WjAUMRIwEAYDVQQDDAlhdXRob3JpdHkwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAASTXQ6epzNmvEhudT7UFnUYTcP6Vrzmw+0Us8ItgmlmxHYHbSzp7tOZ
        ARJoG3A10RDI4/tcNbtyYBz/PIkk6hZDo1MwUTAdBgNVHQ4EFgQUgn5vxF1bgjZs
        YFZmsuGSnXNUXr4wHwYDVR0jBBgwFoAUgn5vxF1bgjZsYFZmsuGSnXNUXr4wDwYD
        VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEA12ENckdoNqS4wRHOPWuQ
        3/wWYKmJOAY/hkHA2jmGFXwCIC0ASiq7nKjDZxBdC4uLkXxmXTn/S8J+0n4SLT62
        8xts
        -----END CERTIFICATE-----

        """

    private func endpoint(tls: String, _ folder: TemporaryFolder) throws -> EndpointSettings {
        var fixture = try RunFixture(folder)
        try folder.write(Self.authority, to: "ca.pem")
        fixture.job = """
            audience: {import: contacts.csv}
            webhook: {url: "https://127.0.0.1:9/"\(tls)}
            """
        return try fixture.process { try fixture.start($0).plan.endpoint }
    }

    @Test("how the receiver is recognised")
    func tls() async throws {
        try await withTemporaryFolder { folder in
            let plain = try endpoint(tls: "", folder)
            #expect(plain.certificateAuthorityFile == nil)
            #expect(plain.verifiesCertificates)
        }
        try await withTemporaryFolder { folder in
            let own = try endpoint(tls: ", tls: {ca: ca.pem}", folder)
            #expect(own.certificateAuthorityFile == folder.path("ca.pem"))
            #expect(own.verifiesCertificates)
        }
        try await withTemporaryFolder { folder in
            let anybody = try endpoint(tls: ", tls: {verify: false}", folder)
            #expect(!anybody.verifiesCertificates)
        }
    }

    @Test("a check says when nobody is asked who the receiver is")
    func unverified() async throws {
        try await withTemporaryFolder { folder in
            var fixture = try RunFixture(folder)
            fixture.job = fixture.job.replacing("{url:", with: "{tls: {verify: false}, url:")
            let warnings = try JobCheck(fixture.load(), dataDirectory: fixture.data).warnings
            #expect(warnings.contains { $0.contains("webhook.tls.verify") })
        }
    }
}
