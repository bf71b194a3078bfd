import Fanfare
import FanfareTesting
import Foundation
import Testing

@Suite("A job's plan is what its file says")
struct PlanTests {
    private func endpoint(tls: String, _ folder: TemporaryFolder) throws -> EndpointSettings {
        var fixture = try RunFixture(folder)
        // A plan is made of files that can be read as what they are.
        let authorities = try String(contentsOfFile: "/etc/ssl/certs/ca-certificates.crt", encoding: .utf8)
        try folder.write(authorities, to: "ca.pem")
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
