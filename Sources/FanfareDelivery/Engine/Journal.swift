import FanfarePayload
import FanfareStore
import FanfareTransport
import Logging

/// What a log has of one fan-out: how its state changes, with counts and reasons. Never a contact, payload or secret.
struct Journal: Sendable {
    /// What the lane was like before a batch of completions.
    struct Moment: Sendable {
        let breakerIsClosed: Bool
        let limit: Int
        let waitsForCanary: Bool

        init(_ lane: Lane) {
            breakerIsClosed = lane.breakerIsClosed
            limit = lane.concurrencyLimit
            waitsForCanary = lane.freshCredit != Int.max
        }
    }

    private let logger: Logger

    init(_ logger: Logger, receiver: RequestTemplate.Origin) {
        var logger = logger
        logger[metadataKey: "receiver"] = "\(receiver.scheme)://\(receiver.host):\(receiver.port)"
        self.logger = logger
    }

    func began(_ progress: LedgerProgress) {
        logger.info(
            "fan-out begins",
            metadata: ["recipients": "\(progress.counts.total)", "final": "\(progress.counts.final)"]
        )
    }

    func ended(_ cause: FanOutEnd.Cause, _ progress: LedgerProgress) {
        var metadata: Logger.Metadata = [
            "delivered": "\(progress.counts[.delivered])", "dead": "\(progress.counts[.dead])",
            "final": "\(progress.counts.final)",
        ]
        switch cause {
        case .complete: logger.info("fan-out is complete", metadata: metadata)
        case .interrupted: logger.info("fan-out was interrupted", metadata: metadata)
        case .stopped(let reason):
            metadata["reason"] = "\(reason.text)"
            logger.warning("fan-out was stopped", metadata: metadata)
        case .failed(let error):
            metadata["error"] = "\(error)"
            logger.error("fan-out failed", metadata: metadata)
        }
    }

    /// Tells what a batch of completions changed.
    func changed(from before: Moment, to after: Moment, _ failure: FanOutSnapshot.Failure?) {
        // Asked after every batch: no text is made unless there is something to tell.
        func reason() -> Logger.MetadataValue {
            "\(failure.map { $0.reason.text(status: $0.status) } ?? "unknown")"
        }
        if before.breakerIsClosed, !after.breakerIsClosed {
            logger.warning("receiver is down: single probes until it is back", metadata: ["reason": reason()])
        } else if !before.breakerIsClosed, after.breakerIsClosed {
            logger.notice("receiver is back: sending again")
        } else if after.limit < before.limit * 2 / 3 {
            logger.info(
                "fewer requests at a time",
                metadata: ["from": "\(before.limit)", "to": "\(after.limit)", "reason": reason()]
            )
        }
        if before.waitsForCanary, !after.waitsForCanary { logger.info("canary passed: the rest follows") }
    }

    func lostHTTP2(_ loss: HTTP2Loss) {
        logger.log(level: loss == .notOffered ? .notice : .warning, "\(loss.text)")
    }

    func nameFound() { logger.info("receiver's name found") }

    func nameFailed(_ failure: NameFailure) {
        logger.warning("receiver's name not found: trying again", metadata: ["reason": "\(failure)"])
    }

    func stalled(_ error: StoreError) {
        logger.error("ledger cannot be written: sending waits, trying again", metadata: ["error": "\(error)"])
    }

    func recovered() { logger.notice("ledger can be written again") }
}
