/// One execution of a touchpoint or job, as the catalogue knows it.
public struct FanOutRecord: Sendable, Hashable {
    /// Where a fan-out stands as a whole.
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// Its own audience is being imported; a restart imports it anew.
        case importing
        /// Ready, waiting for its time.
        case scheduled
        /// The recipient set is being fixed; a restart fixes it anew.
        case freezing
        /// Frozen; running, or to be resumed.
        case running
        /// Frozen and stopped by a rule; a `run` resumes it.
        case stopped
        /// Every delivery is in a final state.
        case ended
    }

    /// 10 hex digits; names the ledger file.
    public var id: String
    /// The job's name: unique, stable.
    public var name: String
    /// Which run of that name, from 1.
    public var run: Int64
    /// 32 random hexadecimal digits drawn at the name's first run; with the run number they make every `webhook-id`.
    public var identity: String
    /// Where it stands.
    public var state: State
    /// The audience it goes to.
    public var audience: String
    /// What the job said when it began (`JobFile` fingerprint).
    public var jobFingerprint: String
    /// The contact file as it was when it began, `SHA-256` in hex; empty for a stored audience.
    public var contactsFingerprint: String
    /// Unix seconds.
    public var createdAt: Int64
    /// Unix seconds at which it is to start; nil: at once.
    public var plannedAt: Int64?
    /// Unix seconds of the freeze; nil before.
    public var startedAt: Int64?
    /// Unix seconds of its end; nil before.
    public var endedAt: Int64?
    /// Why it stopped last, in one line; nil unless it has stopped, and gone when it has gone on to its end.
    public var stopReason: String?
    /// The final counts once it has ended; the ledger has them before.
    public var counts: StateCounts?
    /// How many commits its ledger had when a process last began or ended with it in good order; nil: not known. A ledger
    /// with fewer has lost some.
    public var ledgerCommits: Int64?
    /// The id of the installation that began it, where that is not this one's: it was restored from a backup, and its
    /// deliveries keep their ids.
    public var installation: String?
    /// Unix seconds at which its ledger was given up to make room; nil: it was not.
    public var prunedAt: Int64?

    /// Whether it waits for its time, be it imported already or not.
    public func isPlanned(at unixTime: Int64) -> Bool {
        state == .scheduled || (state == .importing && plannedAt ?? .min > unixTime)
    }

    /// A fan-out about to begin.
    ///
    /// - Parameters: see the properties of the same names.
    public init(
        id: String,
        name: String,
        run: Int64,
        identity: String,
        state: State,
        audience: String,
        jobFingerprint: String,
        contactsFingerprint: String,
        createdAt: Int64
    ) {
        self.id = id
        self.name = name
        self.run = run
        self.identity = identity
        self.state = state
        self.audience = audience
        self.jobFingerprint = jobFingerprint
        self.contactsFingerprint = contactsFingerprint
        self.createdAt = createdAt
    }
}
