import Fanfare
import FanfareTesting
import Foundation
import Testing

@Suite("A report of a fan-out")
struct ReportTests {
    private static let job = """
        audience: {import: contacts.csv}
        webhook:
          url: "http://user-secret:url-secret@127.0.0.1:9/path-secret?key=query-secret"
          auth: {username: user-secret, password: word-secret}
          headers: {X-Key: header-secret, X-File: {env: HOME}}
          content_type: json
          data: {to: "*|EMAIL|*", key: body-secret}
          signing: {secret: whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0}
        delivery: {rate: 50/s, retries: [1s, 2s]}
        """

    @Test("what it was sent with is listed without anything that may be a secret, and nobody is named")
    func settings() async throws {
        try await withTemporaryFolder { folder in
            var fixture = try RunFixture(folder, contacts: ["jane", "joe"])
            fixture.job = Self.job.replacing("http://user-secret:url-secret@", with: "http://")
                .replacing("{env: HOME}", with: "{env: TZ}")
            try fixture.process { _ = try fixture.start($0) }
            let report = try Installation.read(fixture.data).report(of: fixture.record())
            #expect(report.state == .interrupted)
            #expect(report["scheduled"] == 2)
            let page = try ReportPage(report, program: "Fanfare").html()
            let json = String(decoding: try JSONEncoder().encode(report), as: UTF8.self)
            for text in [page, json] {
                #expect(!text.contains("secret-") && !text.contains("-secret") && !text.contains("whsec_"))
                #expect(!text.contains("jane"))
                #expect(text.contains("[secret]"))
            }
            let settings = Dictionary(uniqueKeysWithValues: report.settings.map { ($0.key, $0.value) })
            #expect(settings["webhook.url"] == "http://127.0.0.1:9/…")
            #expect(settings["webhook.auth"] == "user name and password [secret]")
            #expect(settings["webhook.headers"] == "X-File of the environment variable TZ, X-Key")
            #expect(settings["webhook.signing"] == "secret [secret]")
            #expect(settings["webhook.tls.verify"] == "true")
            #expect(settings["delivery.rate"] == "50/s")
            #expect(settings["delivery.retries"] == "1s, 2s")
        }
    }

    @Test("of an ended one whose ledger is gone the counts are left; of an unfinished one that is an error")
    func pruned() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            try fixture.process { _ = try fixture.start($0) }
            let installation = try Installation.read(fixture.data)
            let ledger = installation.ledger(of: try fixture.record())
            try Durability.deleteDatabase(ledger.path)
            let error = #expect(throws: JobRunError.self) { try installation.report(of: fixture.record()) }
            #expect(error?.code == .ledgerMissing)
            var counts = StateCounts()
            counts[.delivered] = 2
            counts[.dead] = 1
            try fixture.leave {
                $0.state = .ended
                $0.counts = counts
            }
            let report = try installation.report(of: fixture.record())
            #expect(report.state == .pruned)
            #expect(report.total == 3 && report["dead"] == 1)
            #expect(report.survey == nil && report.settings.isEmpty)
        }
    }

    @Test("without the key its settings cannot be shown, and the figures still are")
    func noKey() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            try fixture.process { _ = try fixture.start($0) }
            let installation = try Installation.read(fixture.data)
            try FileManager.default.removeItem(atPath: installation.directory.keyPath)
            let report = try installation.report(of: fixture.record())
            #expect(report.total == 3)
            #expect(report.settings.count == 1)
            #expect(report.settings[0].value.hasPrefix("cannot be shown: "), "\(report.settings)")
        }
    }
}
