extension Deliverer {
    /// What became of one request.
    public struct Outcome: Sendable, Hashable, CustomStringConvertible {
        /// The request's id.
        public var id: String
        /// `delivered`, `dead`, `cancelled`, or under `hold` `uncertain`.
        public var state: DeliveryState
        /// Why it is in this state; nil when it was delivered without anything to say.
        public var reason: Reason?
        /// The status of the last answer; 0: there was none.
        public var status: UInt16
        /// Attempts made, those that were not counted included.
        public var attempts: Int
        /// How long the last attempt took.
        public var duration: Duration
        /// The first bytes of the last answer's body, at most 1,024, without the webhook's secrets.
        public var response: [UInt8]
        /// Where a 3xx said that the receiver is now; it is never followed.
        public var location: String?
        /// What is wrong with a request that could not be sent at all.
        public var fault: String?

        /// Whether the receiver accepted it.
        public var isDelivered: Bool { state == .delivered }

        /// One line: `order-17: dead after 5 attempts: status 500`.
        public var description: String {
            var text = "\(id): \(state.name)"
            if attempts != 1 { text += " after \(attempts) attempts" }
            if let reason { text += ": \(reason.text(status: status))" }
            if let location { text += ", it points to \(location)" }
            if let fault { text += " (\(fault))" }
            return text
        }
    }

    /// The outcomes of one sequence of requests, in the order in which they end.
    ///
    /// Its iterators share it: each outcome is given once. It throws, after the last outcome there is, what the
    /// requests' own sequence threw, `CancellationError`, or ``DeliveryError`` when the deliverer was stopped by its
    /// lane or closed.
    public struct Outcomes: AsyncSequence, Sendable {
        /// Gives outcomes to one task.
        public struct Iterator: AsyncIteratorProtocol {
            fileprivate let lease: OutcomeLease

            /// The next outcome; nil after the last.
            ///
            /// - Throws: See ``Outcomes``.
            public mutating func next() async throws -> Outcome? { try await lease.stream.next() }
        }

        private let lease: OutcomeLease

        init(_ stream: OutcomeStream, of deliverer: Deliverer) { lease = OutcomeLease(stream, deliverer) }

        /// An iterator; all of one sequence share its outcomes.
        public func makeAsyncIterator() -> Iterator { Iterator(lease: lease) }
    }
}

/// Held by whoever may still read a stream; when the last lets go, nobody will.
private final class OutcomeLease: Sendable {
    let stream: OutcomeStream
    /// Lives as long as its outcomes are read.
    private let deliverer: Deliverer

    init(_ stream: OutcomeStream, _ deliverer: Deliverer) {
        self.stream = stream
        self.deliverer = deliverer
    }

    deinit { stream.abandon() }
}
