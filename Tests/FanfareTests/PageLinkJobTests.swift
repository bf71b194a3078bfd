import Fanfare
import FanfareTesting
import Testing

@Suite("Links to hosted pages in jobs")
struct PageLinkJobTests {
    private func fixture(
        _ folder: TemporaryFolder,
        name: String? = "customers",
        _ more: String = ""
    ) throws -> RunFixture {
        var fixture = try RunFixture(folder)
        let named = name.map { ", name: \($0)" } ?? ""
        fixture.job = """
            audience: {import: contacts.csv\(named)}
            webhook:
              url: "http://127.0.0.1:9/"
              data: {to: "*|EMAIL|*", leave: "*|UNSUB|*"}
            \(more)
            """
        return fixture
    }

    private func problems(_ fixture: RunFixture) throws -> [JobProblem] {
        do {
            _ = try JobCheck(try fixture.load(), dataDirectory: fixture.data)
            return []
        } catch let error as JobError {
            return error.problems
        }
    }

    @Test("without a public URL each use is told with line and column, and what would help")
    func noURL() async throws {
        try await withTemporaryFolder { folder in
            let problems = try problems(fixture(folder))
            #expect(problems.count == 1)
            #expect(problems.first?.place?.line == 6 && problems.first?.place?.column == 34)
            #expect(problems.first?.message.contains("public_url") == true)
            #expect(problems.first?.message.contains("*|UNSUB|* leads to") == true)
        }
    }

    @Test("nor has a contact file of the job's own any pages")
    func noName() async throws {
        try await withTemporaryFolder { folder in
            let found = try problems(fixture(folder, name: nil, "public_url: https://news.example.com"))
            #expect(found.first?.message.contains("audience.name") == true)
        }
    }

    @Test("a run's links are those that the server opens, and the command line goes before the file")
    func links() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try fixture(folder, "public_url: https://news.example.com/")
            #expect(try problems(fixture).isEmpty)
            try fixture.process { installation in
                let (run, plan) = try fixture.start(installation)
                let audience = try installation.openAudience(named: "customers", makesIt: false)
                let contact = try #require(try audience.contact(email: "b@example.com"))
                let token = try installation.pageKey().token(
                    for: .unsubscribe,
                    audience: run.record.audience,
                    contact: contact.id,
                    uniqueID: contact.uniqueID
                )
                #expect(plan.template.columns.contains(.key))
                let sent = RequestPreviewer(plan, webhook: try fixture.load().job.webhook)
                guard case .request(let request)? = try sent.outcome(ofAddress: "b@example.com") else {
                    Issue.record("the contact gets a request")
                    return
                }
                let leave = "https://news.example.com/unsubscribe/\(token)/\(run.record.id)"
                let text = #"{"to":"b@example.com","leave":"\#(leave)"}"#
                #expect(String(decoding: request.body, as: UTF8.self) == text)
                // A preview reads the stored contacts as the run does, and is no campaign.
                let job = try LoadedJob(
                    JobFile(name: "seen", toAudience: "customers", webhook: fixture.load().job.webhook),
                    environment: [:]
                )
                let moved = job.reaching(pagesAt: PublicURL("http://127.0.0.1:1"))
                let preview = try JobPreview(moved, contact: "b@example.com", dataDirectory: fixture.data)
                let body = try #require(preview.requests.first?.body)
                let expected = #"{"to":"b@example.com","leave":"http://127.0.0.1:1/unsubscribe/\#(token)"}"#
                #expect(String(decoding: body, as: UTF8.self) == expected)
            }
        }
    }

    @Test("where the pages are is kept with the job, and does not make it another")
    func kept() async throws {
        try await withTemporaryFolder { folder in
            let one = try fixture(folder, "public_url: https://news.example.com").load().job
            var other = one
            other.publicURL = PublicURL("https://else.example.com")
            let key = [UInt8](repeating: 1, count: 16)
            #expect(one.fingerprint(key: key) == other.fingerprint(key: key) && one.changes(from: other).isEmpty)
            let text = try one.encoded { String(decoding: $0.reveal(), as: UTF8.self) }
            let read = try JobFile.decoded(text, name: "stored", environment: [:]) { Secret($0) }
            #expect(read.publicURL?.text == "https://news.example.com")
        }
    }
}
