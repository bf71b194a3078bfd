import FanfareControl
import FanfareDelivery
import FanfareJob
import FanfareStore
import Logging

/// Jobs that come again: each time is a run of its own, and the next is planned when the one before is over.
///
/// The order for the next stands in the place of the one before in one transaction, so that a death leaves one of them:
/// what is found ended at a start is followed by its next then. What was missed is followed by its next too, one after
/// the other, until one is to come. A series ends with its rule, when the operator cancels one of its times, and when a
/// rule stopped one, which is for somebody to look at first. One that cannot begin keeps its order for the next start.
extension DaemonJobs {
    /// Plans the next time of a job that is over.
    ///
    /// - Returns: Nil when none is to follow; its order is forgotten then.
    func succeed(_ job: DaemonJob, _ cause: HandedEnd.Cause) throws -> DaemonJob? {
        guard cause.isFollowed, let order = job.order.next else {
            try store.remove(job.ticket)
            return nil
        }
        return try follow(job.ticket, with: order)
    }

    /// The same for what is found to have ended at a start.
    func succeed(_ entry: HandedJobs.Entry, _ record: FanOutRecord?) throws -> DaemonJob? {
        let isCancelled = record?.stopReason?.hasPrefix(StopReason.cancelled.text) ?? false
        guard record?.state == .ended, !isCancelled, let order = entry.order.next else {
            try store.remove(entry.ticket)
            return nil
        }
        return try follow(entry.ticket, with: order)
    }

    private func follow(_ ticket: String, with order: RunOrder) throws -> DaemonJob? {
        let next = Hexadecimal.random(digits: 32)
        do {
            let job = try job(order, ticket: next)
            try store.replace(ticket, by: order, ticket: next)
            return job
        } catch let error where error is JobError || error is JobRunError {
            configuration.logger.error(
                "a job that comes again cannot be planned any more",
                metadata: ["order": "\(order)"]
            )
            try store.remove(ticket)
            return nil
        }
    }
}

extension HandedEnd.Cause {
    /// Whether the next of a series follows.
    fileprivate var isFollowed: Bool {
        switch self {
        case .complete: true
        case .stopped(let reason): reason.isFinal && reason != .cancelled
        case .interrupted, .failed, .refused: false
        }
    }
}
