public import FanfareDelivery
import FanfareJob
import FanfareStore
public import Foundation

/// Deliveries of a fan-out that are sent again with the same ids: chosen, reopened, and made into a run that goes on.
///
/// The catalogue says first that the fan-out is running; then one transaction of the ledger reopens them. After a death
/// in between nothing is open, and whoever goes on with it ends it again; after one behind it the deliveries are open,
/// and whoever goes on sends them.
public struct JobRetry: Sendable {
    /// The fan-out as the catalogue knows it.
    public let record: FanOutRecord
    /// How many deliveries the filter chooses.
    public let chosen: Int64
    /// How many were open before, and are sent too.
    public let open: Int64

    private let filter: DeliveryFilter?
    /// The job as it was stored with the fan-out.
    public let job: LoadedJob
    private let installation: Installation

    /// Chooses; changes nothing.
    ///
    /// - Parameters:
    ///   - name: The fan-out's; its latest run is meant.
    ///   - filter: Which deliveries, by their states at least; nil: none, only what is open is gone on with.
    ///   - installation: The data directory; to ``begin()`` its owner's.
    ///   - environment: Where the variables are that the stored job refers to.
    /// - Throws: ``JobRunError`` when the operator must decide, `JobError` when the stored job cannot be read,
    ///   `AudienceError` when its audience was deleted, `DeliveryError` when the ledger is damaged, `StoreError`.
    public init(
        of name: String,
        _ filter: DeliveryFilter?,
        in installation: Installation,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws {
        record = try installation.fanOutRecord(named: name)
        self.installation = installation
        self.filter = filter
        guard record.state.isFrozen else { throw JobRunError.notBegun(record) }
        if record.prunedAt != nil { throw JobRunError.pruned(record) }
        if record.jobFingerprint == "changing" { throw JobRunError.changing(record) }
        if installation.endedUnchosen(record) { throw JobRunError.endedUnchosen(record) }
        try installation.requireAudience(of: record)
        let orders = try installation.orders(for: record)
        if let ordered = orders.cancelledAt, record.state != .ended { throw JobRunError.cancelling(record, ordered) }
        let ledger = installation.ledger(of: record)
        guard try ledger.isFrozen() else { throw JobRunError.ledgerMissing(record, ledger) }
        let progress = try ledger.progress()
        open = progress.counts.total - progress.counts.final
        chosen = try filter.map { try ledger.countReopenable($0) } ?? 0
        let sealer = try installation.sealer()
        job = try JobFile.loaded(ledger.job(), name: "the stored job \(name)", environment: environment) {
            try sealer.open($0, for: "job")
        }
        try requireSettled(progress)
    }

    /// Who asks for the uncertain means those of a death too. Under `hold` they are no such thing before whoever goes on
    /// has settled them, and going on sends the rest: that is not done unasked.
    private func requireSettled(_ progress: LedgerProgress) throws {
        guard progress.unsettled > 0, filter?.states.contains(.uncertain) == true,
            job.job.delivery.whenUncertain == .hold
        else { return }
        // One that is under way now settles them itself.
        if try installation.directory.owner()?.fanOuts.contains(record.id) == true { return }
        throw JobRunError.unsettled(record, progress.unsettled, open: open)
    }

    /// Reopens what was chosen. For the owner of the data directory.
    ///
    /// - Returns: The run that goes on.
    /// - Throws: As ``init(of:_:in:environment:)``; then nothing is reopened.
    public func begin() throws -> JobRun {
        let ledger = installation.ledger(of: record)
        try ledger.check()
        var record = record
        if hadEnded {
            record.state = .running
            record.endedAt = nil
            record.stopReason = nil
            // Its counts are the ledger's again.
            record.counts = nil
        }
        let run = try JobRun(goingOnWith: record, job, in: installation, canaryIsOver: hadEnded)
        try run.requireJobFits()
        // What was ordered of it while it ran is done with, but for what was set.
        let catalogue = try installation.fanOuts()
        var orders = try catalogue.orders(for: record.id)
        (orders.pausedAt, orders.cancelledAt) = (nil, nil)
        try catalogue.save(record, orders)
        if let filter { try ledger.reopen(filter, startsAfresh: hadEnded) }
        return run
    }

    /// Whether the fan-out had ended: then there is no beginning that a canary could guard.
    private var hadEnded: Bool { record.state == .ended }
}

extension JobRunError {
    static func notBegun(_ record: FanOutRecord) -> JobRunError {
        JobRunError(
            .unfinished,
            "\(record.name) has sent nothing yet: it is \(record.state.rawValue). Begin with: fanfare run JOB"
        )
    }

    static func changing(_ record: FanOutRecord) -> JobRunError {
        JobRunError(
            .changed,
            "a change of \(record.name) was accepted and is not taken over whole. First go on with it: "
                + "fanfare run JOB --accept-changes"
        )
    }

    static func cancelling(_ record: FanOutRecord, _ ordered: Int64) -> JobRunError {
        JobRunError(
            .unfinished,
            "the cancellation of \(record.name), ordered on \(ordered.momentText), is not carried out. First end it with: "
                + "fanfare cancel NAME"
        )
    }

    static func unsettled(_ record: FanOutRecord, _ unsettled: Int64, open: Int64) -> JobRunError {
        let rest = open > unsettled ? ", and sends what else is open, \(open - unsettled) deliveries" : ""
        return JobRunError(
            .unfinished,
            "\(record.name) was interrupted: \(unsettled) of its deliveries may have been under way, and are not held as "
                + "uncertain yet. Going on with it holds them\(rest): fanfare run JOB, or fanfare retry NAME --go-on. "
                + "Then they can be sent again"
        )
    }

    /// What is asked for went with the ledger of a fan-out that was pruned.
    public static func pruned(_ record: FanOutRecord) -> JobRunError {
        let when = Date(timeIntervalSince1970: TimeInterval(record.prunedAt ?? 0)).formatted(.iso8601)
        let counts = record.counts.map { counts in
            DeliveryState.allCases.filter { counts[$0] > 0 }.map { "\($0.name) \(counts[$0])" }.joined(separator: ", ")
        }
        return JobRunError(
            .pruned,
            "\(record.name), run \(record.run), was pruned on \(when): its deliveries are not kept any more"
                + (counts.map { ". It had \($0.isEmpty ? "nobody to send to" : $0)" } ?? "")
        )
    }
}
