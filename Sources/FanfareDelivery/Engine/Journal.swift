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

    /// Tells of this fan-out and its endpoint.
    let logger: Logger

    init(_ logger: Logger, _ plan: FanOutPlan, run: Int64) {
        var logger = logger
        if !plan.name.isEmpty { logger[metadataKey: "fanout"] = "\(plan.name)" }
        logger[metadataKey: "run"] = .stringConvertible(run)
        self.init(logger, endpoint: plan.template.origin)
    }

    /// Of an endpoint whose deliveries belong to no fan-out.
    init(_ logger: Logger, endpoint: RequestTemplate.Origin) {
        var logger = logger
        logger[metadataKey: "endpoint"] = "\(endpoint.scheme)://\(endpoint.host):\(endpoint.port)"
        self.logger = logger
    }

    func began(_ progress: LedgerProgress) {
        logger.info(
            "fan-out begins",
            metadata: [
                "recipients": .stringConvertible(progress.counts.total),
                "final": .stringConvertible(progress.counts.final),
            ]
        )
    }

    func ended(_ cause: FanOutEnd.Cause, _ progress: LedgerProgress) {
        var metadata: Logger.Metadata = [
            "delivered": .stringConvertible(progress.counts[.delivered]),
            "dead": .stringConvertible(progress.counts[.dead]),
            "final": .stringConvertible(progress.counts.final),
        ]
        switch cause {
        case .complete: logger.info("fan-out is complete", metadata: metadata)
        case .interrupted: logger.info("fan-out was interrupted", metadata: metadata)
        case .stopped(let reason):
            metadata["reason"] = "\(reason.loggedText)"
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
                metadata: [
                    "from": .stringConvertible(before.limit), "to": .stringConvertible(after.limit),
                    "reason": reason(),
                ]
            )
        }
        if before.waitsForCanary, !after.waitsForCanary { logger.info("canary passed: the rest follows") }
    }

    func paused(by order: PauseReasons) {
        logger.notice(order == .byOperator ? "paused by the operator" : "stopped, as everything is")
    }

    func resumed(by order: PauseReasons) {
        logger.notice(order == .byOperator ? "resumed by the operator" : "stopped no longer")
    }

    /// - Parameter opening: When; nil: it is open now.
    func window(opensNext opening: SendWindow.Opening?) {
        if let opening {
            logger.notice("outside its window: sending waits", metadata: ["until": "\(opening.text)"])
        } else {
            logger.notice("its window is open: sending")
        }
    }

    func opened(wave: Int, of count: Int) {
        logger.info("next part begins", metadata: ["part": .stringConvertible(wave), "of": .stringConvertible(count)])
    }

    func changed(to settings: DeliverySettings) {
        logger.notice(
            "settings changed by the operator",
            metadata: [
                "rate": "\(settings.ratePerSecond.map { "\($0)/s" } ?? "none")",
                "max_in_flight": "\(settings.maxInFlight)", "deadline": "\(settings.deadline)",
            ]
        )
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
