/// What became of one fan-out, in numbers and a few samples: what a report shows.
///
/// It names no contact unless it was asked to.
public struct FanOutReport: Sendable, Hashable, Encodable {
    /// Where a fan-out stands, as a report says it.
    public enum State: String, Sendable, Hashable, Encodable, CaseIterable {
        /// Who receives is not chosen yet.
        case waiting
        /// A process delivers it at this moment.
        case running
        /// Unfinished, and no process delivers it.
        case interrupted
        /// Stopped by a rule; unfinished.
        case stopped
        /// Every delivery is in a final state.
        case ended
        /// Ended, and its ledger is gone: only its counts are kept.
        case pruned

        /// Whether its figures can still change.
        public var isFinal: Bool { self == .ended || self == .pruned }
    }

    /// The fan-out's name.
    public var name: String
    /// Which run of that name, from 1.
    public var run: Int64
    /// Where it stands.
    public var state: State
    /// Why it stopped last, in one line; nil unless it has.
    public var stopReason: String?
    /// Unix seconds at which the figures were read.
    public var asOf: Int64
    /// Unix seconds of the moment at which it was fixed who receives; nil before.
    public var startedAt: Int64?
    /// Unix seconds of its end; nil before.
    public var endedAt: Int64?
    /// The size of the frozen set.
    public var total: Int64
    /// Deliveries per state; the states with the names that `deliveries --state` takes.
    public var counts: [String: Int64]
    /// Of the scheduled, how many may have been sent when its process died; nil: none.
    public var mayHaveBeenSent: Int64?
    /// What was read of its ledger; nil where there is none to be read.
    public var survey: LedgerSurvey?
    /// What it was sent with, in the order to show; secrets as references.
    public var settings: [Setting]

    /// One setting of the job, as people read it, and what was set over it.
    public struct Setting: Sendable, Hashable, Encodable {
        /// Its key in a job file, for example `delivery.rate`.
        public var key: String
        /// Its value in the job, without anything that may be secret.
        public var value: String
        /// What the operator has set over it; nil: the job's value holds.
        public var set: String?
        /// Unix seconds of the last order to set something; nil unless this was set.
        public var setAt: Int64?

        /// - Parameters: see the properties of the same names.
        public init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    /// - Parameters: see the properties of the same names.
    public init(
        name: String,
        run: Int64,
        state: State,
        asOf: Int64,
        counts: [String: Int64],
        survey: LedgerSurvey? = nil,
        settings: [Setting] = []
    ) {
        self.name = name
        self.run = run
        self.state = state
        self.asOf = asOf
        total = counts.values.reduce(0, +)
        self.counts = counts
        self.survey = survey
        self.settings = settings
    }

    /// How many are in a state.
    public subscript(state: String) -> Int64 { counts[state] ?? 0 }

    /// Deliveries that may have been sent and of which no answer was recorded.
    public var unanswered: Int64 { self["uncertain"] + self["in_flight"] + (mayHaveBeenSent ?? 0) }
}
