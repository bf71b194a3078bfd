import Fanfare
import FanfareTesting
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Testing

@testable import FanfareServer

/// All routes over a daemon, asked without a connection.
struct RoutesFixture {
    typealias Object = [String: Any]

    let daemon: Daemon
    private let responder: any HTTPResponder<APIContext>

    init(_ installation: Installation, _ configuration: Daemon.Configuration = .init()) throws {
        daemon = try Daemon(installation, configuration)
        let router = Server.router(
            daemon,
            keys: try KeyCatalogue(installation.catalogue),
            BatchDesk(daemon),
            nil,
            isBehindProxy: false
        )
        responder = router.buildResponder()
    }

    /// Has a body ask a fixture over a folder, and takes everything away again.
    static func with<Fixture>(
        _ make: (TemporaryFolder) throws -> Fixture,
        daemon: (Fixture) -> Daemon,
        _ body: (Fixture) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let fixture = try make(folder)
            do {
                try await body(fixture)
            } catch {
                try await daemon(fixture).close()
                throw error
            }
            try await daemon(fixture).close()
        }
    }

    /// Asks; of a status other than the expected one, the answer is told.
    func ask(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: String,
        by key: APIKey?,
        type: String = "application/json",
        status: Int,
        at place: SourceLocation
    ) async throws -> Object {
        let head = HTTPRequest(
            method: method,
            scheme: "http",
            authority: nil,
            path: path,
            headerFields: [.contentType: type]
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
