/// A request of the HTTP interface that one process has the daemon of a data directory answer, without a key: whoever
/// reaches the private socket may do all.
///
/// Its body may hold secrets: it goes over the socket alone, and it prints none of it.
public struct APICall: Sendable, Hashable, Codable, CustomStringConvertible {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    public var method: String
    /// Path and query below the root, percent-encoded: it begins with ``base``.
    public var path: String
    /// What is sent; nil: nothing.
    public var body: String?
    /// Of which media type the body is.
    public var contentType: String
    /// Who asks, as people are called where they sit.
    public var by: String

    /// What every path begins with.
    public static let base = "/v1/"

    /// - Parameters: see the properties of the same names; of `by` the first ``StopOrder/longest`` characters count.
    public init(
        _ method: String,
        _ path: String,
        body: String? = nil,
        contentType: String = "application/json",
        by: String
    ) {
        (self.method, self.path, self.body, self.contentType) = (method, path, body, contentType)
        self.by = String(by.prefix(StopOrder.longest))
    }

    /// Names what is asked for alone.
    public var description: String { "\(method) \(path.prefix { $0 != "?" })" }

    private enum CodingKeys: String, CodingKey {
        case method, path, body, by
        case contentType = "content_type"
    }
}

/// What the HTTP interface has answered.
///
/// It may hold what is shown once: it goes over the private socket alone.
public struct APIReply: Sendable, Hashable, Codable {
    /// An HTTP status.
    public var status: Int
    /// JSON; empty: there is none.
    public var body: String

    /// - Parameters: see the properties of the same names.
    public init(status: Int, body: String) { (self.status, self.body) = (status, body) }
}
