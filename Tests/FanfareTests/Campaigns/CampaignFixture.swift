import FanfareTesting
import Foundation

@testable import Fanfare

/// A data directory with an audience of three contacts, of whom two have the tag `vip`, for campaigns to it.
struct CampaignFixture {
    static let author = Author("operator anna", mayNameFiles: true)

    let folder: TemporaryFolder
    /// Where webhooks go.
    let url: String
    /// The audience's id.
    let audience: String

    var data: String { folder.path("data") }

    init(_ folder: TemporaryFolder, url: String = "http://127.0.0.1:9/") throws {
        (self.folder, self.url) = (folder, url)
        let installation = try Installation.own(folder.path("data"))
        let audience = try installation.openAudience(named: "customers", makesIt: true)
        for (name, tags) in [("ada", ["vip"]), ("bob", ["vip"]), ("eve", [])] {
            var edit = ContactEdit(.address("\(name)@example.com"), .mustBeNew)
            edit.tags = tags.map { .init($0) }
            _ = try audience.edit(edit, by: .admin)
        }
        self.audience = audience.id
    }

    /// Runs a daemon over the directory, and ends it in good order.
    func serve<Result>(_ body: (Daemon) async throws -> Result) async throws -> Result {
        let egress = EgressPolicy(allowed: [try .init("127.0.0.0/8")])
        let daemon = try Daemon(try Installation.own(data), .init(egress: egress))
        let result: Result
        do { result = try await body(daemon) } catch {
            try await daemon.close()
            throw error
        }
        try await daemon.close()
        return result
    }

    func makeCampaign(_ daemon: Daemon) throws -> Campaign {
        try daemon.campaigns.create(named: "Autumn", objective: "sell", audience: audience, by: Self.author)
    }

    /// The wall-clock time in UTC so many seconds from now.
    static func time(in seconds: Int64) -> String {
        let date = Date(timeIntervalSince1970: TimeInterval(currentUnixTime() + seconds))
        return date.formatted(
            .iso8601.year().month().day().time(includingFractionalSeconds: false).dateSeparator(.dash)
        )
        .replacing("Z", with: "")
    }

    /// What a webhook to a tag says, so many seconds from now.
    func edit(in seconds: Int64?, tag: String = "vip", schedule: JSONValue? = nil) -> TouchpointEdit {
        var edit = TouchpointEdit()
        edit.timeZone = "UTC"
        if let seconds { edit.at = Self.time(in: seconds) }
        edit.sections[.webhook] = .object(["url": .string(url), "data": .object(["to": "*|EMAIL|*"])])
        edit.sections[.audience] = .object(["tag": .string(tag)])
        if let schedule { edit.sections[.schedule] = schedule }
        return edit
    }

    /// Adds a webhook to a new campaign.
    func makeTouchpoint(_ daemon: Daemon, _ edit: TouchpointEdit) throws -> Touchpoint {
        let campaign = try makeCampaign(daemon)
        return try daemon.campaigns.add(.webhook, named: "First", to: campaign.id, edit, by: Self.author)
    }
}

extension Daemon {
    /// A touchpoint, as it stands.
    func now(_ touchpoint: Touchpoint) throws -> Touchpoint {
        try campaigns.touchpoint(touchpoint.id, of: touchpoint.campaign)
    }

    func schedule(_ touchpoint: Touchpoint) async throws -> TouchpointForecast {
        try await campaigns.schedule(touchpoint.id, of: touchpoint.campaign, by: CampaignFixture.author).forecast
    }

    func states(_ touchpoint: Touchpoint) throws -> [Touchpoint.State] {
        try campaigns.life(of: touchpoint).map(\.state)
    }

    /// Waits until a touchpoint stands somewhere.
    func wait(
        for state: Touchpoint.State,
        _ touchpoint: Touchpoint,
        within limit: Duration = .seconds(20)
    ) async throws {
        try await eventually("it is \(state); it is \(try now(touchpoint).state)", within: limit) {
            try now(touchpoint).state == state
        }
    }
}
