import FanfareTransport

/// What became of a fan-out's attempts in this process, counted: for metrics.
///
/// A value of fixed size; counting allocates nothing. Counts only grow.
public struct AttemptTotals: Sendable {
    /// How a receiver answered, by the first digit of its status.
    public enum StatusClass: Int, Sendable, Hashable, CaseIterable {
        /// No final status line.
        case none = 0
        /// 1xx.
        case informational
        /// 2xx.
        case success
        /// 3xx.
        case redirection
        /// 4xx.
        case clientError
        /// 5xx.
        case serverError

        /// As metrics name it: `2xx`, or `none`.
        public var name: String { self == .none ? "none" : "\(rawValue)xx" }

        init(_ status: Int32) {
            self = StatusClass(rawValue: Int(status) / 100) ?? .none
        }
    }

    /// What an attempt meant for its delivery.
    public enum Meaning: Int, Sendable, Hashable, CaseIterable {
        /// The receiver accepted it.
        case delivered
        /// It is to be tried again.
        case retryable
        /// It is given up.
        case dead
        /// It may or may not have arrived, and is held.
        case uncertain

        init(_ decision: RetryPolicy.Decision) {
            self =
                switch decision {
                case .delivered: .delivered
                case .retry: .retryable
                case .dead: .dead
                case .uncertain: .uncertain
                }
        }
    }

    /// Reasons that attempts end with are below it (``Reason``'s raw values).
    static let reasons = 32

    private var answers = InlineArray<24, Int64>(repeating: 0)
    private var failures = InlineArray<32, Int64>(repeating: 0)
    /// Attempts of deliveries that had failed before.
    public private(set) var retries: Int64 = 0
    /// Bytes of requests, headers included; at least so many.
    public private(set) var bytesSent: Int64 = 0
    /// Bytes of answers, headers included.
    public private(set) var bytesReceived: Int64 = 0
    /// How long attempts took.
    public private(set) var latency = DurationCounts(.attempts)
    /// How long the ledger's commits took.
    public private(set) var commits = DurationCounts(.commits)
    /// Commits that failed: the disk is full, or another error that may pass.
    public private(set) var failedCommits: Int64 = 0
    /// How often the breaker opened.
    public private(set) var breakerOpenings: Int64 = 0

    /// All zero.
    public init() {}

    /// Attempts that ended so.
    public subscript(meaning: Meaning, status: StatusClass) -> Int64 { answers[Self.index(meaning, status)] }

    /// Attempts that failed for that reason.
    public subscript(failed reason: Reason) -> Int64 {
        Int(reason.rawValue) < Self.reasons ? failures[Int(reason.rawValue)] : 0
    }

    /// One attempt ended.
    mutating func ended(
        _ decision: RetryPolicy.Decision,
        _ reason: Reason?,
        _ completion: TransferCompletion,
        isRetry: Bool
    ) {
        answers[Self.index(Meaning(decision), StatusClass(completion.httpStatus))] += 1
        if let reason, Int(reason.rawValue) < Self.reasons { failures[Int(reason.rawValue)] += 1 }
        if isRetry { retries += 1 }
        if completion.wasTried { latency.add(microseconds: Int64(completion.totalMicroseconds)) }
        bytesSent &+= Int64(truncatingIfNeeded: completion.bytesUp)
        bytesReceived &+= Int64(truncatingIfNeeded: completion.bytesDown)
    }

    /// The ledger was written, or not.
    mutating func committed(microseconds: Int64, failed: Bool) {
        if failed { failedCommits += 1 } else { commits.add(microseconds: microseconds) }
    }

    mutating func breakerOpened() { breakerOpenings += 1 }

    private static func index(_ meaning: Meaning, _ status: StatusClass) -> Int {
        meaning.rawValue * StatusClass.allCases.count + status.rawValue
    }
}

/// Durations counted by size, for a histogram with fixed bounds.
public struct DurationCounts: Sendable {
    /// Which bounds.
    public enum Scale: Sendable, Hashable {
        /// 1 ms to 60 s.
        case attempts
        /// 0.1 ms to 5 s.
        case commits

        /// The upper bounds in microseconds, growing; what is longer has no bound.
        public var bounds: [Int64] {
            switch self {
            case .attempts: Self.attemptBounds
            case .commits: Self.commitBounds
            }
        }

        private static let attemptBounds: [Int64] = [
            1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
            10_000_000, 30_000_000, 60_000_000,
        ]
        private static let commitBounds: [Int64] = [
            100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
            5_000_000,
        ]
    }

    /// The bounds.
    public let scale: Scale
    /// How many fell between one bound and the next; the last one past all bounds.
    private var counts = InlineArray<16, Int64>(repeating: 0)
    /// Of all, in microseconds.
    public private(set) var microseconds: Int64 = 0
    /// How many there were.
    public private(set) var count: Int64 = 0

    init(_ scale: Scale) { self.scale = scale }

    mutating func add(microseconds: Int64) {
        let bounds = scale.bounds
        var index = 0
        while index < bounds.count, microseconds > bounds[index] { index += 1 }
        counts[index] += 1
        self.microseconds &+= microseconds
        count += 1
    }

    /// How many were at most as long as each bound.
    public var cumulative: [(bound: Int64, count: Int64)] {
        var sum: Int64 = 0
        return scale.bounds.enumerated().map { index, bound in
            sum += counts[index]
            return (bound, sum)
        }
    }
}
