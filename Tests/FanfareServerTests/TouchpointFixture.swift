import Fanfare
import FanfareAudience
import FanfareTesting
import Foundation
import HTTPTypes
import Testing

@testable import FanfareServer

/// The routes of `/v1` over a data directory with an audience of two contacts, one of them with the tag `vip`; asked
/// without a connection.
struct TouchpointFixture {
    typealias Object = RoutesFixture.Object

    /// The audience's id.
    let audience: String
    private let routes: RoutesFixture
    private let keys: [KeyScope: APIKey]

    private init(_ folder: TemporaryFolder) throws {
        let installation = try Installation.own(folder.path("data"))
        let audience = try installation.openAudience(named: "customers", makesIt: true)
        for (name, tags) in [("ada", ["vip"]), ("bob", [])] {
            var edit = ContactEdit(.address("\(name)@example.com"), .mustBeNew)
            edit.tags = tags.map { .init($0) }
            _ = try audience.edit(edit, by: .admin)
        }
        self.audience = audience.id
        routes = try RoutesFixture(installation, .init(egress: EgressPolicy(allowed: [try .init("127.0.0.0/8")])))
        keys = Dictionary(
            uniqueKeysWithValues: KeyScope.allCases.map { ($0, APIKey.make(name: "test", scope: $0, now: 1).key) }
        )
    }

    var daemon: Daemon { routes.daemon }

    /// Has a body ask, and takes everything away again.
    static func with(_ body: (TouchpointFixture) async throws -> Void) async throws {
        try await RoutesFixture.with(TouchpointFixture.init, daemon: \.daemon, body)
    }

    /// Who asks with a key of a scope, as is noted.
    func author(_ scope: KeyScope = .send) -> String { "key \(keys[scope]?.id ?? "")" }

    /// Asks for a path below `/v1`; of a status other than the expected one, the answer is told.
    @discardableResult
    func ask(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: String = "",
        as scope: KeyScope = .send,
        type: String = "application/json",
        status: Int = 200,
        at place: SourceLocation = #_sourceLocation
    ) async throws -> Object {
        try await routes.ask(method, "/v1" + path, body, by: keys[scope], type: type, status: status, at: place)
    }

    /// Makes a campaign.
    ///
    /// - Returns: The path of its touchpoints.
    func makeCampaign() async throws -> String {
        let body = #"{"name": "Autumn", "objective": "sell", "audience": "\#(audience)"}"#
        let campaign = try await ask(.post, "/campaigns", body, status: 201)
        return "/campaigns/\(campaign["id"] as? String ?? "")/touchpoints"
    }

    /// The wall-clock time in UTC so many seconds from now.
    static func time(in seconds: Int64) -> String {
        let date = Date(timeIntervalSinceNow: TimeInterval(seconds))
        return date.formatted(
            .iso8601.year().month().day().time(includingFractionalSeconds: false).dateSeparator(.dash)
        )
        .replacing("Z", with: "")
    }
}
