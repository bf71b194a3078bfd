import FanfareAudience
import FanfareCampaigns
import FanfareDelivery
import FanfarePayload
import FanfareReceiver
import FanfareStore
import FanfareTesting
import FanfareTransport
import GRDB
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Testing

/// A data directory with one audience, and the webhooks at work in it: begun and ended as often as a test likes.
final class WebhookFixture: Sendable {
    let folder: FixtureFolder
    let directory: DataDirectory
    let audience: String
    let catalogue: AudienceWebhookCatalogue
    let suppression: SuppressionList
    private let settings: DeliverySettings

    init(settings: DeliverySettings = .quick) throws {
        folder = try FixtureFolder()
        self.settings = settings
        directory = try DataDirectory(path: folder.path + "/data", access: .own)
        let database = try DatabaseFile.open(directory.cataloguePath, mode: .create)
        let audiences = try AudienceCatalogue(database, access: .own)
        suppression = SuppressionList(database, in: directory)
        audience = try audiences.add(name: "customers", owner: nil).id
        catalogue = try AudienceWebhookCatalogue(database, sealer: SecretSealer(key: directory.sealingKey()))
        let store = try Audience(path: directory.audiencePath(audience), id: audience, mode: .createNew)
        try store.addField(MergeField(tag: "FNAME"))
    }

    func begin(startsPaused: Bool = false) throws -> AudienceWebhooks {
        let egress = EgressPolicy(allowed: [try .init("127.0.0.0/8")])
        var configuration = AudienceWebhooks.Configuration(
            installation: "installation",
            delivery: .init(egress: egress, startsPaused: startsPaused),
            settings: settings
        )
        configuration.suppression = suppression
        return try AudienceWebhooks(directory: directory, catalogue: catalogue, configuration)
    }

    /// One number out of the events' ledger.
    func number(_ sql: String) throws -> Int64 {
        let database = try DatabaseFile.open(directory.eventsPath(audience), mode: .readOnly)
        return try database.read { try Int64.fetchOne($0, sql: sql) ?? -1 }
    }
}

extension DeliverySettings {
    /// Of audience webhooks, but a test cannot wait 75 minutes.
    static var quick: DeliverySettings {
        var settings = DeliverySettings.events
        settings.retries = [.seconds(1), .seconds(1)]
        settings.timeout = .seconds(2)
        return settings
    }
}

/// Requests as they came, with all their headers.
final class Inbox: Sendable {
    private let requests = NIOLockedValueBox<[ReceivedRequest]>([])

    var all: [ReceivedRequest] { requests.withLockedValue { $0 } }
    /// Those that tell of something, not the check of the URL.
    var told: [ReceivedRequest] { all.filter { $0.method == .POST } }
    var bodies: [String] { told.map { String(buffer: $0.body) } }
    /// What each is about: the event's name and the address.
    var summary: [String] {
        bodies.map { body in
            let pairs = body.split(separator: "&").map { $0.split(separator: "=", omittingEmptySubsequences: false) }
            let values = Dictionary(pairs.map { ($0[0].removingPercent, $0[1].removingPercent) }) { first, _ in first }
            return "\(values["type"] ?? "?") \(values["data[email]"] ?? values["data[new_email]"] ?? "")"
        }
    }

    func add(_ request: ReceivedRequest) { requests.withLockedValue { $0.append(request) } }

    func waitForTold(_ count: Int, within limit: Duration = .seconds(20)) async throws {
        try await eventually("\(count) webhooks; had \(told.count)", within: limit) { told.count >= count }
    }
}

/// Both signatures of a request are right.
func expectSignatures(_ request: ReceivedRequest, _ secret: Secret) throws {
    let body = Array(request.body.readableBytesView)
    let id = try #require(request.headers.first(name: "webhook-id"))
    let time = try #require(request.headers.first(name: "webhook-timestamp").flatMap { Int64($0) })
    let mailchimp = try #require(request.headers.first(name: "X-Mailchimp-Signature"))
    #expect(
        body.withUnsafeBytes { MailchimpSignature(secret: secret).verify(mailchimp, body: $0, now: time) } == .valid
    )
    let standard = try #require(request.headers.first(name: "webhook-signature"))
    let verifier = try WebhookVerifier(secrets: [secret])
    let verdict = body.withUnsafeBytes {
        verifier.verify(id: id, timestamp: String(time), signature: standard, body: $0, now: time)
    }
    #expect(verdict == .valid)
}
