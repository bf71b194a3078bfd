import Fanfare
import FanfareTesting
import Foundation
import GRDB
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

    @Test("after a death nothing is said to be unsent that may have been sent")
    func unanswered() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder, contacts: (1...9).map { "c\($0)" })
            try fixture.process { installation in
                let record = try fixture.start(installation).run.record
                try installation.ledger(of: record).openForWriting().write { db in
                    try db.execute(sql: "UPDATE progress SET watermark = 6, claimed = 4, progress_sum = NULL")
                }
            }
            let unanswered = "No answer was recorded; 6 requests may have been sent."
            #expect(try await printed(folder).contains("\n  \(unanswered)\n"))
            #expect(try await printed(folder, ["--json"]).contains(#""may_have_been_sent":2"#))
            let page = try await printed(folder, ["--html", "-"])
            #expect(page.contains(unanswered) && page.contains("not sent yet, but up to 2 may have been when it died"))
            // Held, and the rest cancelled.
            try fixture.process { _ = try ControlDesk($0).answer(ControlRequest(.cancel, name: "news")) }
            #expect(try await printed(folder).contains("\n  \(unanswered)\n"))
            #expect(try await printed(folder, ["--html", "-"]).contains(unanswered))
        }
    }

    @Test("of one that nothing was sent of, that is said")
    func nothingSent() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try RunFixture(folder)
            try fixture.process { _ = try fixture.start($0) }
            #expect(try await printed(folder).contains("\n  No request was sent.\n"))
        }
    }

    @Test("what was set stands beside what the job says, while it runs and when it has ended")
    func set() async throws {
        try await withTemporaryFolder { folder in
            var fixture = try RunFixture(folder)
            fixture.job += "\ndelivery: {max_in_flight: 20}"
            try fixture.process { _ = try fixture.start($0) }
            try fixture.process { installation in
                let change = SettingsChange(rate: .perSecond(300), maxInFlight: 7)
                _ = try ControlDesk(installation).answer(ControlRequest(.set, name: "news", change: change))
            }
            try await expectSettings(folder)
            try fixture.process { _ = try ControlDesk($0).answer(ControlRequest(.cancel, name: "news")) }
            try await expectSettings(folder)
        }
    }

    private func expectSettings(_ folder: TemporaryFolder) async throws {
        let json = try await printed(folder, ["--json"])
        #expect(json.contains(#"{"key":"delivery.max_in_flight","set":"7","set_at":"#), "\(json)")
        #expect(json.contains(#"{"key":"delivery.rate","set":"300/s","set_at":"#), "\(json)")
        #expect(json.contains(#","value":"20"}"#) && json.contains(#","value":"none"}"#), "\(json)")
        let text = try await printed(folder)
        #expect(text.contains("\n    delivery.max_in_flight 7, as set on "), "\(text)")
        #expect(text.contains("; the job says 20\n"))
        let page = try await printed(folder, ["--html", "-"])
        #expect(page.contains("<bdi>300/s, as set on ") && page.contains("; the job says none</bdi>"))
    }

    /// What `fanfare report news` prints.
    private func printed(_ folder: TemporaryFolder, _ options: [String] = []) async throws -> String {
        let arguments = ["report", "news", "--data", "data"] + options
        return try await ChildProcess(BuiltProgram.path("fanfare"), arguments, in: folder).wait().output
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
