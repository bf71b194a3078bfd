public import NIOCore
public import NIOHTTP1

/// One request as it arrived, head and body.
public struct ReceivedRequest: Sendable {
    /// The method.
    public var method: HTTPMethod
    /// Path and query, as sent.
    public var target: String
    /// The headers, in the order sent.
    public var headers: HTTPHeaders
    /// The body, whole.
    public var body: ByteBuffer
    /// When its last byte had arrived, on the monotonic clock.
    public var arrival: ContinuousClock.Instant
    /// Its connection: numbered from 1 in the order of acceptance.
    public var connection: Int
    /// Which request of its connection it is, from 1; past 1 the connection was reused.
    public var positionInConnection: Int

    /// The `webhook-id` header (Standard Webhooks); nil when there is none.
    public var webhookID: String? { headers.first(name: "webhook-id") }
}
