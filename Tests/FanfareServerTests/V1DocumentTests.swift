import Fanfare
import FanfareJob
import FanfareTesting
import Foundation
import Hummingbird
import Testing

@testable import FanfareServer

/// The OpenAPI document of `/v1` and the routes have the same operations, and the document holds together.
@Suite struct V1DocumentTests {
    private typealias Object = [String: Any]

    /// The document, and the routes below `/v1` as `METHOD path`.
    private func withRouter(_ body: (Object, Set<String>) throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let daemon = try Daemon(try Installation.own(folder.path("data")))
            let router = Server.router(
                daemon,
                keys: try KeyCatalogue(daemon.installation.catalogue),
                BatchDesk(daemon),
                nil,
                isBehindProxy: false
            )
            let routes = router.routes.filter { $0.path.description.hasPrefix("/v1/") }
            let texts = Set(routes.map { "\($0.method.rawValue) \($0.path.description.dropFirst(3))" })
            let document = Data(V1API(daemon: daemon).document.compact.utf8)
            let object = try #require(try JSONSerialization.jsonObject(with: document) as? Object)
            try body(object, texts)
            try await daemon.close()
        }
    }

    private func paths(_ document: Object) throws -> [String: [String: Object]] {
        try #require(document["paths"] as? [String: [String: Object]])
    }

    @Test func `every route is in the document, and every operation of the document is a route`() async throws {
        try await withRouter { document, routes in
            let paths = try paths(document)
            #expect(paths.count > 10)
            for (path, methods) in paths {
                for method in methods.keys { #expect(routes.contains("\(method.uppercased()) \(path)")) }
            }
            // Of each path the other methods are routes too, which say that they are not allowed.
            let known = Set(paths.keys).union(["/openapi.json"])
            for route in routes { #expect(known.contains(String(route.split(separator: " ")[1])), "\(route)") }
        }
    }

    @Test func `names are unique, references lead somewhere, and parts of paths are told of`() async throws {
        try await withRouter { document, _ in
            let operations = try paths(document).flatMap { path, methods in methods.values.map { (path, $0) } }
            let ids = operations.compactMap { $0.1["operationId"] as? String }
            #expect(ids.count == operations.count && Set(ids).count == ids.count)
            for (path, operation) in operations {
                let parameters = operation["parameters"] as? [Object] ?? []
                let told = parameters.filter { $0["in"] as? String == "path" }.compactMap { $0["name"] as? String }
                let named = path.split(separator: "/").filter { $0.hasPrefix("{") }.map { $0.dropFirst().dropLast() }
                #expect(Set(told) == Set(named.map(String.init)), "\(path)")
            }
            let components = try #require(document["components"] as? [String: Object])
            for reference in references(in: document) {
                let parts = reference.split(separator: "/").map(String.init)
                #expect(parts.count == 4 && components[parts[2]]?[parts[3]] != nil, "\(reference)")
            }
        }
    }

    private func references(in value: Any) -> [String] {
        switch value {
        case let object as Object:
            ((object["$ref"] as? String).map { [$0] } ?? []) + object.values.flatMap { references(in: $0) }
        case let list as [Any]: list.flatMap { references(in: $0) }
        default: []
        }
    }
}
