import FanfareAudience
import FanfareCampaigns
import FanfareControl
import FanfareDelivery
import FanfareJob
import NIOConcurrencyHelpers

/// Where touchpoints stand.
extension CampaignDesk {
    /// Where a touchpoint stands, and since when, where that is known.
    private struct Standing {
        let state: Touchpoint.State
        var reason: String?
        var since: Int64?
        /// When the fan-out began that has come to this.
        var begun: Int64?
    }

    /// The touchpoints of a campaign, or of all, as they stand. The turn is held.
    func settledTouchpoints(of campaign: String?) throws -> [Touchpoint] {
        let latest = jobs.latest
        return try store.touchpoints(of: campaign).map { touchpoint in
            try settled(touchpoint, touchpoint.jobName.flatMap { latest[$0] })
        }
    }

    /// A touchpoint as it stands, which is noted where it is news. The turn is held.
    func settled(_ touchpoint: Touchpoint) throws -> Touchpoint {
        try settled(touchpoint, touchpoint.jobName.flatMap { jobs.latest[$0] })
    }

    private func settled(_ touchpoint: Touchpoint, _ job: DaemonJob?) throws -> Touchpoint {
        guard let standing = try standing(of: touchpoint, job),
            standing.state != touchpoint.state || standing.reason != touchpoint.reason
        else { return touchpoint }
        // What it waits for is no step of its life.
        if standing.state == .scheduled, touchpoint.state == .scheduled {
            var waiting = touchpoint
            waiting.reason = standing.reason
            return waiting
        }
        // It may have begun and ended while nobody looked.
        if let begun = standing.begun, touchpoint.state == .scheduled || touchpoint.state == .held {
            let running = try note(Standing(state: .running, since: begun), of: touchpoint)
            return try note(standing, of: running)
        }
        return try note(standing, of: touchpoint)
    }

    /// Notes that a fan-out of a touchpoint has begun, where that is news: it may be over by now. The turn is held.
    func noteBeginning(of fanOut: String, _ touchpoint: Touchpoint) throws {
        guard touchpoint.state == .scheduled || touchpoint.state == .held,
            let record = try desk.catalogue.all().first(where: { $0.id == fanOut }), let begun = record.startedAt
        else { return }
        _ = try note(Standing(state: .running, since: begun), of: touchpoint)
    }

    private func note(_ standing: Standing, of touchpoint: Touchpoint) throws -> Touchpoint {
        let now = currentUnixTime()
        let change = TouchpointChange(
            state: standing.state,
            // Steps come one after the other, whatever the clock does.
            at: max(standing.since ?? now, touchpoint.updated),
            author: TouchpointChange.itself,
            remark: standing.reason
        )
        return try store.move(touchpoint.id, change, reason: standing.reason, now: change.at)
    }

    /// - Returns: Nil: where it stood last.
    private func standing(of touchpoint: Touchpoint, _ job: DaemonJob?) throws -> Standing? {
        guard let name = touchpoint.jobName, !withdrawing.withLockedValue({ $0.contains(name) }) else { return nil }
        let isUnderWay = job.map { !$0.isOver } ?? false
        guard isUnderWay || touchpoint.state.isActive else { return nil }
        let record = try desk.catalogue.latest(named: name)
        if let job, isUnderWay { return try standing(of: touchpoint, underWay: job, record) }
        if let job, job.fanOut == nil || record?.state != .ended, let held = try held(job, touchpoint) { return held }
        switch record?.state {
        case .ended?: return record.map(standing(ended:))
        case .stopped?: return Standing(state: .stopped, reason: record?.stopReason, begun: record?.startedAt)
        case nil, .importing?, .scheduled?, .freezing?, .running?:
            // It was just left, or why it is held was noted in an earlier life of this process.
            if job != nil || touchpoint.state == .held { return nil }
            return Standing(
                state: .held,
                reason: "nobody is to start it any more: unschedule it, and schedule it again"
            )
        }
    }

    private func standing(
        of touchpoint: Touchpoint,
        underWay job: DaemonJob,
        _ latest: FanOutRecord?
    ) throws -> Standing? {
        // Its end is in the catalogue a moment before it counts as over.
        if let latest, latest.state == .ended, job.fanOut == latest.id {
            let end = standing(ended: latest)
            return end.state == .cancelled || job.order.next == nil ? end : Standing(state: .scheduled)
        }
        // Of one that comes again the record may still be that of the time before.
        let record = latest.flatMap { $0.state == .ended ? nil : $0 }
        let orders = try record.map { try desk.catalogue.orders(for: $0.id) } ?? FanOutOrders()
        if orders.isCancelled {
            // One that was taken back is a draft, whatever is still in flight of it.
            return touchpoint.state == .draft ? nil : Standing(state: .cancelled, since: orders.cancelledAt)
        }
        if orders.isPaused { return Standing(state: .paused, since: orders.pausedAt) }
        let stop = desk.stopSwitch.pulled
        if job.running != nil || record?.state.isFrozen == true {
            if let stop { return Standing(state: .paused, reason: "everything is \(stop)", since: stop.at) }
            return Standing(state: .running, since: touchpoint.state == .scheduled ? record?.startedAt : nil)
        }
        return Standing(state: .scheduled, reason: job.status.wait)
    }

    /// - Returns: Nil: nothing keeps it back.
    private func held(_ job: DaemonJob, _ touchpoint: Touchpoint) throws -> Standing? {
        guard let obstacle = job.obstacle else { return nil }
        if case .failed? = job.end {
            let audience = try store.campaign(touchpoint.campaign).audience
            if try !installation.audiences.all().contains(where: { $0.id == audience }) {
                return Standing(state: .held, reason: "the campaign's audience was deleted")
            }
        }
        return Standing(state: .held, reason: obstacle)
    }

    private func standing(ended record: FanOutRecord) -> Standing {
        let end = Touchpoint.End(record)
        return Standing(state: end.state, reason: end.reason, since: record.endedAt, begun: record.startedAt)
    }
}

extension Touchpoint {
    /// What became of a fan-out that has ended.
    struct End {
        let state: State
        /// Why; nil: nothing is to be said.
        let reason: String?

        init(_ record: FanOutRecord) {
            let text = record.stopReason
            if text?.hasPrefix(StopReason.cancelled.text) == true {
                (state, reason) = (.cancelled, nil)
            } else if text?.contains(" was missed: ") == true {
                (state, reason) = (.missed, text)
            } else {
                (state, reason) = (.complete, text)
            }
        }
    }
}
