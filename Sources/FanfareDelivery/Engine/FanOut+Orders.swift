import NIOConcurrencyHelpers

/// What the operator orders of a fan-out under way.
extension FanOut {
    /// - Returns: Which pause this is, for ``isQuiet(since:loops:)``; nil: it was paused already.
    func pause(by order: PauseReasons) -> Int? {
        let now = Clocks.monotonic()
        let number: Int? = shared.withLockedValue { shared in
            if shared.lane.pauses.isSuperset(of: order) { return nil }
            shared.pause(by: order, now: now)
            return shared.pauses
        }
        if number != nil { journal.paused(by: order) }
        signal.raise()
        return number
    }

    /// - Returns: Whether it was paused.
    func resume(by order: PauseReasons) -> Bool {
        let wasPaused = read { $0.lane.pauses.isSuperset(of: order) }
        resume(order)
        if wasPaused { journal.resumed(by: order) }
        return wasPaused
    }

    /// It began paused, and nobody has resumed it: it does not end by itself either, as what is left of it may be for
    /// somebody to decide.
    var isHeldSinceStart: Bool {
        let orders = plan.startsPausedBy
        return !orders.isEmpty && read { !$0.lane.pauses.isDisjoint(with: orders) }
    }

    /// A loop has seen a pause, and has taken back what it had not begun to send.
    func isQuiet(_ pause: Int) {
        shared.withLockedValue { shared in
            if shared.pauses == pause { shared.quietLoops += 1 }
        }
    }

    /// Whether no loop begins to send anything until it is resumed; also true once it was resumed, or has ended.
    func isQuiet(since pause: Int, loops: Int) -> Bool {
        shared.withLockedValue { shared in
            shared.pauses != pause || shared.lane.pauses.isDisjoint(with: .orders) || shared.quietLoops >= loops
                || shared.detachedLoops > 0
        }
    }

    /// Rate, number in flight and deadline hold from now on; what was asked for beyond the new lead is asked back.
    ///
    /// - Throws: ``InvalidDeliverySettings``; then nothing has changed.
    func change(_ change: SettingsChange) throws(InvalidDeliverySettings) -> DeliverySettings {
        let now = Clocks.monotonic()
        let outcome = shared.withLockedValue { shared -> Result<DeliverySettings, InvalidDeliverySettings> in
            let settings = change.applied(to: shared.settings)
            let problems = settings.problems
            if !problems.isEmpty { return .failure(InvalidDeliverySettings(problems: problems)) }
            shared.settings = settings
            shared.retry = RetryPolicy(settings)
            shared.lane.change(to: settings, now: now)
            return .success(settings)
        }
        let settings = try outcome.get()
        claimer.change(lead: settings.watermarkLead, unixTime: Clocks.unixTime())
        journal.changed(to: settings)
        return settings
    }

    /// Opens or closes the lane as the job's window is open or closed by now.
    ///
    /// - Parameter localTime: See `SendWindow.isOpen(at:)`.
    /// - Returns: Whether that is a change.
    func follow(_ window: SendWindow, localTime: Int64) -> Bool {
        let now = Clocks.monotonic()
        let isOpen = window.isOpen(at: localTime)
        let opening = isOpen ? nil : window.opening(after: localTime)
        let isChange = shared.withLockedValue { shared in
            shared.opening = opening
            guard isOpen == shared.lane.pauses.contains(.outsideWindow) else { return false }
            if isOpen {
                shared.lane.resume(.outsideWindow, now: now)
            } else {
                shared.lane.pause(.outsideWindow, now: now)
            }
            return true
        }
        if isChange { journal.window(opensNext: opening) }
        return isChange
    }

    /// Lets the waves go whose time has come; one that is open stays so, whatever the clock does.
    ///
    /// - Returns: Whether there is one more.
    func openWaves(unixTime: Int64) -> Bool {
        let due = waves.open(at: unixTime)
        let isMore = shared.withLockedValue { shared in
            guard due > shared.openWaves else { return false }
            shared.openWaves = due
            return true
        }
        guard isMore else { return false }
        claimer.open(upTo: waves.lastOrdinal(open: due))
        journal.opened(wave: due, of: waves.waves.count)
        return true
    }

    func requestCancel() {
        shared.withLockedValue { $0.isCancelRequested = true }
        signal.raise()
    }

    var isCancelRequested: Bool { shared.withLockedValue { $0.isCancelRequested } }
}

extension FanOut.Shared {
    mutating func pause(by order: PauseReasons, now: UInt64) {
        lane.pause(order, now: now)
        pauses += 1
        quietLoops = 0
    }
}
