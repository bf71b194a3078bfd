import FanfareTesting
import Foundation
import Testing

@testable import Fanfare

@Suite("A check says what deserves a second look")
struct CheckWarningTests {
    /// A check of a fixture's job, whose webhook and delivery are added to.
    private func check(
        webhook: String = "",
        delivery: String = "",
        audience: String = "",
        contacts: String? = nil
    ) async throws -> JobCheck {
        try await withTemporaryFolder { folder in
            var fixture = try RunFixture(folder)
            if let contacts { try folder.write(contacts, to: "contacts.csv") }
            fixture.job = fixture.job.replacing("{url:", with: "{\(webhook)url:")
                .replacing("contacts.csv}", with: "contacts.csv\(audience)}")
            fixture.job += delivery.isEmpty ? "" : "\ndelivery: {\(delivery)}"
            return try JobCheck(fixture.load(), dataDirectory: fixture.data)
        }
    }

    @Test("requests that are not signed, until they are")
    func signing() async throws {
        #expect(try await check().warnings.contains { $0.contains("webhook.signing is not set") })
        let signed = try await check(webhook: "signing: {secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw}, ")
        #expect(!signed.warnings.contains { $0.contains("signing") })
    }

    @Test("secrets over http, each by its name and none by its value")
    func plainSecrets() async throws {
        let webhook = "auth: {bearer: tok-secret-1}, headers: {X-Api-Key: abc-secret-2, X-Other: x}, "
        let warnings = try await check(webhook: webhook).warnings.filter { $0.contains("http://") }
        #expect(warnings.count == 1)
        #expect(warnings.first?.hasSuffix("webhook.auth, the header X-Api-Key") == true)
        #expect(try await !check().warnings.contains { $0.contains("http://") })
    }

    @Test("a stop_after that the rate does not reach, with how many it would cut off")
    func stopAfter() async throws {
        let contacts = "email\n" + (1...300).map { "c\($0)@example.com\n" }.joined()
        let short = try await check(delivery: "rate: 1/s, stop_after: 100s, retries: [5s]", contacts: contacts)
        let warning = try #require(short.warnings.first { $0.contains("stop_after") })
        #expect(warning.contains("takes 5 min, and after 1 min 40 s about 200 of 300 are cancelled"))
        let long = try await check(delivery: "rate: 1/s, stop_after: 301s, retries: [5s]", contacts: contacts)
        #expect(!long.warnings.contains { $0.contains("stop_after") })
        #expect(long.pace.byRate == .seconds(300))
    }

    @Test("a stop_after that ends before the last retry")
    func stopBeforeRetries() async throws {
        let warnings = try await check(delivery: "stop_after: 60s, retries: [30s, 30s]").warnings
        #expect(warnings.contains { $0.contains("shorter than the retries") })
        let enough = try await check(delivery: "stop_after: 61s, retries: [30s, 30s]").warnings
        #expect(!enough.contains { $0.contains("retries") })
    }

    @Test("how fast the receiver must answer for the rate, and what the window allows without one")
    func pace() async throws {
        let held = try await check(delivery: "rate: 5000/s, max_in_flight: 2000").pace
        #expect(held.slowestAnswer == .milliseconds(400))
        let free = try await check(delivery: "max_in_flight: 1").pace
        #expect(free.byRate == nil && free.byWindow == .milliseconds(300))
    }

    @Test("who is skipped by reason, with the first of them, and who is left out by status")
    func skips() async throws {
        let rows = (1...5).map { "c\($0)@example.com,,\n" }.joined()
        let contacts = "email,NAME,status\n\(rows)d@example.com,Dan,\ne@example.com,Eve,unsubscribed\n"
        let check = try await check(webhook: "require: [NAME], ", contacts: contacts)
        #expect(check.recipients == 6)
        #expect(check.dryRun.rendered == 1)
        #expect(check.dryRun.leftOut == [.unsubscribed: 1])
        #expect(check.dryRun.skips.count == 1)
        let skips = try #require(check.dryRun.skips[.missingField])
        #expect(skips.count == 5)
        #expect(skips.samples == ["c1@example.com", "c2@example.com", "c3@example.com"])
    }

    @Test("a tag and a segment select as they do in a run")
    func selection() async throws {
        let rows = (1...100).map { "c\($0)@example.com,\($0),\($0 <= 30 ? "vip" : "")\n" }
        let contacts = "email,n,tags\n" + rows.joined()
        #expect(try await check(audience: ", tag: vip", contacts: contacts).recipients == 30)
        let segment = """
            , columns: {n: {tag: N, type: number}}, segment: {match: all, conditions: [\
            {condition_type: TextMerge, field: N, op: greater, value: 90}, \
            {condition_type: StaticSegment, field: static_segment, op: static_not, value: vip}]}
            """
        #expect(try await check(audience: segment, contacts: contacts).recipients == 10)
    }

    @Test("the room it needs grows with the contacts, and a disk without it is a warning")
    func room() async throws {
        let few = try await check().room
        let many = try await check(contacts: "email\n" + (1...2000).map { "c\($0)@example.com\n" }.joined()).room
        #expect(many.needed > few.needed + 1997 * 70)
        #expect(try #require(few.free) > 0)
        let huge = JobRoom(recipients: 1 << 50, importedFile: nil, dataDirectory: "/no/such/folder")
        #expect(huge.warnings.count == 1)
        #expect(few.warnings.isEmpty)
    }
}
