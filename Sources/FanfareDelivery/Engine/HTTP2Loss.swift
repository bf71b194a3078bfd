/// Why a fan-out that was to speak HTTP/2 goes on over HTTP/1.1.
public enum HTTP2Loss: Sendable, Hashable, Codable, CaseIterable {
    /// The receiver did not take it up.
    case notOffered
    /// A request got no byte of answer within its time-out.
    case stalled
    /// The receiver reset a stream or broke the protocol's rules.
    case broken
    /// Request after request was refused, or lost with its connection, and none answered.
    case refused

    /// One line for people.
    public var text: String {
        switch self {
        case .notOffered: "the receiver does not offer HTTP/2: HTTP/1.1 is used"
        case .stalled: "a request over HTTP/2 was left without an answer: HTTP/1.1 is used for the rest of the run"
        case .broken: "the receiver reset an HTTP/2 stream or broke its rules: HTTP/1.1 is used for the rest of the run"
        case .refused:
            "the receiver refused request after request over HTTP/2, or closed: HTTP/1.1 is used for the rest of the run"
        }
    }
}
