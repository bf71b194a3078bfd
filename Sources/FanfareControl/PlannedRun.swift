/// What a job would do that a daemon is asked to plan: what the planner should know before its time comes.
public struct PlannedRun: Sendable, Hashable, Codable {
    /// The job's name.
    public var name: String
    /// Its time, as clocks there will show it.
    public var start: String
    /// The same in Unix seconds.
    public var startsAt: Int64
    /// Contacts that would receive it now; who does is fixed when it starts.
    public var requests: Int64
    /// Contacts that would get nothing now, by why, in words.
    public var skipped: [String: Int64]
    /// About how long it takes at its rate, in seconds; nil: it has none.
    public var secondsByRate: Double?
    /// By which rule it comes again; nil: it goes once.
    public var repeats: String?
    /// Names of variables of the daemon's that it refers to.
    public var variables: [String]
    /// What deserves a second look, one sentence each.
    public var warnings: [String]

    /// - Parameters: see the properties of the same names.
    public init(
        name: String,
        start: String,
        startsAt: Int64,
        requests: Int64,
        skipped: [String: Int64],
        secondsByRate: Double?,
        repeats: String?,
        variables: [String],
        warnings: [String]
    ) {
        (self.name, self.start, self.startsAt) = (name, start, startsAt)
        (self.requests, self.skipped, self.secondsByRate) = (requests, skipped, secondsByRate)
        (self.repeats, self.variables, self.warnings) = (repeats, variables, warnings)
    }

    private enum CodingKeys: String, CodingKey {
        case name, start, requests, skipped, repeats, variables, warnings
        case startsAt = "starts_at", secondsByRate = "seconds_by_rate"
    }
}
