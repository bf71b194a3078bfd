import FanfareAudience
import FanfarePayload
import FanfareReceiver
import FanfareStore
import FanfareTesting
import FanfareTransport
import NIOConcurrencyHelpers

@testable import FanfareDelivery

/// What came of one webhook, delivered by an engine of its own to contacts with the fields FNAME and LNAME.
struct WireDelivery {
    /// What reached the receiver.
    var requests: [ReceivedRequest]
    /// How the fan-out ended.
    var end: FanOutEnd
    /// What `check` would have counted.
    var dryRun: DryRun

    /// - Parameters:
    ///   - names: First names of the contacts, whose addresses are `0@example.com`, `1@example.com`, ….
    ///   - behaviour: What the receiver does.
    ///   - settings: Changes the settings; without retries unless told otherwise.
    ///   - inspect: Looks at the ledger when the fan-out has ended.
    ///   - webhook: The webhook, given the receiver's port.
    static func of(
        _ names: [String] = ["Ada", "Bob"],
        _ behaviour: @escaping ScriptedReceiver.Behaviour = { _, _ in .status(200) },
        settings change: (inout DeliverySettings) -> Void = { _ in },
        inspect: (Ledger) throws -> Void = { _ in },
        _ webhook: (_ port: Int) -> WebhookDefinition
    ) async throws -> WireDelivery {
        let seen = NIOLockedValueBox<[ReceivedRequest]>([])
        let recording: ScriptedReceiver.Behaviour = { request, earlier in
            seen.withLockedValue { $0.append(request) }
            return behaviour(request, earlier)
        }
        return try await withTemporaryFolder { folder in
            try await withScriptedReceiver(recording) { receiver in
                var settings = DeliverySettings()
                settings.retries = []
                change(&settings)
                let plan = try plan(names, webhook(receiver.port), settings, folder)
                let dryRun = try DryRun(plan)
                let end = try await run(plan)
                try inspect(plan.ledger)
                return WireDelivery(requests: seen.withLockedValue { $0 }, end: end, dryRun: dryRun)
            }
        }
    }

    private static func plan(
        _ names: [String],
        _ webhook: WebhookDefinition,
        _ settings: DeliverySettings,
        _ folder: TemporaryFolder
    ) throws -> FanOutPlan {
        let rows = names.enumerated().map { "\($0.offset)@example.com,\($0.element),\n" }
        let file = try folder.write("email,fname,lname\n" + rows.joined(), to: "contacts.csv")
        let audience = try Audience(path: folder.path("audience.sqlite"), id: "0123456789", mode: .createNew)
        _ = try audience.importContacts(from: file)
        let ledger = try Ledger.create(at: folder.path("ledger.sqlite"), run: 1)
        let selection = try audience.selectionSQL(
            RecipientSelection(.everyone),
            schema: AudienceAttachment.schema,
            context: SegmentContext(now: 0)
        )
        try ledger.freeze(audienceFile: audience.path, selection: selection, job: "{}")
        let template = try RequestTemplate.compile(webhook, fields: audience.fields())
        return FanOutPlan(
            ledger: ledger,
            audience: audience,
            template: template,
            endpoint: EndpointSettings(template),
            settings: try settings.validated(),
            statuses: [.subscribed],
            ids: DeliveryIDSeries(installation: "0", fanOut: "wire", run: 1),
            utcOffset: { _ in 0 }
        )
    }

    private static func run(_ plan: FanOutPlan) async throws -> FanOutEnd {
        let egress = EgressPolicy(allowed: [try .init("127.0.0.0/8"), try .init("::1/128")])
        let engine = try DeliveryEngine(.init(egress: egress))
        let running = try engine.start(plan)
        // Stops what would go on for ever, so that the test fails instead of hanging.
        let limit = Task {
            try await Task.sleep(for: .seconds(30))
            running.stop()
        }
        let end = await running.end()
        limit.cancel()
        engine.close()
        return end
    }

    /// Whether all was delivered.
    var isDelivered: Bool {
        guard case .complete = end.cause else { return false }
        return end.progress.counts[.delivered] == end.progress.counts.total
    }

    /// Paths and queries, sorted.
    var targets: [String] { requests.map(\.target).sorted() }
}
