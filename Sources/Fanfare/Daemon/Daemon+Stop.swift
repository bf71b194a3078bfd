public import FanfareControl

extension Daemon {
    /// Since when, by whom and why everything is stopped; nil: it is not.
    public var stop: PulledStop? { desk.stopSwitch.pulled }

    /// Stops everything, fan-outs and the webhooks of audiences and batches, until ``resumeAll()``, over restarts too.
    /// What is in flight ends by itself. Blocks.
    ///
    /// - Parameter order: Who wants it, and why.
    /// - Returns: With a refusal when it cannot be noted; nothing is sent all the same.
    public func stopAll(_ order: StopOrder) -> ControlAnswer { desk.stopAll(order) }

    /// Lets everything go on that nothing else keeps. Blocks.
    ///
    /// - Returns: With a refusal when it cannot be noted; then all stays stopped.
    public func resumeAll() -> ControlAnswer { desk.resumeAll() }
}
