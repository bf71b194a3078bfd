import FanfareAudience
import FanfareCampaigns
import FanfareDelivery
import FanfareReceiver
import FanfareStore
import FanfareTesting
import NIOHTTP1
import Testing

/// An audience that is deleted while its webhooks are at work.
struct AudienceDeletionTests {
    private let fixture: WebhookFixture
    private var files: [String] {
        [fixture.directory.audiencePath(fixture.audience), fixture.directory.eventsPath(fixture.audience)]
            .flatMap { [$0, $0 + "-wal", $0 + "-shm"] }
    }

    init() throws { fixture = try WebhookFixture() }

    private func audiences() throws -> AudienceCatalogue {
        try AudienceCatalogue(
            DatabaseFile.open(fixture.directory.cataloguePath, mode: .mustExist),
            access: .own
        )
    }

    @Test func `its files and webhooks go, what was in flight is waited for, and it is known no more`() async throws {
        let inbox = Inbox()
        try await withScriptedReceiver({ request, _ in
            inbox.add(request)
            return .status(200)
        }) { receiver in
            let webhooks = try fixture.begin()
            _ = try await webhooks.create(
                url: receiver.url(),
                events: Set(ChangeKind.allCases),
                sources: Set(ChangeSource.allCases),
                in: fixture.audience
            )
            let audience = fixture.audience
            // Readers and writers are at it while it goes.
            let busy = Task {
                for number in 0..<10_000 {
                    do {
                        let edit = ContactEdit(.address("c\(number)@x.org"), .either)
                        _ = try await webhooks.edit(edit, in: audience, by: .api)
                    } catch let error as AudienceError {
                        return error.code
                    }
                }
                return AudienceError.Code.cancelled
            }
            try await inbox.waitForTold(5)
            try await webhooks.deleteAudience(audience)
            #expect(try await busy.value == .unknownAudience)
            #expect(files.filter(Durability.fileExists).isEmpty)
            #expect(try webhooks.all(of: audience).isEmpty)
            try await eventually("its lane is gone") { webhooks.lanes.isEmpty }
            #expect(try webhooks.summaries().isEmpty)
            let error = #expect(throws: AudienceError.self) { _ = try webhooks.reading(audience) }
            #expect(error?.code == .unknownAudience)
            #expect(webhooks.missing(audience)?.code == .unknownAudience)
            await #expect(throws: AudienceError.self) { try await webhooks.deleteAudience(audience) }
            await webhooks.close()
        }
        #expect(try audiences().all().isEmpty)
        // Its name is free, its id stays taken.
        let next = try audiences().add(name: "customers", owner: nil)
        #expect(try audiences().remains() == [fixture.audience] && next.id != fixture.audience)
        #expect(try audiences().name(of: fixture.audience) == "customers")
    }

    @Test func `one that a fan-out still goes to is not deleted`() async throws {
        let fanOuts = try FanOutCatalogue(DatabaseFile.open(fixture.directory.cataloguePath, mode: .mustExist))
        var record = FanOutRecord(
            id: "0123456789",
            name: "black-friday",
            run: 1,
            identity: "",
            state: .stopped,
            audience: fixture.audience,
            jobFingerprint: "",
            contactsFingerprint: "",
            createdAt: 1
        )
        try fanOuts.save(record)
        let webhooks = try fixture.begin()
        let error = await #expect(throws: AudienceError.self) {
            try await webhooks.deleteAudience(fixture.audience)
        }
        #expect(error?.code == .audienceInUse && error?.message.contains("black-friday") == true)
        _ = try await webhooks.edit(.init(.address("a@x.org"), .either), in: fixture.audience, by: .api)
        record.state = .ended
        try fanOuts.save(record)
        try await webhooks.deleteAudience(fixture.audience)
        #expect(files.filter(Durability.fileExists).isEmpty)
        await webhooks.close()
    }
}
