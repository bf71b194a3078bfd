import ArgumentParser
import Fanfare
import Foundation

/// What commands share that have the HTTP interface of a running `fanfare serve` do their work.
struct InterfaceOptions: ParsableArguments {
    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    /// Asks, and prints what is answered.
    ///
    /// - Parameters:
    ///   - method: The HTTP method.
    ///   - path: Below `/v1/`; its parts are encoded here.
    ///   - query: Names and values.
    ///   - document: What is sent; nil: nothing.
    ///   - text: What a person reads of the answer; unless JSON is asked for, which is the answer itself.
    func run(
        _ method: String,
        _ path: [String],
        query: [(name: String, value: String)] = [],
        _ document: InterfaceDocument? = nil,
        text: (InterfaceValue) -> String
    ) async throws {
        try await reportingFailures {
            let body = try await ask(method, path, query: query, document)
            if !output.json { return print(text(try InterfaceValue(json: body))) }
            if !body.isEmpty { print(body) }
        }
    }

    /// Asks.
    ///
    /// - Returns: What is answered, JSON; empty: nothing is to be said.
    /// - Throws: `ExitCode` when it is refused, which has been said; `ValidationError` without a `fanfare serve`;
    ///   `StoreError`, `ControlError`.
    func ask(
        _ method: String,
        _ path: [String],
        query: [(name: String, value: String)] = [],
        _ document: InterfaceDocument? = nil
    ) async throws -> String {
        let call = APICall(
            method,
            APICall.base + Self.text(path, query),
            body: document?.text,
            contentType: document?.type ?? InterfaceDocument.json,
            by: ProcessInfo.processInfo.userName
        )
        let answer = try await ControlLink(dataDirectory: data.directory).ask(ofInterface: call)
        guard let reply = answer.reply else {
            if answer.refusal == .unknown {
                throw ValidationError("\(answer.message); begin it with: fanfare serve\(data.hint)")
            }
            Terminal.standardError.line("fanfare: \(answer.message)")
            throw answer.refusal?.isOperators == true ? ExitCode.invalid : ExitCode.agentError
        }
        if reply.status < 400 { return reply.body }
        if output.json { print(reply.body) } else { try say(reply) }
        throw reply.status < 500 ? ExitCode.invalid : ExitCode.agentError
    }

    /// Prints why it is refused, with every value that is not accepted.
    private func say(_ reply: APIReply) throws {
        let problem = try InterfaceValue(json: reply.body)
        Terminal.standardError.line("fanfare: \(problem["detail"].text ?? "refused with the status \(reply.status)")")
        for error in problem["errors"].items {
            Terminal.standardError.line("  \(error["field"].shown): \(error["message"].shown)")
        }
    }

    private static func text(_ path: [String], _ query: [(name: String, value: String)]) -> String {
        let path = path.map(encoded).joined(separator: "/")
        let query = query.map { "\($0.name)=\(encoded($0.value))" }.joined(separator: "&")
        return query.isEmpty ? path : "\(path)?\(query)"
    }

    private static func encoded(_ part: String) -> String {
        let unreserved = CharacterSet(
            charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
        )
        return part.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
    }
}

/// What is sent to the interface.
struct InterfaceDocument {
    /// The media type of JSON.
    static let json = "application/json"

    let text: String
    let type: String

    /// JSON of these members; those without a value are left out.
    init(_ members: KeyValuePairs<String, JSONValue?>) {
        let present = members.compactMap { member in
            member.value.map { JSONValue.Member(key: member.key, value: $0) }
        }
        (text, type) = (JSONValue.object(present).compact, Self.json)
    }

    /// A file of YAML or JSON, as JSON.
    ///
    /// - Throws: `JobError` that says where it is neither.
    init(convertingFile path: String) throws(JobError) {
        let file = try JobText(path: path)
        (text, type) = (try DocumentText.json(of: file.bytes, named: path).compact, Self.json)
    }

    /// A file of YAML or JSON as it is: who reads it can say where something is wrong.
    ///
    /// - Throws: `JobError` when it cannot be read.
    init(file path: String) throws(JobError) {
        (text, type) = (String(decoding: try JobText(path: path).bytes, as: UTF8.self), "application/yaml")
    }
}
