import FanfareAudience
public import FanfareCampaigns
public import FanfareControl
import FanfareDelivery
import FanfareJob
import NIOConcurrencyHelpers

/// What a touchpoint with a webhook would do, were it sent now.
public struct TouchpointForecast: Sendable {
    /// When it goes, to how many, who gets nothing and why, how long it takes, and what deserves a second look.
    public internal(set) var planned: PlannedRun
    /// When contacts are due that go by their own clocks; none: all at the same moment.
    public let zones: [LocalTimes.Zone]
}

extension CampaignDesk {
    /// A touchpoint that is to be planned, as it was found.
    private struct Wish: Sendable {
        let touchpoint: Touchpoint
        let campaign: Campaign
        let order: RunOrder
        /// Contacts that have had it already, when it was sent before.
        let delivered: Int64
    }

    /// Says what a touchpoint would do, and refuses what ``schedule(_:of:by:)`` would refuse but for the account's plan.
    ///
    /// - Parameters:
    ///   - id: The touchpoint's.
    ///   - campaign: The campaign's.
    /// - Throws: `CampaignError`: `unknownTouchpoint`; `conflict` for one that is no webhook; `invalid` with all that is
    ///   wrong with it. `StoreError`.
    public func check(_ id: String, of campaign: String) async throws -> TouchpointForecast {
        try await forecast(try await OwnThread.run { _ in try self.wish(id, campaign) }).shown
    }

    /// Plans a touchpoint: it starts at its time, over restarts.
    ///
    /// - Parameters:
    ///   - id: The touchpoint's.
    ///   - campaign: The campaign's.
    ///   - author: Who plans it.
    /// - Returns: The touchpoint, as it stands then, and what it would do now.
    /// - Throws: `CampaignError`: as ``check(_:of:)``, and `forbiddenByPlan`; `conflict` for one that is planned or under
    ///   way, or that was changed meanwhile.
    public func schedule(
        _ id: String,
        of campaign: String,
        by author: Author
    ) async throws -> (touchpoint: Touchpoint, forecast: TouchpointForecast) {
        let wish = try await OwnThread.run { _ in
            try self.requirePlan()
            let wish = try self.wish(id, campaign)
            try Self.requireIdle(wish.touchpoint)
            return wish
        }
        try await requireOver(wish.touchpoint)
        let (order, forecast) = try await forecast(wish)
        return try await OwnThread.run { _ in
            try self.turn.withLock {
                let now = try self.settled(self.store.touchpoint(id, of: campaign))
                guard now.changes == wish.touchpoint.changes, now.state == wish.touchpoint.state,
                    try self.store.campaign(campaign).audience == wish.campaign.audience
                else { throw CampaignError(.conflict, "\(now.name) was changed meanwhile by somebody else") }
                try self.take(order)
                return (try self.move(now, to: .scheduled, by: author), forecast)
            }
        }
    }

    /// Hands the job of a touchpoint to the daemon.
    private func take(_ order: RunOrder) throws {
        let name = try order.job().job.name
        // One that was held: it begins anew.
        try jobs.forget(name)
        try Self.requireDone(jobs.take(order))
    }

    /// - Throws: `CampaignError` with `forbiddenByPlan` where the account's plan allows no webhooks.
    func requirePlan() throws {
        if let refusal = try installation.webhookRefusal() { throw CampaignError(.forbiddenByPlan, refusal) }
    }

    private static func requireIdle(_ touchpoint: Touchpoint) throws {
        switch touchpoint.state {
        case .draft, .held, .missed, .cancelled: return
        case .complete:
            throw CampaignError(
                .conflict,
                "\(touchpoint.name) is complete: to send it once more, make another touchpoint"
            )
        default: throw CampaignError(.conflict, "\(touchpoint.name) is \(touchpoint.state.rawValue) already")
        }
    }

    // MARK: Its order

    private func wish(_ id: String, _ campaign: String) throws -> Wish {
        let (touchpoint, campaign) = try turn.withLock {
            (try settled(store.touchpoint(id, of: campaign)), try store.campaign(campaign))
        }
        guard let name = touchpoint.jobName else {
            throw CampaignError(.conflict, "\(touchpoint.name) is no webhook: nothing of it is sent")
        }
        let record = try desk.catalogue.latest(named: name)
        return Wish(
            touchpoint: touchpoint,
            campaign: campaign,
            order: try order(touchpoint, campaign, name),
            delivered: record?.counts?[.delivered] ?? 0
        )
    }

    /// The order that plans a touchpoint: a run of its own, whatever has become of those before.
    func order(_ touchpoint: Touchpoint, _ campaign: Campaign, _ name: String) throws -> RunOrder {
        guard let document = touchpoint.document else {
            let message =
                "what is sent cannot be read any more, as it was sealed with a key that is gone: give it again"
            throw CampaignError.invalid([.init("webhook", message)])
        }
        var faults = document.refusals + document.placeholders
        if touchpoint.at == nil { faults.append(.init("at", "This value is required.")) }
        if !faults.isEmpty { throw CampaignError.invalid(faults) }
        var order = RunOrder(
            text: document.jobText(
                named: name,
                to: campaign.audience,
                at: touchpoint.at,
                in: touchpoint.timeZone
            ),
            file: "the touchpoint \(touchpoint.name)",
            folder: "/",
            environment: [:]
        )
        (order.isPlanned, order.again, order.acceptsChanges) = (true, true, true)
        return order
    }

    private func forecast(_ wish: Wish) async throws -> (order: RunOrder, shown: TouchpointForecast) {
        let forecast: JobForecast
        do {
            forecast = try await jobs.forecast(wish.order)
        } catch let error as JobError {
            throw CampaignError(error)
        } catch let error as JobRunError {
            throw CampaignError(.conflict, error.message, cause: error)
        } catch let error as AudienceError where error.code != .storage {
            throw CampaignError(.invalid, error.description, cause: error)
        }
        guard var planned = forecast.planned, let last = forecast.lastStart else {
            throw CampaignError.invalid([.init("at", "This value is required.")])
        }
        if last.unixSeconds <= currentUnixTime() {
            throw CampaignError.invalid([.init("at", "\(last.localText) is past")])
        }
        if wish.delivered > 0 {
            planned.warnings.append(
                "it was sent before: the \(wish.delivered) contacts who have had it get it again, as far as they are in "
                    + "the audience still"
            )
        }
        return (forecast.order, TouchpointForecast(planned: planned, zones: forecast.zones))
    }
}
