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

/// The routes of `/3.0` over a data directory of its own, asked without a connection.
struct MarketingFixture {
    typealias Object = [String: Any]

    let daemon: Daemon
    /// The id of the one list there is, which has no fields.
    let list: String
    private let responder: any HTTPResponder<APIContext>
    private let key = APIKey.make(name: "test", scope: .admin, now: 1).key

    private init(_ folder: TemporaryFolder) throws {
        let installation = try Installation.own(folder.path("data"))
        list = try installation.makeAudience(named: "customers", details: .init(), fields: []).id
        daemon = try Daemon(installation)
        let router = Server.router(
            daemon,
            keys: try KeyCatalogue(installation.catalogue),
            BatchDesk(daemon),
            nil,
            isBehindProxy: false
        )
        responder = router.buildResponder()
    }

    /// Has a body ask, and takes everything away again.
    static func with(_ body: (MarketingFixture) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let fixture = try MarketingFixture(folder)
            do {
                try await body(fixture)
            } catch {
                try await fixture.daemon.close()
                throw error
            }
            try await fixture.daemon.close()
        }
    }

    /// Asks for a path below `/3.0`; of a status other than the expected one, the answer is told.
    @discardableResult
    func ask(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: String = "",
        status: Int = 200,
        at place: SourceLocation = #_sourceLocation
    ) async throws -> Object {
        let head = HTTPRequest(
            method: method,
            scheme: "http",
            authority: nil,
            path: "/3.0" + path,
            headerFields: [.contentType: "application/json"]
        )
        // As an operation of a batch, it brings its key along.
        var context = APIContext(logger: Logger(label: "test"))
        context.key = key
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(string: body)))
        let response = try await responder.respond(to: request, context: context)
        let text = String(buffer: try await response.collected(upTo: .max))
        #expect(response.status.code == status, "\(method) \(path): \(text)", sourceLocation: place)
        if text.isEmpty { return [:] }
        return try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? Object,
            sourceLocation: place
        )
    }
}

extension [String: Any] {
    /// One member of each object in a list.
    func each<Member>(_ name: String, of list: String) -> [Member] {
        (self[list] as? [[String: Any]] ?? []).compactMap { $0[name] as? Member }
    }

    func object(_ name: String) -> [String: Any] { self[name] as? [String: Any] ?? [:] }
}
