import Fanfare
import FanfareAudience
import FanfareCampaigns
import FanfareJob
import Hummingbird

/// Mailchimp's Marketing API 3.0, as much of it as concerns audiences: `/3.0`.
///
/// One file for each resource; this one has what they share.
struct MarketingAPI: Sendable {
    let daemon: Daemon
    let batches: BatchDesk

    var webhooks: AudienceWebhooks { daemon.webhooks }

    func add(to router: Router<APIContext>, access: AccessMiddleware) {
        let root = router.group("/3.0").add(middleware: access).add(middleware: TriggeredError())
        root.get("/ping") { request, _ in
            try JSONAnswer.make(.object(["health_status": "Everything's Chimpy!"]), for: request)
        }
        addAccount(to: root)
        addLists(to: root)
        addMembers(to: root)
        addTags(to: root)
        addSegments(to: root)
        addMergeFields(to: root)
        addInterests(to: root)
        addWebhooks(to: root)
        addMemberEvents(to: root)
        addMemberSearch(to: root)
        addCampaigns(to: root)
        addCustomerJourneys(to: root)
        addBatches(to: root)
        addBatchWebhooks(to: root)
        router.refuseOtherMethods(below: "/3.0")
    }

    /// The audience that the path names.
    ///
    /// - Throws: ``Problem`` when there is none.
    func list(_ context: APIContext) async throws -> AudienceCatalogue.Entry {
        let id = try context.part("list_id")
        guard let entry = try await lists().first(where: { $0.id == id }) else {
            throw Problem.notFound
        }
        return entry
    }

    /// The audiences that have a name.
    func lists() async throws -> [AudienceCatalogue.Entry] { try await daemon.namedAudiences() }

    /// Runs a reading of an audience.
    func reading<Value: Sendable>(
        _ list: AudienceCatalogue.Entry,
        _ body: @escaping @Sendable (Audience) throws -> Value
    ) async throws -> Value {
        try await webhooks.read(list.id, body)
    }
}
