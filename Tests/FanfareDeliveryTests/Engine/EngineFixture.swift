import FanfareAudience
import FanfarePayload
import FanfareReceiver
import FanfareStore
import FanfareTesting
import FanfareTransport
import GRDB
import Testing

@testable import FanfareDelivery

/// A small audience, its frozen ledger and an engine, pointed at a receiver.
///
/// Contact n has the address `n@example.com` and the field NUMBER n, and is ordinal n of the frozen set; its request
/// goes to `/?n=n`.
struct EngineFixture: Sendable {
    static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    let contacts: Int
    let folder: TemporaryFolder
    let audience: Audience
    let ledger: Ledger
    let settings: DeliverySettings
    let ids: DeliveryIDSeries
    private let url: String

    /// Imports the contacts and freezes the ledger.
    ///
    /// - Parameters:
    ///   - url: The receiver's, up to the path.
    ///   - name: Tells the fixtures of one folder apart.
    init(
        contacts: Int,
        url: String,
        in folder: TemporaryFolder,
        name: String = "a",
        _ change: (inout DeliverySettings) -> Void = { _ in }
    ) throws {
        self.contacts = contacts
        self.folder = folder
        self.url = url
        ids = DeliveryIDSeries(installation: "0", fanOut: name, run: 1)
        var settings = DeliverySettings()
        settings.maxInFlight = 16
        settings.timeout = .seconds(5)
        settings.retries = [.zero, .zero]
        change(&settings)
        self.settings = try settings.validated()
        let rows = (0..<contacts).map { "\($0 + 1)@example.com,\($0 + 1)\n" }
        let file = try folder.write("email,number\n" + rows.joined(), to: "\(name).csv")
        audience = try Audience(path: folder.path("\(name)-audience.sqlite"), id: "0123456789", mode: .createNew)
        #expect(try audience.importContacts(from: file).created == contacts)
        ledger = try Ledger.create(at: folder.path("\(name)-ledger.sqlite"), run: 1)
        let selection = try audience.selectionSQL(
            RecipientSelection(.everyone),
            schema: AudienceAttachment.schema,
            context: SegmentContext(now: 0)
        )
        try ledger.freeze(audienceFile: audience.path, selection: selection, job: "{}")
    }

    /// The plan over a ledger, this fixture's own unless told otherwise.
    func plan(_ other: Ledger? = nil) throws -> FanOutPlan {
        let definition = WebhookDefinition(
            url: url + "/?n=*|NUMBER|*",
            body: .json(.object([.init("to", .string("*|EMAIL|*"))])),
            signing: .init(secrets: [Secret(Self.secret)])
        )
        let template = try RequestTemplate.compile(definition, fields: audience.fields())
        return FanOutPlan(
            ledger: other ?? ledger,
            audience: audience,
            template: template,
            endpoint: EndpointSettings(template),
            settings: settings,
            statuses: [.subscribed],
            ids: ids,
            utcOffset: { _ in 0 }
        )
    }

    /// The `webhook-id` of contact n.
    func id(_ number: Int) -> String { ids.id(contact: Int64(number)).description }

    /// The ledger as a `kill -9` would leave it at this moment.
    func copyOfLedger(as name: String = "killed") throws -> Ledger {
        let copy = Ledger(path: folder.path(name + ".sqlite"))
        try ledger.openForReading().inDatabase { db in
            try db.execute(sql: "VACUUM INTO ?", arguments: [copy.path])
        }
        return copy
    }

    /// The ids of all contacts.
    var allIDs: Set<String> { Set((0..<contacts).map { id($0 + 1) }) }
}

/// Runs a test with an engine, an audience and a receiver of its own, all of which end with it.
func withEngine(
    contacts: Int,
    _ behaviour: @escaping ScriptedReceiver.Behaviour = { _, _ in .status(200) },
    loops: Int = 1,
    keepsBodies: Bool = false,
    settings: (inout DeliverySettings) -> Void = { _ in },
    _ body: (EngineFixture, EngineUnderTest, ScriptedReceiver) async throws -> Void
) async throws {
    try await withTemporaryFolder { folder in
        try await withScriptedReceiver(behaviour, keepsBodies: keepsBodies) { receiver in
            let fixture = try EngineFixture(contacts: contacts, url: receiver.url(""), in: folder, settings)
            try await withEngine(loops: loops) { try await body(fixture, $0, receiver) }
        }
    }
}

extension Ledger {
    /// Keeps everybody else from writing while `body` runs.
    func whileLocked(_ body: () async throws -> Void) async throws {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let database = try DatabaseQueue(path: path, configuration: configuration)
        try await database.writeWithoutTransaction { try $0.beginTransaction(.immediate) }
        try await body()
        try await database.writeWithoutTransaction { try $0.rollback() }
    }
}
