/// How a fan-out's deliveries are paced, repeated and given up: the `delivery` part of a job file.
public struct DeliverySettings: Sendable, Hashable, Codable {
    /// How many requests of a lane may be in flight at a time.
    public enum Concurrency: String, Sendable, Hashable, Codable, CaseIterable {
        /// Starts at 16, grows with good answers up to the maximum, halves on 429, 503 and time-outs.
        case adaptive
        /// The maximum from the first moment.
        case fixed
    }

    /// What becomes of a delivery whose request may or may not have reached the receiver.
    public enum WhenUncertain: String, Sendable, Hashable, Codable, CaseIterable {
        /// Send it again, with the same id.
        case resend
        /// Send nothing, list it.
        case hold
    }

    /// The HTTP version spoken to the endpoint.
    public enum HTTPVersion: String, Sendable, Hashable, Codable, CaseIterable {
        /// HTTP/1.1.
        case http11 = "1.1"
        /// Over TLS, with one connection for many requests; 1.1 with a receiver that does not take it up or fails at it.
        case http2 = "2"
    }

    /// The first contacts of a fan-out, sent alone; the rest follows only if they went well.
    public struct Canary: Sendable, Hashable, Codable {
        /// How many contacts, from 1.
        public var contacts: Int
        /// The share of them that must be delivered, 0 … 1.
        public var proceedAt: Double
        /// - Parameters:
        ///   - contacts: How many contacts, from 1.
        ///   - proceedAt: The share that must be delivered, 0 … 1.
        public init(contacts: Int, proceedAt: Double) {
            self.contacts = contacts
            self.proceedAt = proceedAt
        }
    }

    /// Requests in flight at most, 1 … 65,536.
    public var maxInFlight: Int
    /// How the number in flight is found.
    public var concurrency: Concurrency
    /// Requests started per second at most.
    ///
    /// Nil: no limit.
    public var ratePerSecond: Double?
    /// One attempt, from its start to the last byte of the answer.
    public var timeout: Duration
    /// One delivery, from its first attempt, in lane time.
    public var deadline: Duration
    /// The whole fan-out, in lane time.
    ///
    /// Nil: no limit.
    public var stopAfter: Duration?
    /// Waits before the second, third, … attempt; so there is one attempt more than entries.
    public var retries: [Duration]
    /// The statuses that are sent again, instead of 408, 409, 425, 429 and 5xx.
    ///
    /// Nil: those.
    public var retryOn: Set<Int>?
    /// What becomes of uncertain deliveries.
    public var whenUncertain: WhenUncertain
    /// The HTTP version.
    public var http: HTTPVersion
    /// Nil: no canary.
    public var canary: Canary?

    /// The defaults of design and documentation.
    public init() {
        maxInFlight = 2000
        concurrency = .adaptive
        ratePerSecond = nil
        timeout = .seconds(10)
        deadline = .seconds(3600)
        stopAfter = nil
        retries = [.seconds(5), .seconds(30), .seconds(120), .seconds(600)]
        retryOn = nil
        whenUncertain = .resend
        http = .http11
        canary = nil
    }
}
