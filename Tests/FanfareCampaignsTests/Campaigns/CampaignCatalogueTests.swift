import FanfareJob
import FanfarePayload
import FanfareStore
import FanfareTesting
import GRDB
import Testing

@testable import FanfareCampaigns

/// Campaigns and touchpoints as the catalogue keeps them.
@Suite struct CampaignCatalogueTests {
    private static let author = Author("operator anna", mayNameFiles: true)
    private let folder: FixtureFolder
    private let database: DatabaseQueue
    private let catalogue: CampaignCatalogue

    init() throws {
        folder = try FixtureFolder()
        database = try DatabaseFile.open(folder.path + "/fanfare.sqlite", mode: .create)
        catalogue = try CampaignCatalogue(database, sealer: SecretSealer(key: [UInt8](repeating: 7, count: 32)))
    }

    private func makeCampaign(_ id: String = "0000000001", created: Int64 = 1) throws -> Campaign {
        let campaign = Campaign(
            id: id,
            name: "Autumn",
            objective: "sell",
            audience: "aaaaaaaaaa",
            author: "key 0123456789",
            created: created
        )
        try catalogue.add(campaign)
        return campaign
    }

    private func makeTouchpoint(_ kind: Touchpoint.Kind = .webhook, of campaign: Campaign) throws -> Touchpoint {
        let id = Hexadecimal.random(digits: 10)
        var touchpoint = Touchpoint(kind, named: "First", of: campaign, in: "Europe/Paris", id: id, now: 10)
        touchpoint.document?[.webhook] = .object(["url": "https://x.org/", "auth": .object(["bearer": "very-secret"])])
        try catalogue.add(touchpoint, by: Self.author.name)
        return try catalogue.touchpoint(id)
    }

    @Test func `campaigns come back, the newest first, and are changed`() throws {
        var first = try makeCampaign()
        _ = try makeCampaign("0000000002", created: 2)
        #expect(try catalogue.campaigns().map(\.id) == ["0000000002", "0000000001"])
        (first.name, first.objective, first.updated) = ("Winter", "", 5)
        try catalogue.save(first)
        #expect(try catalogue.campaign(first.id) == first)
        let error = #expect(throws: CampaignError.self) { try catalogue.campaign("ffffffffff") }
        #expect(error?.code == .unknownCampaign)
    }

    @Test func `a touchpoint comes back as it was, and is sealed on disk`() throws {
        let campaign = try makeCampaign()
        let touchpoint = try makeTouchpoint(of: campaign)
        #expect(touchpoint.state == .draft && touchpoint.timeZone == "Europe/Paris" && touchpoint.changes == 0)
        #expect(touchpoint.jobName == "Autumn - First (\(touchpoint.id))")
        #expect(touchpoint.document?[.webhook]?["auth"]?["bearer"] == "very-secret")
        let stored = try database.read { try String.fetchOne($0, sql: "SELECT sealed FROM touchpoint") }
        #expect(stored?.contains("secret") == false)
        #expect(try catalogue.touchpoint(ofJob: touchpoint.jobName ?? "")?.id == touchpoint.id)
        #expect(try catalogue.touchpoint(ofJob: "another") == nil)
        // Nothing of it is printed.
        #expect(!"\(touchpoint)".contains("very-secret"))
    }

    @Test func `what was sealed with another key is there all the same, and can be given again`() throws {
        let touchpoint = try makeTouchpoint(of: try makeCampaign())
        let other = try CampaignCatalogue(database, sealer: SecretSealer(key: [UInt8](repeating: 8, count: 32)))
        let found = try other.touchpoint(touchpoint.id)
        #expect(found.document == nil && found.name == "First")
        var edit = TouchpointEdit()
        edit.sections[.webhook] = .object(["url": "https://y.org/"])
        try other.save(try edit.applied(to: found, by: Self.author), now: 20)
        #expect(try other.touchpoint(touchpoint.id).document?[.webhook]?["url"] == "https://y.org/")
    }

    @Test func `each change of its state is a step of its life, and a change of what it says is counted`() throws {
        var touchpoint = try makeTouchpoint(of: try makeCampaign())
        touchpoint.name = "Second"
        try catalogue.save(touchpoint, now: 20)
        let saved = try catalogue.touchpoint(touchpoint.id)
        #expect(saved.name == "Second" && saved.changes == 1 && saved.updated == 20)
        // Its fan-outs keep their name.
        #expect(saved.jobName == touchpoint.jobName)
        let conflict = #expect(throws: CampaignError.self) { try catalogue.save(touchpoint, now: 21) }
        #expect(conflict?.code == .conflict)
        let held = TouchpointChange(state: .held, at: 30, author: TouchpointChange.itself, remark: "no tag")
        let moved = try catalogue.move(touchpoint.id, held, reason: "no tag", now: 31)
        #expect(moved.state == .held && moved.reason == "no tag" && moved.updated == 31 && moved.changes == 1)
        let life = try catalogue.life(of: touchpoint.id)
        #expect(life.map(\.state) == [.draft, .held] && life.map(\.at) == [10, 30])
        #expect(life.map(\.author) == ["operator anna", "fanfare"] && life[1].remark == "no tag")
    }

    @Test func `what is under way or to come is not forgotten`() throws {
        let campaign = try makeCampaign()
        let touchpoint = try makeTouchpoint(of: campaign)
        _ = try makeTouchpoint(.task, of: campaign)
        let scheduled = TouchpointChange(state: .scheduled, at: 20, author: "key 0123456789", remark: nil)
        try catalogue.move(touchpoint.id, scheduled, reason: nil, now: 20)
        for forget in [
            { try catalogue.remove(touchpoint: touchpoint.id, of: campaign.id) },
            { try catalogue.remove(campaign: campaign.id) },
        ] {
            let error = #expect(throws: CampaignError.self) { try forget() }
            #expect(error?.code == .conflict && error?.message.contains("First") == true)
        }
        let cancelled = TouchpointChange(state: .cancelled, at: 21, author: "key 0123456789", remark: nil)
        try catalogue.move(touchpoint.id, cancelled, reason: nil, now: 21)
        try catalogue.remove(campaign: campaign.id)
        #expect(try catalogue.touchpoints().isEmpty && catalogue.campaigns().isEmpty)
        #expect(try catalogue.life(of: touchpoint.id).isEmpty)
    }

    @Test func `a touchpoint is of its campaign alone`() throws {
        let (campaign, other) = (try makeCampaign(), try makeCampaign("0000000002"))
        let touchpoint = try makeTouchpoint(.event, of: campaign)
        #expect(touchpoint.state == .planned && touchpoint.jobName == nil && touchpoint.document == nil)
        let error = #expect(throws: CampaignError.self) { try catalogue.touchpoint(touchpoint.id, of: other.id) }
        #expect(error?.code == .unknownTouchpoint)
        #expect(try catalogue.touchpoints(of: other.id).isEmpty)
    }

    @Test func `names of fan-outs are readable, and no longer than a job's`() throws {
        var campaign = try makeCampaign()
        campaign.name = String(repeating: "é", count: 90)
        let long = Touchpoint(.webhook, named: "a/b", of: campaign, in: "UTC", id: "0123456789", now: 1)
        let name = try #require(long.jobName)
        #expect(name.unicodeScalars.count <= 100 && name.hasSuffix(" (0123456789)") && name.hasPrefix("ééé"))
        campaign.name = "A / B"
        let slash = Touchpoint(.webhook, named: "c/d", of: campaign, in: "UTC", id: "0123456789", now: 1)
        #expect(slash.jobName == "A   B - c d (0123456789)")
    }
}
