/// What a receiver does with one request.
public struct Reply: Sendable {
    /// How the exchange ends.
    public enum Ending: Sendable {
        /// With a whole answer; `Content-Length` is added to the headers, and the body left out of a 204.
        case answer(status: Int, headers: KeyValuePairs<String, String>, body: String)
        /// With the connection closed in good order, unanswered.
        case close
        /// With the connection reset, unanswered.
        case reset
        /// With the connection reset after the head and `sent` of `declared` bytes of the body.
        case resetInBody(status: Int, sent: Int, declared: Int)
        /// Never: the connection stays open and nothing is sent.
        case silence
    }

    /// How the exchange ends.
    public var ending: Ending
    /// How long after the request's last byte.
    public var delay: Duration

    /// - Parameters:
    ///   - ending: How the exchange ends.
    ///   - delay: How long after the request's last byte, from 0.
    public init(_ ending: Ending, after delay: Duration = .zero) {
        self.ending = ending
        self.delay = delay
    }

    /// An answer with a short text body.
    ///
    /// - Parameters:
    ///   - status: The status code, 200 … 599.
    ///   - headers: Further headers, for example `["Retry-After": "2"]`.
    ///   - delay: How long after the request's last byte.
    public static func status(
        _ status: Int,
        headers: KeyValuePairs<String, String> = [:],
        after delay: Duration = .zero
    ) -> Reply {
        Reply(.answer(status: status, headers: headers, body: "ok\n"), after: delay)
    }
}
