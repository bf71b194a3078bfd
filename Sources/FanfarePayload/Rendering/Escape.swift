/// The place a contact's value is put into, and so what must be done to it to stay one value there.
enum Escape: UInt8, Sendable {
    /// As it is.
    case raw
    /// Within the quotes of a JSON string (RFC 8259 §7).
    case json
    /// A name or value of `application/x-www-form-urlencoded` (WHATWG URL §5.2).
    case form
    /// A part of a path segment or of a query (RFC 3986: all but unreserved characters are percent-encoded).
    case url
    /// The text of a URL's path and query as its author wrote it: delimiters stay, control characters are refused.
    case urlLiteral
    /// Plain UTF-8 text.
    case text
    /// A name within the quotes of a `Content-Disposition` header (WHATWG HTML, multipart/form-data encoding).
    case multipartName
    /// A header value: control characters but the tab are refused.
    case header
}

extension Escape {
    /// Bytes as this place needs them.
    ///
    /// Nil when it cannot hold them. For compile time: the same code that escapes a contact's values at run time.
    func escaped(_ bytes: some Collection<UInt8>) -> [UInt8]? {
        var buffer = RequestBuffer(capacity: bytes.count)
        guard Array(bytes).withUnsafeBytes({ buffer.append($0, escapedFor: self) }) else { return nil }
        return Array(buffer.bytes)
    }
}
