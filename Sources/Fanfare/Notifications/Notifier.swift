public import FanfareDelivery
public import FanfareJob
import FanfareTransport
import Foundation
public import Logging

/// Tells whom a job's `notify` names how its fan-out fares, or whom a daemon has to tell of webhooks that were disabled.
/// Whatever goes wrong with that is a warning in the log, and never harms what is told of: it happens on threads of its
/// own, and its end is waited for only so long.
///
/// Nothing is kept over a death of the process: a notification is worth having, not exact.
public final class Notifier: Sendable {
    /// How long the end of a fan-out waits for notifications to be posted.
    public static let patience: Duration = .seconds(10)

    private let occasions: Set<JobNotify.Occasion>
    private let webhook: NoticeWorker?
    private let command: NoticeWorker?
    private let commandPatience: Duration
    private let logger: Logger

    /// - Parameters:
    ///   - notify: Who is told, and when.
    ///   - egress: Where connections may go.
    ///   - logger: Told what goes wrong; never a URL, secret or contact.
    /// - Throws: `PayloadError` for a signing secret that is none, `TransportError` when there is no thread left.
    public init(_ notify: JobNotify, egress: EgressPolicy, logger: Logger) throws {
        occasions = notify.occasions
        self.logger = logger
        webhook = try NoticeWebhook(notify, egress: egress, logger: logger).map { webhook in
            try NoticeWorker(name: "fanfare-notify") { webhook.tell($0, isGivenUp: $1) }
        }
        if notify.command.isEmpty {
            command = nil
            commandPatience = .zero
        } else {
            let starter = NoticeCommand(words: notify.command, logger: logger)
            command = try NoticeWorker(name: "fanfare-command") { starter.tell($0, isGivenUp: $1) }
            commandPatience = starter.limit + .seconds(5)
        }
    }

    /// Tells of one thing, if that is wanted. Returns at once.
    public func tell(_ notice: Notice) {
        guard occasions.contains(notice.event.occasion) else { return }
        post(notice)
    }

    /// Tells that an audience webhook was disabled. Returns at once.
    func tell(_ notice: WebhookNotice) { post(notice) }

    /// Tells that a journey was paused without anybody's wish. Returns at once.
    func tell(_ notice: JourneyNotice) { post(notice) }

    private func post(_ notice: any Announcement) {
        webhook?.post(notice)
        command?.post(notice)
    }

    /// Tells whenever the breaker opens or closes, until the task is cancelled; then it looks once more.
    ///
    /// It looks four times a second; what began and ended between two looks is told as well.
    public func watch(_ running: RunningFanOut) async {
        guard occasions.contains(.breaker) else { return }
        var news = BreakerNews()
        while true {
            let isLast = Task.isCancelled
            let snapshot = running.snapshot
            let isOpen = snapshot.lane.breaker != .closed
            for event in news.look(openings: snapshot.totals.breakerOpenings, isOpen: isOpen) {
                let failure = event == .breakerOpened ? snapshot.lastFailure : nil
                let reason = failure.map { $0.reason.text(status: $0.status) }
                tell(Notice(event, name: running.name, state: "running", reason: reason, snapshot))
            }
            if isLast { return }
            // Cancelled, it looks for the last time.
            do { try await Task.sleep(for: .milliseconds(250)) } catch {}
        }
    }

    /// Tells how it ended.
    public func tell(_ end: FanOutEnd, name: String) { tell(Notice(end, name: name)) }

    /// Tells why a run ended of which this process has sent nothing, and waits until that is told.
    ///
    /// - Parameters:
    ///   - cause: Why.
    ///   - run: The run, as it was left.
    public func finish(unsent cause: FanOutEnd.Cause, _ run: JobRun) async {
        let counts: StateCounts
        // What cannot be read is told without numbers.
        do { counts = try run.counts } catch { counts = StateCounts() }
        tell(Notice(unsent: cause, run.record, counts))
        // Also where the task is cancelled: that is what is to be told.
        await Task.detached { await self.finish() }.value
    }

    /// Waits until all is told, ``patience`` for what is posted, the command's own limit for that; the rest is given up
    /// with a warning. Nothing can be told afterwards.
    public func finish() async {
        await finish(webhook, within: Self.patience, "notifications were not delivered in time")
        await finish(command, within: commandPatience, "notifications' commands had not ended in time")
    }

    private func finish(_ worker: NoticeWorker?, within patience: Duration, _ message: Logger.Message) async {
        guard let worker else { return }
        worker.close()
        let end = ContinuousClock.now + patience
        while !worker.isDone, ContinuousClock.now < end {
            // Whoever cancels does not want to wait.
            do { try await Task.sleep(for: .milliseconds(20)) } catch { break }
        }
        let untold = worker.giveUp()
        if untold > 0 { logger.warning(message, metadata: ["count": .stringConvertible(untold)]) }
    }
}
