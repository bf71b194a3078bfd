import FanfareJob
import FanfarePayload
import HTTPTypes
import Hummingbird
import NIOCore

/// Answers in JSON.
enum JSONAnswer {
    /// An answer of which the caller may pick fields by `fields` or `exclude_fields`.
    ///
    /// - Throws: ``Problem`` for fields that cannot be picked.
    static func make(
        _ value: JSONValue,
        for request: Request,
        status: HTTPResponse.Status = .ok
    ) throws -> Response {
        let selection = try FieldSelection(request)
        try selection?.check(value)
        let picked = selection?.apply(to: value) ?? value
        var headers = HTTPFields()
        headers[.contentType] = "application/json; charset=utf-8"
        let body = ByteBuffer(bytes: picked.compactBytes)
        return Response(status: status, headers: headers, body: .init(byteBuffer: body))
    }

    /// An answer without a body.
    static var none: Response { Response(status: .noContent) }
}

extension JSONValue {
    /// A text, empty where there is none, as Mailchimp has it.
    static func text(_ text: String?) -> JSONValue { .string(text ?? "") }

    /// A whole number.
    static func whole(_ number: some BinaryInteger) -> JSONValue { .number(String(number)) }

    /// A time of Unix seconds in ISO 8601 with an offset, as Mailchimp writes it; empty where there is none.
    static func time(_ seconds: Int64?) -> JSONValue {
        guard let seconds else { return "" }
        return .string(UTCText(seconds).iso8601)
    }
}
