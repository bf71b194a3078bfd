import FanfareJob
import HTTPTypes

/// The OpenAPI 3.1 document of an API.
struct OpenAPIDocument {
    private let title: String
    private let description: String
    /// Below which all paths are.
    private let base: String
    private let operations: [Operation]
    private let schemas: [JSONValue.Member]

    /// - Parameters:
    ///   - title: What the API is called.
    ///   - description: What goes for all of it.
    ///   - base: Below which all paths are, for example `/v1`.
    ///   - operations: What can be asked for.
    ///   - schemas: What they name.
    init(
        title: String,
        description: String,
        base: String,
        operations: [Operation],
        schemas: [JSONValue.Member]
    ) {
        (self.title, self.description, self.base) = (title, description, base)
        (self.operations, self.schemas) = (operations, schemas)
    }

    var value: JSONValue {
        .object([
            "openapi": "3.1.0",
            "info": .object(["title": .string(title), "version": "1", "description": .string(description)]),
            "servers": [.object(["url": .string(base)])],
            "security": [.object(["bearer": []]), .object(["basic": []])],
            "paths": .object(paths),
            "components": .object([
                "schemas": .object(schemas),
                "responses": .object(["Problem": Self.problem]),
                "securitySchemes": .object([
                    "bearer": .object([
                        "type": "http", "scheme": "bearer",
                        "description": "A key, as fanfare key create makes it.",
                    ]),
                    "basic": .object([
                        "type": "http", "scheme": "basic", "description": "Any user, with a key as the password.",
                    ]),
                ]),
            ]),
        ])
    }

    private var paths: [JSONValue.Member] {
        var order: [String] = []
        for operation in operations where !order.contains(operation.path) { order.append(operation.path) }
        return order.map { path in
            let methods = operations.filter { $0.path == path }.map {
                JSONValue.Member(key: $0.method.rawValue.lowercased(), value: $0.document)
            }
            return .init(key: path, value: .object(methods))
        }
    }

    private static let problem = JSONValue.object([
        "description": """
        What is wrong (RFC 9457): 400 for what is not accepted, 401 without a valid key, 403 for a key that may not, \
        404 for what is not there, 405 for a method that a path does not have, 408 for a request that comes too \
        slowly, 409 for what cannot be done as things stand, 413 for a body that is too large, 429 after too many \
        requests without a valid key, 507 when the disk is full.
        """,
        "content": .object(["application/problem+json": .object(["schema": JSONSchema.named("Problem")])]),
    ])
}
