import FanfareDelivery
import FanfareJob
import FanfarePayload
public import FanfareReport
import FanfareStore
import Foundation

extension Installation {
    /// What became of a fan-out, in numbers; beside a running agent or without one.
    ///
    /// - Parameters:
    ///   - record: The fan-out.
    ///   - options: What it shows of people.
    /// - Throws: `StoreError`, `DeliveryError`, and ``JobRunError`` when the ledger of an unfinished fan-out is missing.
    public func report(
        of record: FanOutRecord,
        _ options: SurveyReader.Options = SurveyReader.Options()
    ) throws -> FanOutReport {
        let ledger = ledger(of: record)
        let isThere = record.state.isFrozen && Durability.fileExists(ledger.path)
        guard isThere || !record.state.isFrozen || record.state == .ended else {
            throw JobRunError.ledgerMissing(record, ledger)
        }
        var survey: LedgerSurvey?
        var counts = record.counts ?? StateCounts()
        var unsettled: Int64 = 0
        if isThere {
            let reader = SurveyReader(
                ledger: ledger,
                audienceFile: directory.audiencePath(record.audience),
                ids: deliveryIDs(of: record),
                options: options
            )
            let read = try reader.read(startedAt: record.startedAt)
            survey = read.survey
            counts = read.progress.currentCounts
            unsettled = read.progress.unsettledBeyondClaimed
        }
        var report = FanOutReport(
            name: record.name,
            run: record.run,
            state: try reportState(of: record, hasLedger: isThere),
            asOf: Int64(Date().timeIntervalSince1970),
            counts: Dictionary(uniqueKeysWithValues: DeliveryState.allCases.map { ($0.name, counts[$0]) }),
            survey: survey,
            settings: isThere ? try settings(of: ledger, orders(for: record)) : []
        )
        if report.state != .running, unsettled > 0 { report.mayHaveBeenSent = unsettled }
        report.stopReason = record.state == .running ? nil : record.stopReason
        report.startedAt = record.startedAt
        report.endedAt = record.endedAt
        return report
    }

    private func reportState(of record: FanOutRecord, hasLedger: Bool) throws -> FanOutReport.State {
        switch record.state {
        case .importing, .scheduled, .freezing: return .waiting
        case .running:
            let isUnderWay = try directory.owner()?.fanOuts.contains(record.id) ?? false
            return isUnderWay ? .running : .interrupted
        case .stopped: return .stopped
        case .ended:
            return record.prunedAt == nil && (hasLedger || endedUnchosen(record)) ? .ended : .pruned
        }
    }

    /// The job as it was, or one line that says why it cannot be shown: the figures do not depend on it.
    private func settings(of ledger: Ledger, _ orders: FanOutOrders) -> [FanOutReport.Setting] {
        do {
            let document = try sealer().open(ledger.job(), for: "job")
            // What a job leaves out, and can be set, has no limit.
            return try ReportSettings(document).settings.following(orders, absent: "none")
        } catch {
            return [FanOutReport.Setting(key: "job", value: "cannot be shown: \(error)")]
                .following(orders, absent: "cannot be shown")
        }
    }
}

extension [FanOutReport.Setting] {
    /// The job's settings, with what was set over them.
    ///
    /// - Parameter absent: The job's value of a setting that is not among them.
    fileprivate func following(_ orders: FanOutOrders, absent: String) -> Self {
        var settings = self
        let values = orders.change.applied(to: DeliverySettings())
        for key in orders.change.keys {
            let name = "delivery.\(key.rawValue)"
            let place = settings.firstIndex { $0.key == name } ?? settings.endIndex
            if place == settings.endIndex { settings.append(.init(key: name, value: absent)) }
            settings[place].set = key.text(in: values)
            settings[place].setAt = orders.changedAt
        }
        return settings
    }
}
