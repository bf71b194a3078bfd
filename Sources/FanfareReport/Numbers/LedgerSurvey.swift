/// What the rows of a ledger add up to. Bounded: its size does not grow with the number of deliveries.
public struct LedgerSurvey: Sendable, Hashable, Encodable {
    /// Deliveries that were open when the agent died, over all restarts.
    public var recovered: Int64 = 0
    /// Seconds in which the lane might send: without pauses, and without the time in which no process ran.
    public var laneSeconds: Int64 = 0
    /// Requests that counted as attempts.
    public var attempts: Int64 = 0
    /// Requests that did not: answered 429 or 503, or sent while the receiver was down.
    public var uncounted: Int64 = 0
    /// Accepted, though the answer was not whole.
    public var cutShort: Int64 = 0
    /// What happened when.
    public var timeline = Timeline()
    /// How long the requests took that were accepted.
    public var latency = Latency()
    /// How the counted attempts ended, the most frequent first.
    public var answers: [Answer] = []
    /// Deliveries by the number of attempts that they took, from 1.
    public var tries: [Tries] = []
    /// Why deliveries died, the most frequent cause first.
    public var causes: [Cause] = []
    /// Why others were not delivered: skipped, cancelled, uncertain, or waiting to be tried again.
    public var setAside: [SetAside] = []

    /// What happened when, in steps of equal length.
    public struct Timeline: Sendable, Hashable, Encodable {
        /// Unix seconds at which the first step begins.
        public var start: Int64 = 0
        /// The length of a step in seconds.
        public var step: Int64 = 1
        /// The steps, without gaps; at most ``maximumSteps``.
        public var steps: [Step] = []

        /// More could not be told apart on a page.
        public static let maximumSteps = 240

        /// One step of time.
        public struct Step: Sendable, Hashable, Encodable {
            /// Deliveries accepted within it.
            public var delivered: Int64 = 0
            /// Attempts that counted and failed within it.
            public var failed: Int64 = 0
            /// Microseconds that the accepted requests took; nil where there was none.
            public var p50: Int64?
            /// The same, 90 of 100.
            public var p90: Int64?
            /// The same, 99 of 100.
            public var p99: Int64?
        }
    }

    /// How long requests took, in microseconds, to about one in a hundred.
    public struct Latency: Sendable, Hashable, Encodable {
        /// How many requests.
        public var count: Int64 = 0
        /// Half took no longer.
        public var p50: Int64 = 0
        /// 90 of 100 took no longer.
        public var p90: Int64 = 0
        /// 99 of 100 took no longer.
        public var p99: Int64 = 0
        /// 999 of 1,000 took no longer.
        public var p999: Int64 = 0
        /// The longest.
        public var maximum: Int64 = 0
        /// How many took how long; ten ranges for each power of ten, without gaps.
        public var ranges: [Range] = []

        /// The requests that took so long.
        public struct Range: Sendable, Hashable, Encodable {
            /// Microseconds, included.
            public var from: Int64
            /// Microseconds, excluded.
            public var to: Int64
            /// How many requests.
            public var count: Int64
        }
    }

    /// How attempts ended.
    public struct Answer: Sendable, Hashable, Encodable {
        /// One line for people.
        public var text: String
        /// The HTTP status; nil: none.
        public var status: Int?
        /// Whether the delivery was accepted so.
        public var isDelivered: Bool
        /// How many attempts.
        public var count: Int64
    }

    /// Deliveries that took so many attempts.
    public struct Tries: Sendable, Hashable, Encodable {
        /// How many attempts; the last entry has those with more, too.
        public var attempts: Int
        /// Delivered with the last of them.
        public var delivered: Int64
        /// Dead after the last of them.
        public var dead: Int64
    }

    /// Why deliveries died.
    public struct Cause: Sendable, Hashable, Encodable {
        /// One line for people.
        public var text: String
        /// The HTTP status of the last attempt; nil: none.
        public var status: Int?
        /// How many deliveries.
        public var count: Int64
        /// Of them, those that died although no attempt was left or no time, not by this answer alone.
        public var afterRetries: Int64
        /// The first few of the frozen set; only the most frequent causes have some.
        public var samples: [Sample]
    }

    /// One dead delivery.
    public struct Sample: Sendable, Hashable, Encodable {
        /// What was sent as `webhook-id`.
        public var id: String
        /// The contact's address; nil unless asked for, or erased.
        public var email: String?
        /// Unix seconds of its last attempt.
        public var at: Int64
        /// Attempts that counted.
        public var attempts: Int
        /// Where a 3xx said that the receiver is now, without its query.
        public var location: String?
        /// The beginning of the last answer's body on one line; empty: none.
        public var response: String
    }

    /// Deliveries in a state other than delivered or dead, and why.
    public struct SetAside: Sendable, Hashable, Encodable {
        /// The state's name.
        public var state: String
        /// One line for people.
        public var text: String
        /// How many deliveries.
        public var count: Int64
    }
}
