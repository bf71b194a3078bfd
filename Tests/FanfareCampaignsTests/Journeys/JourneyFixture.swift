import FanfareAudience
import FanfareCampaigns
import FanfareDelivery
import FanfareJob
import FanfarePayload
import FanfareStore
import FanfareTesting
import FanfareTransport
import GRDB
import NIOConcurrencyHelpers

/// A data directory with one audience and the journeys at work in it, by a clock that a test sets.
///
/// Nothing goes on but in ``advance(to:)``: what wakes journeys otherwise finds them held, so that no step is made
/// between two changes of a test, nor by a clock that it has just left.
final class JourneyFixture: Sendable {
    /// FNAME, BDAY, START, SCORE and PLAN.
    static let fields = [
        MergeField(tag: "FNAME"), MergeField(tag: "BDAY", kind: .birthday), MergeField(tag: "START", kind: .date),
        MergeField(tag: "SCORE", kind: .number), MergeField(tag: "PLAN"),
    ]

    let folder: FixtureFolder
    let directory: DataDirectory
    /// The audience's id. It has the groups Music and Sports of the category Interests.
    let audience: String
    /// The contacts' keys: `c1@example.com` and so on.
    let contacts: [Int64]
    let webhooks: AudienceWebhooks
    let journeys: Journeys
    private let clock: NIOLockedValueBox<Int64>

    /// Of the task that lets journeys go on, and of no task that they wake.
    @TaskLocal private static var isAdvancing = false

    /// - Parameters:
    ///   - contacts: The values of each, by the tags of their fields.
    ///   - now: Unix time in seconds: what the clock shows first.
    ///   - settings: Of audience webhooks.
    init(contacts: [[String: String]], at now: Int64, settings: DeliverySettings = .quick) throws {
        folder = try FixtureFolder()
        directory = try DataDirectory(path: folder.path + "/data", access: .own)
        let database = try DatabaseFile.open(directory.cataloguePath, mode: .create)
        audience = try AudienceCatalogue(database, access: .own).add(name: "customers", owner: nil).id
        let store = try Audience(path: directory.audiencePath(audience), id: audience, mode: .createNew)
        self.contacts = try Self.fill(store, with: contacts, now: now)
        let clock = NIOLockedValueBox(now)
        self.clock = clock
        let egress = EgressPolicy(allowed: [try .init("127.0.0.0/8")])
        var configuration = AudienceWebhooks.Configuration(
            installation: "installation",
            delivery: .init(egress: egress),
            settings: settings
        )
        configuration.journeys.now = { clock.withLockedValue { $0 } }
        configuration.journeys.isHeld = { !JourneyFixture.isAdvancing }
        let catalogue = try AudienceWebhookCatalogue(database, sealer: SecretSealer(key: directory.sealingKey()))
        webhooks = try AudienceWebhooks(directory: directory, catalogue: catalogue, configuration)
        journeys = try Journeys(webhooks, catalogue: database, ticks: false)
    }

    private static func fill(_ store: Audience, with contacts: [[String: String]], now: Int64) throws -> [Int64] {
        try store.begin(with: fields)
        return try store.database.write { db in
            _ = try Audience.addCategory(titled: "Interests", .checkboxes, db)
            let category = try Int64.fetchOne(db, sql: "SELECT id FROM interest_category") ?? 0
            for name in ["Music", "Sports"] { _ = try Audience.addGroup(named: name, to: category, db) }
            return try contacts.enumerated().map { index, fields in
                var edit = ContactEdit(.address("c\(index + 1)@example.com"), .mustBeNew)
                edit.fields = fields
                return try Audience.edit(edit, by: .admin, now: now, db).contact
            }
        }
    }

    /// What the clock shows, Unix time in seconds.
    var now: Int64 { clock.withLockedValue { $0 } }

    /// Sets the clock, and does everything that is due by then.
    func advance(to time: Int64) async {
        clock.withLockedValue { $0 = time }
        await Self.$isAdvancing.withValue(true) { await journeys.advance() }
    }

    /// Makes a journey of a document, and has it begin.
    func begin(_ text: String) async throws -> Journey {
        let document = try JourneyDocument.read(
            Array(text.utf8),
            file: "journey.yaml",
            folder: folder.path,
            environment: [:]
        )
        let draft = try await journeys.create(document, in: audience, by: "ada")
        return try await journeys.activate(draft.id, by: "ada")
    }

    /// Has things happen to contacts now, in one transaction; nobody goes on by them yet.
    func happen(_ happenings: [JourneySimulator.Happening]) async throws {
        let now = now
        try await webhooks.write(audience) { db in
            for happening in happenings { try Self.happen(happening, now: now, db) }
        }
    }

    private static func happen(_ happening: JourneySimulator.Happening, now: Int64, _ db: Database) throws {
        var edit = ContactEdit(.id(happening.contact), .mustExist)
        switch happening.what {
        case .tag(let tag, let isAdded): edit.tags = [.init(tag, isActive: isAdded)]
        case .field(let field, let value): edit.fields = [field: value]
        case .status(let status): edit.status = status
        case .event(let name):
            return try Audience.add(MemberEvent(name: name, occurred: now), of: happening.contact, db)
        }
        _ = try Audience.edit(edit, by: .api, now: now, db)
    }

    /// Ends it in good order: what was to be sent and is not stays in the ledger.
    func close() async {
        journeys.close()
        await webhooks.close()
    }
}
