import NIOCore
import NIOHTTP1

/// One HTTP/1.1 answer with a body of known length.
struct Answer {
    private let status: Int
    private let headers: KeyValuePairs<String, String>
    private let body: String
    private let isHead: Bool
    private let declaredLength: Int?
    /// Whether the connection is closed after it.
    let closes: Bool

    /// - Parameters:
    ///   - status: The status code.
    ///   - headers: Further headers.
    ///   - body: The body; left out of an answer to HEAD and of a 204 or 304.
    ///   - isHead: Whether it answers a HEAD.
    ///   - declaredLength: What `Content-Length` says; nil: the truth.
    ///   - closes: Whether the connection is to be closed after it; so it is too when the headers say so.
    init(
        status: Int,
        headers: KeyValuePairs<String, String> = [:],
        body: String = "",
        isHead: Bool = false,
        declaredLength: Int? = nil,
        closes: Bool = false
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.isHead = isHead
        self.declaredLength = declaredLength
        self.closes =
            closes || headers.contains { $0.key.lowercased() == "connection" && $0.value.lowercased() == "close" }
    }

    func bytes(_ allocator: ByteBufferAllocator) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: 128 + body.utf8.count)
        buffer.writeStaticString("HTTP/1.1 ")
        buffer.writeString(String(status))
        buffer.writeStaticString(" ")
        buffer.writeString(HTTPResponseStatus(statusCode: status).reasonPhrase)
        buffer.writeStaticString("\r\n")
        for (name, value) in headers where name.lowercased() != "connection" {
            buffer.writeString(name)
            buffer.writeStaticString(": ")
            buffer.writeString(value)
            buffer.writeStaticString("\r\n")
        }
        if closes { buffer.writeStaticString("Connection: close\r\n") }
        let mayHaveBody = status != 204 && status != 304
        if mayHaveBody {
            buffer.writeStaticString("Content-Length: ")
            buffer.writeString(String(declaredLength ?? body.utf8.count))
            buffer.writeStaticString("\r\n")
        }
        buffer.writeStaticString("\r\n")
        if mayHaveBody, !isHead { buffer.writeString(body) }
        return buffer
    }
}
