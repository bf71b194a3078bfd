import FanfareAudience
public import FanfareDelivery
public import FanfareJob
public import Foundation
import Logging

/// One thing that somebody is told about a fan-out: in numbers and reasons, with nothing of a contact.
public struct Notice: Announcement {
    /// What happened.
    public enum Event: String, Sendable, Hashable, CaseIterable {
        /// Every delivery is final, or `stop_after` passed.
        case ended
        /// It was stopped or interrupted, or the agent failed; ``Notice/state`` says which.
        case stopped
        /// The receiver is down.
        case breakerOpened = "breaker_opened"
        /// The receiver is back.
        case breakerClosed = "breaker_closed"

        /// When the job says that this is told.
        public var occasion: JobNotify.Occasion {
            switch self {
            case .ended: .ended
            case .stopped: .stopped
            case .breakerOpened, .breakerClosed: .breaker
            }
        }
    }

    /// What happened.
    public var event: Event
    /// The fan-out's name.
    public var name: String
    /// Which run of it, from 1.
    public var run: Int64
    /// `running`, `ended`, `stopped`, `interrupted` or `failed`.
    public var state: String
    /// Why, for people; nil: there is nothing to explain.
    public var reason: String?
    /// Deliveries by state.
    public var counts: StateCounts
    /// Requests of this process.
    public var requests: Int64
    /// How long this process has been at it.
    public var elapsed: Duration
    /// When it happened.
    public var time: Date

    init(_ event: Event, name: String, state: String, reason: String?, _ snapshot: FanOutSnapshot) {
        self.event = event
        self.name = name
        self.state = state
        self.reason = reason
        run = snapshot.progress.run
        counts = snapshot.progress.currentCounts
        requests = snapshot.attempts
        elapsed = snapshot.elapsed
        time = .now
    }

    /// How a fan-out ended.
    init(_ end: FanOutEnd, name: String) {
        let (event, state, reason) = Self.words(for: end.cause)
        self.init(event, name: name, state: state, reason: reason, end.snapshot)
        counts = end.progress.counts
    }

    /// How a fan-out ended of which this process has sent nothing.
    init(unsent cause: FanOutEnd.Cause, _ record: FanOutRecord, _ counts: StateCounts) {
        (event, state, reason) = Self.words(for: cause)
        (name, run) = (record.name, record.run)
        self.counts = counts
        (requests, elapsed, time) = (0, .zero, .now)
    }

    private static func words(for cause: FanOutEnd.Cause) -> (Event, state: String, reason: String?) {
        switch cause {
        case .complete: (.ended, "ended", nil)
        case .stopped(.stopAfter): (.ended, "ended", StopReason.stopAfter.loggedText)
        case .stopped(let stop): (.stopped, "stopped", stop.loggedText)
        case .interrupted: (.stopped, "interrupted", "the agent was told to end; the same command goes on")
        case .failed(let error): (.stopped, "failed", reason(for: error))
        }
    }

    /// What went wrong; without the text of what a contact file or a job has in it.
    private static func reason(for error: any Error) -> String {
        switch error {
        case let error as AudienceError: "the contacts were not taken: \(error.code)"
        case let error as JobError: "the job does not fit: \(error.problems.count) problems"
        default: String(describing: error)
        }
    }

    /// What a command finds in its environment.
    var variables: [String: String] {
        [
            "FANFARE_EVENT": word, "FANFARE_FANOUT": name, "FANFARE_RUN": String(run), "FANFARE_STATE": state,
            "FANFARE_REASON": reason ?? "",
        ]
    }

    var word: String { event.rawValue }

    var subject: Logger.Metadata { ["fanout": "\(name)"] }

    /// What is posted: `{"data": {…}, "timestamp": "…", "type": "fanout.ended"}`.
    public var json: String {
        get throws {
            struct Body: Encodable {
                struct Content: Encodable {
                    var name: String
                    var run: Int64
                    var event: String
                    var state: String
                    var reason: String?
                    var total: Int64
                    var counts: [String: Int64]
                    var requests: Int64
                    var seconds: Double
                }
                var type: String
                var timestamp: String
                var data: Content
            }
            let counts = DeliveryState.allCases.map { ($0.name, self.counts[$0]) }
            let body = Body(
                type: "fanout." + event.rawValue,
                timestamp: time.formatted(.iso8601),
                data: Body.Content(
                    name: name,
                    run: run,
                    event: event.rawValue,
                    state: state,
                    reason: reason,
                    total: self.counts.total,
                    counts: Dictionary(uniqueKeysWithValues: counts),
                    requests: requests,
                    seconds: (elapsed / .milliseconds(1)).rounded() / 1000
                )
            )
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(body), as: UTF8.self)
        }
    }
}
