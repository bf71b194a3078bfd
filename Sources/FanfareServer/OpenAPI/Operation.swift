import FanfareJob
import HTTPTypes
import Hummingbird

/// One thing that a caller of the API can ask for: how it is asked, what is answered, and who answers.
///
/// Its route and its place in the OpenAPI document are made of the same value, so that neither can lack the other.
struct Operation: Sendable {
    typealias Handler = @Sendable (Request, APIContext) async throws -> Response

    /// A value in the path or the query.
    struct Parameter: Sendable {
        enum Place: String, Sendable { case path, query }

        let name: String
        let place: Place
        let schema: JSONValue
        let description: String
        var isRequired = false
    }

    /// What comes of it when nothing is wrong.
    struct Answer: Sendable {
        let status: HTTPResponse.Status
        let description: String
        /// Media types with their schemas; none: no body.
        var content: [(type: String, schema: JSONValue)] = []
    }

    let method: HTTPRequest.Method
    /// Below the API's own, with parts such as `{delivery_id}`.
    let path: String
    /// Its name in clients that are made of the document.
    let id: String
    let summary: String
    var description: String?
    /// The least that a key must allow.
    var scope: KeyScope
    var parameters: [Parameter] = []
    /// The schema of the body; nil: it has none.
    var body: JSONValue?
    /// Whether it must be there.
    var needsBody = true
    let answer: Answer
    let handler: Handler

    /// Answers, when the key may ask for it and no parameter is a stray one.
    func respond(_ request: Request, _ context: APIContext) async throws -> Response {
        guard let key = context.key, key.scope >= scope else {
            throw Problem.forbidden("This needs a key of the scope \(scope.rawValue).")
        }
        try checkQuery(of: request)
        return try await handler(request, context)
    }

    private func checkQuery(of request: Request) throws {
        let known = parameters.filter { $0.place == .query }
        var seen: Set<Substring> = []
        for (name, value) in request.uri.queryParameters {
            guard let parameter = known.first(where: { $0.name == name }) else {
                let accepted = known.isEmpty ? "none" : known.map(\.name).joined(separator: ", ")
                throw Problem.unfit(String(name.prefix(100)), "There is no such parameter here; accepted: \(accepted).")
            }
            guard seen.insert(name).inserted else { throw Problem.unfit(parameter.name, "It is given more than once.") }
            try parameter.check(String(value))
        }
    }

    /// It as the OpenAPI document has it.
    var document: JSONValue {
        var value = JSONValue.object(["operationId": .string(id), "summary": .string(summary)])
        if let description { value = value.adding(["description": .string(description)]) }
        if !parameters.isEmpty { value = value.adding(["parameters": .array(parameters.map(\.document))]) }
        if let body {
            value = value.adding([
                "requestBody": .object([
                    "required": .bool(needsBody),
                    "content": .object(["application/json": .object(["schema": body])]),
                ])
            ])
        }
        let responses: [JSONValue.Member] = [
            .init(key: String(answer.status.code), value: answer.document),
            .init(key: "default", value: .object(["$ref": "#/components/responses/Problem"])),
        ]
        return value.adding(["responses": .object(responses), "x-scope": .string(scope.rawValue)])
    }
}

extension Operation.Parameter {
    /// Holds a text against what its schema says of texts; the rest is left to whoever reads it.
    ///
    /// - Throws: ``Problem``.
    fileprivate func check(_ text: String) throws {
        if text.isEmpty { throw Problem.unfit(name, "It has no value.") }
        if case .number(let most)? = schema["maxLength"], text.unicodeScalars.count > Int(most) ?? .max {
            throw Problem.unfit(name, "It has at most \(most) characters.")
        }
        if case .number(let most)? = schema["maxItems"], text.count(where: { $0 == "," }) >= Int(most) ?? .max {
            throw Problem.unfit(name, "It has at most \(most) items, with commas between them.")
        }
        if case .string(let pattern)? = schema["pattern"], try Regex(pattern).wholeMatch(in: text) == nil {
            throw Problem.unfit(name, "\"\(text.prefix(40))\" does not match \(pattern).")
        }
    }

    fileprivate var document: JSONValue {
        let value = JSONValue.object([
            "name": .string(name), "in": .string(place.rawValue), "description": .string(description),
            "required": .bool(isRequired || place == .path), "schema": schema,
        ])
        // Values of a list are separated by commas.
        return schema["type"] == "array" ? value.adding(["style": "form", "explode": false]) : value
    }
}

extension Operation.Answer {
    fileprivate var document: JSONValue {
        let value = JSONValue.object(["description": .string(description)])
        if content.isEmpty { return value }
        return value.adding([
            "content": .object(content.map { .init(key: $0.type, value: .object(["schema": $0.schema])) })
        ])
    }

    /// An answer in JSON.
    static func json(
        _ schema: JSONValue,
        _ description: String,
        status: HTTPResponse.Status = .ok
    ) -> Operation.Answer {
        Operation.Answer(
            status: status,
            description: description,
            content: [("application/json", schema)]
        )
    }

    /// An answer without a body.
    static func none(_ description: String) -> Operation.Answer {
        Operation.Answer(status: .noContent, description: description)
    }
}
