/// One request that an event calls for: made once, sent to one endpoint.
public struct NewEvent: Sendable, Hashable {
    /// The endpoint's id.
    public var endpoint: String
    /// The contact's key, whose events of one endpoint are sent in order; 0: it concerns none, and waits for none.
    public var contact: Int64
    /// The number of the change that it tells of: with the endpoint what tells it from every other.
    public var change: Int64
    /// What the source calls its kind.
    public var kind: Int64
    /// Unix time in seconds at which it arose.
    public var created: Int64
    /// Sent as it is, with every attempt.
    public var body: [UInt8]
    /// It is about somebody who is suppressed: it is noted, without its body, and never sent.
    public var isSuppressed = false
    /// Which time it is that the contact comes by there, where the event tells of no change.
    public var occurrence = EventOccurrence.none
    /// Somebody waits for what becomes of it: its end has a number of its own; see `EventEnd`.
    public var isAwaited = false

    /// - Parameters: see the properties of the same names.
    public init(endpoint: String, contact: Int64, change: Int64, kind: Int64, created: Int64, body: [UInt8]) {
        self.endpoint = endpoint
        self.contact = contact
        self.change = change
        self.kind = kind
        self.created = created
        self.body = body
    }
}

/// Which time it is that a contact comes by at an endpoint: with the contact what tells an event from every other that
/// tells of no change.
public struct EventOccurrence: Sendable, Hashable {
    /// From 1; 0: the event tells of a change.
    public var entry: Int64
    /// Within the entry, from 1.
    public var visit: Int64

    /// Of an event that tells of a change.
    public static let none = EventOccurrence(entry: 0, visit: 0)

    /// - Parameters: see the properties of the same names.
    public init(entry: Int64, visit: Int64) { (self.entry, self.visit) = (entry, visit) }
}

/// An event that a lane has taken out of the ledger to send it.
struct HeldEvent {
    let number: Int64
    let change: Int64
    let occurrence: EventOccurrence
    /// The contact's key; 0: it concerns none.
    let contact: Int64
    let body: [UInt8]
    var attempts: Int
    var uncounted: Int
    /// Lane time of the first attempt, in seconds; -1: none yet.
    var firstAt: Int64
    /// Monotonic nanoseconds at which the attempt under way began.
    var startedAt: UInt64 = 0

    var isFirstAttempt: Bool { firstAt < 0 }
    var history: RetryPolicy.History { .init(attempts: attempts, uncounted: uncounted, firstAt: max(0, firstAt)) }
}

/// What became of an event that a lane held.
struct EventOutcome: Sendable {
    let number: Int64
    let endpoint: String
    /// The endpoint's lane time, in seconds.
    let laneSeconds: Int64
    var state: DeliveryState
    let attempts: Int
    let uncounted: Int
    let firstAt: Int64
    /// Lane time at which it may be tried again, in seconds.
    var dueAt: Int64
    let status: Int
    var reason: Reason?
    /// Unix time in seconds.
    let finishedAt: Int64
    /// Of the last attempt, in microseconds.
    let duration: Int64
    /// Set after an attempt that failed.
    var failure: Failure?
    /// An attempt has ended; else it was given up without a further one.
    var isOfAttempt = true

    struct Failure: Sendable {
        let curlCode: Int32
        let reason: Reason
        /// Without the endpoint's secrets.
        var excerpt: [UInt8]
        var location: String?
    }
}
