import Fanfare
import Foundation

/// One request of a preview or a trial, as a person or a program reads it.
struct RequestText {
    let request: RequestPreview
    let secrets: SecretMask
    /// Shows secrets as they are sent.
    let showsSecrets: Bool

    /// The request line, without secrets.
    var line: String { "\(request.method) \(String(decoding: target, as: UTF8.self)) HTTP/1.1" }

    /// Scheme, host and port, then path and query.
    var url: String { request.origin + String(decoding: target, as: UTF8.self) }

    /// Path and query; the values of parameters with a name such as `token` are secrets too.
    private var target: [UInt8] {
        guard !showsSecrets else { return request.target }
        let covered = secrets.redacted(request.target)
        guard let mark = covered.firstIndex(of: UInt8(ascii: "?")) else { return covered }
        let parameters = covered[(mark + 1)...].split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
        let shown = parameters.map { parameter -> [UInt8] in
            guard let equals = parameter.firstIndex(of: UInt8(ascii: "=")) else { return Array(parameter) }
            let name = String(decoding: parameter[..<equals], as: UTF8.self)
            // The words by which a header's name gives it away do for a parameter's as well.
            guard WebhookDefinition.Header(name: name, value: .text("")).isSecret else { return Array(parameter) }
            return Array(parameter[...equals]) + Array(SecretMask.placeholder.utf8)
        }
        return Array(covered[...mark]) + Array(shown.joined(separator: [UInt8(ascii: "&")]))
    }

    /// In the order in which they are sent.
    var headers: [(name: String, value: [UInt8])] {
        request.headers.map { header in
            guard !showsSecrets else { return (header.name, header.value) }
            guard header.isSecret else { return (header.name, secrets.redacted(header.value)) }
            // The scheme of an authorization is no secret, and worth knowing.
            let words = header.value.split(separator: UInt8(ascii: " "), maxSplits: 1)
            let scheme = words.count == 2 && header.name.lowercased() == "authorization" ? Array(words[0]) + [0x20] : []
            return (header.name, scheme + Array(SecretMask.placeholder.utf8))
        }
    }

    var body: [UInt8] { showsSecrets ? request.body : secrets.redacted(request.body) }

    /// Request line, headers and body, fit for a terminal.
    var page: String {
        let lines = headers.map { "\($0.name):" + ($0.value.isEmpty ? "" : " \(VisibleText.text($0.value))") }
        let body = VisibleText.text(body)
        return ([VisibleText.text(line)] + lines + [""] + (body.isEmpty ? [] : [body])).joined(separator: "\n")
    }

    /// What `--json` prints of a request.
    struct Fields: Encodable {
        struct Header: Encodable {
            var name: String
            var value: String
        }

        var contact: String
        var id: String
        var method: String
        var url: String
        var headers: [Header]
        /// The body, when it is UTF-8.
        var body: String?
        /// The body in base 64, when it is not.
        var body_base64: String?
        var body_bytes: Int
    }

    var fields: Fields {
        let body = body
        let text = String(validating: body, as: UTF8.self)
        return Fields(
            contact: request.address,
            id: request.id.description,
            method: request.method,
            url: url,
            headers: headers.map { .init(name: $0.name, value: String(decoding: $0.value, as: UTF8.self)) },
            body: text,
            body_base64: text == nil ? Data(body).base64EncodedString() : nil,
            body_bytes: request.body.count
        )
    }
}
