import Fanfare
import FanfareAudience
import FanfareTesting
import HTTPTypes
import Testing

@testable import FanfareServer

/// The routes of `/3.0` over a data directory of its own, asked without a connection.
struct MarketingFixture {
    typealias Object = RoutesFixture.Object

    /// The id of the one list there is, which has no fields.
    let list: String
    private let routes: RoutesFixture
    private let key = APIKey.make(name: "test", scope: .admin, now: 1).key

    private init(_ folder: TemporaryFolder) throws {
        let installation = try Installation.own(folder.path("data"))
        list = try installation.makeAudience(named: "customers", details: .init(), fields: []).id
        routes = try RoutesFixture(installation)
    }

    var daemon: Daemon { routes.daemon }

    /// Has a body ask, and takes everything away again.
    static func with(_ body: (MarketingFixture) async throws -> Void) async throws {
        try await RoutesFixture.with(MarketingFixture.init, daemon: \.daemon, body)
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
        try await routes.ask(method, "/3.0" + path, body, by: key, status: status, at: place)
    }
}

extension [String: Any] {
    /// One member of each object in a list.
    func each<Member>(_ name: String, of list: String) -> [Member] {
        (self[list] as? [[String: Any]] ?? []).compactMap { $0[name] as? Member }
    }

    func object(_ name: String) -> [String: Any] { self[name] as? [String: Any] ?? [:] }
}
