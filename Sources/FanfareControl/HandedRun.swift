public import FanfareAudience
public import FanfareDelivery
import FanfareStore

/// How a job stands that the daemon runs for another process: what that one needs to show it as its own.
public struct HandedRun: Sendable, Codable {
    /// What is being done.
    public enum Phase: String, Sendable, Hashable, Codable {
        /// Others have their turn, or the daemon began with sending paused.
        case queued
        /// It is taken up, imported or frozen.
        case preparing
        /// Its time has not come.
        case scheduled
        /// It sends.
        case sending
        /// It is over, however it ended.
        case over
    }

    /// Of whom it is asked: names the run as long as the daemon knows of it.
    public var ticket: String
    /// The job's name.
    public var name: String
    /// The fan-out's id; nil before it is taken up.
    public var fanOut: String?
    /// What is being done.
    public var phase = Phase.preparing
    /// Why it waits for its turn; nil: it does not.
    public var wait: String?
    /// How far the import is; nil: nothing is being imported.
    public var importing: ImportProgress?
    /// What the import made of the contact file; nil: there was nothing to read.
    public var imported: ImportSummary?
    /// What was set and no longer holds.
    public var dropped = SettingsChange()
    /// The job's time in words, and the seconds until then; nil: it is not waited for.
    public var start: String?
    /// Seconds until the job's time.
    public var secondsToStart: Int64 = 0
    /// The operator has paused it.
    public var isPaused = false
    /// The size of the frozen set; nil before.
    public var recipients: Int64?
    /// Deliveries that may have been under way when the last process died.
    public var unsettled: Int64 = 0
    /// What deserves a second look, one sentence each.
    public var warnings: [String] = []
    /// How it stands; nil before it sends.
    public var now: HandedSnapshot?
    /// How it ended; nil: it has not.
    public var end: HandedEnd?

    /// - Parameters: see the properties of the same names.
    public init(ticket: String, name: String) { (self.ticket, self.name) = (ticket, name) }
}

/// A snapshot of a fan-out, as it is handed to another process: all but what only metrics show.
public struct HandedSnapshot: Sendable, Codable {
    private var progress: LedgerProgress
    private var lane: LaneSnapshot
    private var latency: FanOutSnapshot.Latency
    private var attempts: Int64
    private var elapsed: Duration
    private var stall: String?
    private var lastFailure: FanOutSnapshot.Failure?
    private var nameFailure: String?
    private var http2Loss: HTTP2Loss?
    private var opening: SendWindow.Opening?
    private var part: FanOutSnapshot.Part?

    /// - Parameter snapshot: What is handed over.
    public init(_ snapshot: FanOutSnapshot) {
        (progress, lane, latency) = (snapshot.progress, snapshot.lane, snapshot.latency)
        (attempts, elapsed, http2Loss) = (snapshot.attempts, snapshot.elapsed, snapshot.http2Loss)
        (opening, part) = (snapshot.opening, snapshot.part)
        (stall, lastFailure, nameFailure) = (snapshot.stall?.message, snapshot.lastFailure, snapshot.nameFailure)
    }

    /// What was handed over.
    public var snapshot: FanOutSnapshot {
        FanOutSnapshot(
            progress: progress,
            lane: lane,
            latency: latency,
            attempts: attempts,
            elapsed: elapsed,
            stall: stall.map { StoreError(.ioFailure, $0) },
            lastFailure: lastFailure,
            nameFailure: nameFailure,
            http2Loss: http2Loss,
            opening: opening,
            part: part
        )
    }
}

/// How a job ended that the daemon ran for another process.
public struct HandedEnd: Sendable, Codable {
    /// Why.
    public enum Cause: Sendable, Hashable, Codable {
        /// Every delivery is in a final state.
        case complete
        /// The daemon is ending, and goes on with it at its next start.
        case interrupted
        /// A rule stopped it.
        case stopped(StopReason)
        /// The agent failed.
        case failed(String)
        /// Something is wrong with the job or its contacts, or the operator must decide; said as a person reads it.
        case refused(String)
    }

    /// Why.
    public var cause: Cause
    /// How it stood; nil where it has not sent.
    public var snapshot: HandedSnapshot?

    /// - Parameters: see the properties of the same names.
    public init(_ cause: Cause, _ snapshot: HandedSnapshot? = nil) { (self.cause, self.snapshot) = (cause, snapshot) }
}
