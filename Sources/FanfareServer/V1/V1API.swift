import Fanfare
import FanfareCampaigns
import FanfareJob
import HTTPTypes
import Hummingbird

/// Fanfare's own interface, `/v1`: what has no counterpart in Mailchimp's.
///
/// One file for each resource; each says what can be asked of it, from which the routes and the OpenAPI document at
/// `/v1/openapi.json` are made.
struct V1API: Sendable {
    let daemon: Daemon

    var webhooks: AudienceWebhooks { daemon.webhooks }

    /// Below which all its paths are.
    static let base = "/v1"

    /// All that it can be asked for.
    var operations: [Operation] {
        deliveryOperations + resendOperations + fanOutOperations + webhookOperations + [webhookTestOperation]
            + audienceOperations + segmentOperations + stopOperations + accountOperations
            + campaignOperations + touchpointOperations + touchpointActions
            + calendarOperations + journeyOperations + journeyContactOperations
    }

    func add(to router: Router<APIContext>, access: AccessMiddleware) {
        let document = self.document
        // Whoever looks for the way in needs no key for the map.
        router.get("\(Self.base)/openapi.json") { request, _ in try JSONAnswer.make(document, for: request) }
        let root = router.group("\(Self.base)").add(middleware: access)
        for operation in operations {
            root.on("\(operation.path)", method: operation.method) { request, context in
                try await operation.respond(request, context)
            }
        }
        router.refuseOtherMethods(below: Self.base)
    }

    var document: JSONValue {
        OpenAPIDocument(
            title: "Fanfare",
            description: """
                What became of every delivery, and who is told of what. All times are in ISO 8601. A key of the scope view \
                may read, one of the scope send may also change contacts and send again, and one of the scope admin may do \
                all; x-scope says what each operation needs at least.
                """,
            base: Self.base,
            operations: operations,
            schemas: V1Schemas.members
        ).value
    }
}

extension Operation.Parameter {
    /// A part of the path.
    static func path(_ name: String, _ description: String, pattern: String) -> Self {
        .init(name: name, place: .path, schema: JSONSchema.text(pattern: pattern), description: description)
    }

    /// A part of the path that is an id of ten hexadecimal digits.
    static func id(_ name: String, of what: String) -> Self {
        .path(name, "The id of \(what).", pattern: "^[0-9a-f]{10}$")
    }

    /// A value of the query.
    static func query(_ name: String, _ schema: JSONValue, _ description: String, isRequired: Bool = false) -> Self {
        .init(name: name, place: .query, schema: schema, description: description, isRequired: isRequired)
    }
}

extension JSONValue {
    /// A text, null where there is none.
    static func orNull(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }

    /// A time of Unix seconds, null where there is none.
    static func moment(_ seconds: Int64?) -> JSONValue { seconds.map { .time($0) } ?? .null }

    /// Microseconds as milliseconds.
    static func milliseconds(_ microseconds: Int64) -> JSONValue { .number(String(Double(microseconds) / 1000)) }
}
