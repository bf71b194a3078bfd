/// Stops a run whose first 20 answers are all *never*: a wrong URL or key would otherwise end every contact.
///
/// Anything else that has an answer (delivered, a counted later or an uncertain with a status) clears the run for good;
/// time-outs, broken connections, 429 and 503 say nothing either way.
public struct FirstAnswers: Sendable {
    /// One answer of the first.
    public struct Sample: Sendable, Hashable {
        /// Why it was final.
        public var reason: Reason
        /// The receiver's status, 0: none.
        public var status: UInt16
        /// Where a 3xx says that the receiver is now.
        public var location: String?
    }

    /// How many answers decide.
    public static let count = 20

    /// The answers so far, until the run is cleared.
    public private(set) var samples: [Sample] = []
    /// Nothing more is looked at.
    public private(set) var isCleared: Bool

    /// - Parameter cleared: An earlier process of this run had an answer that was not *never*.
    public init(cleared: Bool = false) {
        isCleared = cleared
        if !cleared { samples.reserveCapacity(Self.count) }
    }

    /// One attempt ended.
    public mutating func ended(_ ending: AttemptEnding, _ verdict: Verdict) {
        if isCleared || samples.count == Self.count { return }
        switch verdict {
        case .never(let reason):
            samples.append(Sample(reason: reason, status: ending.status, location: ending.location))
        case .delivered: isCleared = true
        case .later(let counted, _, let reason): isCleared = counted && reason == .status
        case .uncertain(let reason): isCleared = reason == .status
        }
    }

    /// Set when the run must stop.
    public var stop: StopReason? {
        guard !isCleared, samples.count == Self.count, let first = samples.first else { return nil }
        return .firstAnswers(
            count: samples.count,
            reason: first.reason,
            status: first.status,
            location: first.location
        )
    }
}
