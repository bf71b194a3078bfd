import Fanfare
import FanfareAudience
import FanfareTesting
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Testing

@testable import FanfareServer

/// The routes of `/v1` over a data directory with an audience of two contacts, one of them with the tag `vip`; asked
/// without a connection.
struct TouchpointFixture {
    typealias Object = [String: Any]

    let daemon: Daemon
    /// The audience's id.
    let audience: String
    private let responder: any HTTPResponder<APIContext>
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
        daemon = try Daemon(installation, .init(egress: EgressPolicy(allowed: [try .init("127.0.0.0/8")])))
        let router = Server.router(
            daemon,
            keys: try KeyCatalogue(installation.catalogue),
            BatchDesk(daemon),
            nil,
            isBehindProxy: false
        )
        responder = router.buildResponder()
        keys = Dictionary(
            uniqueKeysWithValues: KeyScope.allCases.map { ($0, APIKey.make(name: "test", scope: $0, now: 1).key) }
        )
    }

    /// Has a body ask, and takes everything away again.
    static func with(_ body: (TouchpointFixture) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let fixture = try TouchpointFixture(folder)
            do {
                try await body(fixture)
            } catch {
                try await fixture.daemon.close()
                throw error
            }
            try await fixture.daemon.close()
        }
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
        let head = HTTPRequest(
            method: method,
            scheme: "http",
            authority: nil,
            path: "/v1" + path,
            headerFields: [.contentType: type]
        )
        // As an operation of a batch, it brings its key along.
        var context = APIContext(logger: Logger(label: "test"))
        context.key = keys[scope]
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(string: body)))
        let response = try await responder.respond(to: request, context: context)
        let text = String(buffer: try await response.collected(upTo: 1 << 20))
        #expect(response.status.code == status, "\(method) \(path): \(text)", sourceLocation: place)
        if text.isEmpty { return [:] }
        return try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? Object,
            sourceLocation: place
        )
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
