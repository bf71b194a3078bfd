import FanfarePayload
import FanfareTransport
import Logging

/// What a log has of single deliveries, at `debug` only: each failed attempt and each contact that gets no request, by
/// `webhook-id`; never a contact, payload or secret.
///
/// Thread: one loop's. What a batch has to tell is gathered and written when no lock is held. A receiver that refuses
/// everything fails faster than anybody reads: past ``linesPerSecond`` lines are only counted, and the count is told.
struct AttemptLog {
    /// Of one loop and fan-out.
    static let linesPerSecond = 200

    private let logger: Logger
    private let ids: DeliveryIDSeries
    private var second: Int64 = 0
    private var lines = 0
    private var untold = 0
    private var waiting: [(message: Logger.Message, details: Logger.Metadata)] = []

    /// - Returns: Nil unless somebody wants to know: then nothing is spent on it.
    init?(_ logger: Logger, ids: DeliveryIDSeries) {
        guard logger.logLevel <= .debug else { return nil }
        self.logger = logger
        self.ids = ids
    }

    /// An attempt failed. Holding a lock is no harm: nothing is written yet.
    mutating func failed(
        _ slot: RequestInFlight,
        _ completion: TransferCompletion,
        _ reason: Reason,
        _ decision: RetryPolicy.Decision,
        history: RetryPolicy.History,
        laneSeconds: Int64,
        unixTime: Int64
    ) {
        guard hasRoom(unixTime) else { return }
        var line: Logger.Metadata = [
            "delivery": "\(ids.id(contact: slot.contact))",
            "attempt": .stringConvertible(history.attempts + history.uncounted),
            "reason": "\(reason.text(status: UInt16(clamping: completion.httpStatus)))",
            "duration_ms": .stringConvertible(Int(completion.totalMicroseconds / 1000)),
        ]
        if completion.httpStatus != 0 { line["status"] = .stringConvertible(Int(completion.httpStatus)) }
        switch decision {
        case .delivered: line["then"] = "delivered"
        case .retry(let dueAt):
            line["then"] = "retryable"
            line["retry_in_s"] = .stringConvertible(Int(max(0, dueAt - laneSeconds)))
        case .dead: line["then"] = "dead"
        case .uncertain: line["then"] = "uncertain"
        }
        waiting.append(("attempt failed", line))
    }

    /// A delivery ended without an attempt.
    mutating func unsent(contact: Int64, _ state: DeliveryState, _ reason: Reason, unixTime: Int64) {
        guard hasRoom(unixTime) else { return }
        let line: Logger.Metadata = [
            "delivery": "\(ids.id(contact: contact))", "then": "\(state.name)", "reason": "\(reason.text)",
        ]
        waiting.append(("no request for a delivery", line))
    }

    /// Writes what was gathered. Not under a lock.
    mutating func flush() {
        for line in waiting { logger.debug(line.message, metadata: line.details) }
        waiting.removeAll(keepingCapacity: true)
    }

    /// What was gathered did not happen after all: the batch goes back as a whole.
    mutating func forget() { waiting.removeAll(keepingCapacity: true) }

    /// Writes what is left: the loop lets go of the fan-out.
    mutating func close() {
        tellUntold()
        flush()
    }

    private mutating func hasRoom(_ unixTime: Int64) -> Bool {
        if unixTime != second {
            tellUntold()
            second = unixTime
            lines = 0
        }
        lines += 1
        if lines > Self.linesPerSecond { untold += 1 }
        return lines <= Self.linesPerSecond
    }

    private mutating func tellUntold() {
        if untold == 0 { return }
        waiting.append(("more of the same within a second, not listed", ["count": .stringConvertible(untold)]))
        untold = 0
    }
}
