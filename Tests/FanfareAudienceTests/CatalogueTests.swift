import FanfareAudience
import FanfarePayload
import FanfareStore
import FanfareTesting
import Testing

@Suite struct CatalogueTests {
    let folder: FixtureFolder
    let directory: DataDirectory

    init() throws {
        folder = try FixtureFolder()
        directory = try DataDirectory(path: folder.path + "/data", access: .own)
    }

    private func open() throws -> AudienceCatalogue {
        try AudienceCatalogue(DatabaseFile.open(directory.cataloguePath, mode: .create), access: .own)
    }

    @Test func `the installation's id is random and stays`() throws {
        let id = try open().installationID()
        #expect(id.count == 16)
        #expect(try open().installationID() == id)
    }

    @Test func `audiences are found by name and id, and forgotten`() throws {
        let catalogue = try open()
        let named = try catalogue.add(name: "Customers", owner: nil, now: 1)
        let owned = try catalogue.add(name: nil, owner: "black-friday", now: 2)
        #expect(named.id.count == 10 && named.id.allSatisfy(\.isHexDigit))
        #expect(try catalogue.audience(named: "CUSTOMERS") == named)
        #expect(try catalogue.audience(named: owned.id) == owned)
        #expect(try catalogue.all() == [named, owned])
        #expect(try catalogue.audiences(ownedBy: "black-friday") == [owned])
        try catalogue.remove(id: owned.id)
        #expect(try catalogue.all() == [named])
    }

    @Test func `a name is taken once, and an unknown one named with the nearest`() throws {
        let catalogue = try open()
        _ = try catalogue.add(name: "Kunden", owner: nil)
        let taken = #expect(throws: AudienceError.self) { _ = try catalogue.add(name: "KUNDEN", owner: nil) }
        #expect(taken?.message.contains("already") == true)
        let unknown = #expect(throws: AudienceError.self) { _ = try catalogue.audience(named: "Kunde") }
        #expect(unknown?.code == .unknownAudience)
        #expect(unknown?.message.contains("\"Kunden\"") == true)
    }

    @Test func `what is said of an audience is kept, and changed piece by piece`() throws {
        let catalogue = try open()
        var details = AudienceDetails()
        details.contact.company = "Analytical Engines"
        details.doubleOptIn = true
        details.visibility = .everybody
        let made = try catalogue.begin(name: "Customers", details: details, now: 1)
        #expect(try catalogue.all().isEmpty && catalogue.remains() == [made.id])
        #expect(throws: AudienceError.self) { _ = try catalogue.begin(name: "customers", details: details) }
        try catalogue.complete(made.id)
        #expect(try catalogue.audience(named: "customers") == made && catalogue.remains().isEmpty)
        let changed = try catalogue.change(made.id, name: "Clients") { $0.campaignDefaults.subject = "News" }
        details.campaignDefaults.subject = "News"
        #expect(changed.details == details && changed.name == "Clients")
        #expect(try open().audience(named: "CLIENTS") == changed)
        _ = try catalogue.add(name: "Others", owner: nil)
        let taken = #expect(throws: AudienceError.self) { _ = try catalogue.change(made.id, name: "others") { _ in } }
        #expect(taken?.code == .invalidValue && taken?.field == "name")
        #expect(throws: AudienceError.self) { _ = try catalogue.change("0000000000", name: "X") { _ in } }
        #expect(try catalogue.change(made.id, name: "CLIENTS") { _ in }.name == "CLIENTS")
    }

    @Test func `an audience whose file was made before has no details`() throws {
        let entry = try open().add(name: "x", owner: nil)
        #expect(entry.details == AudienceDetails())
    }

    @Test func `a reader reads what an owner made`() throws {
        _ = try open().add(name: "x", owner: nil)
        let reader = try DatabaseFile.open(directory.cataloguePath, mode: .readOnly)
        #expect(try AudienceCatalogue(reader, access: .read).all().map(\.name) == ["x"])
    }

    @Test func `an audience opens for reading beside its writer`() throws {
        let path = directory.audiencePath("0123456789")
        let writer = try Audience(path: path, id: "0123456789", mode: .createNew)
        let reader = try Audience(path: path, id: "0123456789", mode: .readOnly)
        #expect(try reader.count(RecipientSelection()) == 0)
        #expect(try writer.fields().isEmpty)
        let error = #expect(throws: AudienceError.self) { try reader.addField(.init(tag: "X")) }
        #expect((error?.cause as? StoreError)?.code == .readOnly)
    }
}
