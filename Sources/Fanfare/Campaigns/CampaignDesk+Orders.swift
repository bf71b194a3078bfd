import FanfareAudience
public import FanfareCampaigns
import FanfareControl
import FanfareDelivery
import FanfareJob
import NIOConcurrencyHelpers

/// Orders for touchpoints that are planned or under way. Each answers with the touchpoint as it stands then.
extension CampaignDesk {
    /// Takes a touchpoint back that has not begun: it is a draft again.
    ///
    /// - Parameters:
    ///   - id: The touchpoint's.
    ///   - campaign: The campaign's.
    ///   - author: Whose order it is.
    /// - Throws: `CampaignError`: `unknownTouchpoint`; `conflict` where it stands otherwise than the order needs;
    ///   `ending` while the daemon ends; `failed` when the order cannot be noted. `StoreError`.
    public func unschedule(_ id: String, of campaign: String, by author: Author) async throws -> Touchpoint {
        let states: Set<Touchpoint.State> = [.scheduled, .paused, .held, .missed, .cancelled]
        let (touchpoint, name) = try await found(id, campaign, in: states, "unscheduled")
        guard touchpoint.state.isActive else {
            try await requireOver(touchpoint)
            return try await OwnThread.run { _ in
                try self.turn.withLock { try self.move(touchpoint, to: .draft, by: author) }
            }
        }
        guard let draft = try await withdrawn(touchpoint, name, to: .draft, by: author) else {
            throw CampaignError(.conflict, "\(touchpoint.name) has begun to send: pause it, or cancel it")
        }
        return draft
    }

    /// Has a touchpoint send nothing until it is resumed, before its time or after.
    ///
    /// - Parameters: see ``unschedule(_:of:by:)``.
    /// - Throws: As ``unschedule(_:of:by:)``.
    public func pause(_ id: String, of campaign: String, by author: Author) async throws -> Touchpoint {
        let (touchpoint, name) = try await found(id, campaign, in: [.scheduled, .running], "paused")
        guard try await jobs.isTakenUp(name) else {
            throw CampaignError(.conflict, "fanfare serve takes nothing up now: nothing is sent that could be paused")
        }
        return try await followed(touchpoint, by: author) { desk in
            try Self.requireDone(desk.answer(ControlRequest(.pause, name: name)))
            return .paused
        }
    }

    /// Has a touchpoint go on that was paused, that a rule stopped, or that was held.
    ///
    /// - Parameters: see ``unschedule(_:of:by:)``.
    /// - Throws: As ``unschedule(_:of:by:)``; `forbiddenByPlan`, unless it was only paused.
    public func resume(_ id: String, of campaign: String, by author: Author) async throws -> Touchpoint {
        let (touchpoint, name) = try await found(id, campaign, in: [.paused, .stopped, .held], "resumed")
        return try await followed(touchpoint, by: author) { desk in
            if touchpoint.state != .paused {
                try self.requirePlan()
                return try self.goOn(touchpoint, name)
            }
            try Self.requireDone(desk.answer(ControlRequest(.resume, name: name)))
            // What it was before.
            return try desk.catalogue.latest(named: name)?.state.isFrozen == true ? .running : .scheduled
        }
    }

    /// Ends a touchpoint for good: what is in flight is waited for, all else is cancelled.
    ///
    /// - Parameters: see ``unschedule(_:of:by:)``.
    /// - Throws: As ``unschedule(_:of:by:)``.
    public func cancel(_ id: String, of campaign: String, by author: Author) async throws -> Touchpoint {
        let states: Set<Touchpoint.State> = [.scheduled, .running, .paused, .held, .stopped]
        let (touchpoint, name) = try await found(id, campaign, in: states, "cancelled")
        if try await !jobs.isTakenUp(name),
            let cancelled = try await withdrawn(touchpoint, name, to: .cancelled, by: author)
        {
            return cancelled
        }
        return try await followed(touchpoint, by: author) { desk in
            // Of one that was held there may be none.
            if let record = try desk.catalogue.latest(named: name), record.state != .ended {
                try Self.requireDone(desk.answer(ControlRequest(.cancel, name: name)))
            } else if touchpoint.state != .held {
                throw CampaignError(.conflict, "\(touchpoint.name) has just ended: there is nothing left to cancel")
            }
            try self.jobs.forget(name)
            return .cancelled
        }
    }

    // MARK: Inside

    /// A touchpoint with a webhook that stands as an order needs it, and the name of its job.
    private func found(
        _ id: String,
        _ campaign: String,
        in states: Set<Touchpoint.State>,
        _ order: String
    ) async throws -> (Touchpoint, String) {
        try await OwnThread.run { _ in
            let touchpoint = try self.touchpoint(id, of: campaign)
            guard let name = touchpoint.jobName else {
                throw CampaignError(.conflict, "\(touchpoint.name) is no webhook: nothing of it is sent")
            }
            guard states.contains(touchpoint.state) else {
                throw CampaignError(
                    .conflict,
                    "\(touchpoint.name) is \(touchpoint.state.rawValue), and is not \(order)"
                )
            }
            return (touchpoint, name)
        }
    }

    /// Waits a moment for what is in flight of a touchpoint that was cancelled.
    ///
    /// - Throws: `CampaignError` with `conflict` when that takes longer.
    func requireOver(_ touchpoint: Touchpoint) async throws {
        guard touchpoint.state == .cancelled, let name = touchpoint.jobName else { return }
        guard try await jobs.isOver(name) else {
            throw CampaignError(.conflict, "\(touchpoint.name) is just ending; try again in a moment")
        }
    }

    /// Gives an order and notes where the touchpoint stands by it, before what comes of it is followed up.
    ///
    /// - Parameter order: Gives it, and says where the touchpoint stands then.
    private func followed(
        _ touchpoint: Touchpoint,
        by author: Author,
        _ order: @escaping @Sendable (ControlDesk) throws -> Touchpoint.State
    ) async throws -> Touchpoint {
        try await OwnThread.run { [desk] _ in
            try self.turn.withLock { try self.move(touchpoint, to: order(desk), by: author) }
        }
    }

    /// Takes the job of a touchpoint back that has not begun.
    ///
    /// - Returns: Nil when it has.
    private func withdrawn(
        _ touchpoint: Touchpoint,
        _ name: String,
        to state: Touchpoint.State,
        by author: Author
    ) async throws -> Touchpoint? {
        turn.withLock { withdrawing.withLockedValue { _ = $0.insert(name) } }
        let end: @Sendable () -> Void = { self.withdrawing.withLockedValue { _ = $0.remove(name) } }
        do {
            let isWithdrawn = try await jobs.withdraw(name)
            return try await OwnThread.run { _ in
                try self.turn.withLock {
                    end()
                    return isWithdrawn ? try self.move(touchpoint, to: state, by: author) : nil
                }
            }
        } catch {
            end()
            throw error
        }
    }

    /// - Throws: `CampaignError` when an order was refused.
    static func requireDone(_ answer: ControlAnswer) throws(CampaignError) {
        switch answer.refusal {
        case nil: return
        case .ending?: throw CampaignError(.ending, answer.message)
        case .failed?: throw CampaignError(.failed, answer.message)
        case .unknown?, .ended?, .invalid?, .malformed?: throw CampaignError(.conflict, answer.message)
        }
    }

    /// Notes where somebody has put a touchpoint. The turn is held.
    func move(_ touchpoint: Touchpoint, to state: Touchpoint.State, by author: Author) throws -> Touchpoint {
        let now = currentUnixTime()
        let change = TouchpointChange(state: state, at: now, author: author.name, remark: nil)
        return try store.move(touchpoint.id, change, reason: nil, now: now)
    }

    /// Goes on with what a rule stopped, or tries once more what was held. The turn is held.
    ///
    /// - Returns: Where the touchpoint stands then.
    private func goOn(_ touchpoint: Touchpoint, _ name: String) throws -> Touchpoint.State {
        let record = try desk.catalogue.latest(named: name)
        guard let record, record.state.isFrozen, record.state != .ended else {
            guard try jobs.tryAgain(name) else {
                throw CampaignError(.conflict, "nobody is to start \(touchpoint.name) any more: schedule it again")
            }
            return .scheduled
        }
        do {
            // What keeps it back is told before it is taken.
            _ = try JobRetry(of: name, nil, in: installation)
        } catch let error as JobError {
            throw CampaignError(.conflict, error.problems.map(\.message).joined(separator: "; "), cause: error)
        } catch let error as JobRunError {
            throw CampaignError(.conflict, error.message, cause: error)
        } catch let error as AudienceError where error.code != .storage {
            throw CampaignError(.conflict, error.description, cause: error)
        }
        var order = try order(touchpoint, store.campaign(touchpoint.campaign), name)
        order.retry = RetryOrder(name: name, filter: nil)
        (order.again, order.acceptsChanges) = (false, false)
        // So that the next of those that come again follows it.
        if let rule = touchpoint.rule, let begins = touchpoint.at, let planned = record.plannedAt {
            order.series = touchpoint.occurrence(beginningAt: planned).map {
                RunSeries(rule: rule, begins: begins, time: $0.text)
            }
        }
        try jobs.forget(name)
        try Self.requireDone(jobs.take(order))
        return .running
    }
}
