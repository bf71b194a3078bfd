import ArgumentParser
import Fanfare

/// Sends what is reopened: what `retry` and `deliveries resend` share.
struct ReopenedDelivery {
    let engine: EngineOptions
    let data: DataOptions
    let json: Bool
    let limit: OpenFileLimit
    let installation: Installation

    /// What is shown while it delivers.
    var screen: Screen { get throws { Screen(format: try engine.log.format) } }

    private func console(of retry: JobRetry) throws -> RunConsole {
        let name = retry.record.name
        let resumption = "fanfare retry \(name.quotedForShell) --go-on\(data.hint)\(engine.hint)"
        var console = RunConsole(name: name, json: json, resumption: resumption, dataHint: data.hint)
        console.resumptionOfMended = resumption
        console.engineHint = engine.hint
        console.screen = try screen
        return console
    }

    /// Has the daemon that owns the directory do it, and shows that.
    ///
    /// - Parameters:
    ///   - order: What is sent again.
    ///   - retry: The same, as it was chosen here.
    ///   - interruption: Leaves the view.
    ///   - owned: Thrown when the owner is no daemon.
    ///   - showsComplete: Whether a summary is shown when it is complete.
    /// - Returns: What to exit with.
    func handOver(
        _ order: RetryOrder,
        _ retry: JobRetry,
        _ interruption: Interruption,
        insteadOf owned: StoreError,
        showsComplete: Bool = true
    ) async throws -> ExitCode {
        var run = RunOrder(retry: order, environment: retry.job.environmentHere)
        try run.take(engine)
        let console = try console(of: retry)
        var view = HandedRunView(data: data.directory, console: console, job: retry.job, interruption: interruption)
        view.showsComplete = showsComplete
        guard let handed = try await view.handOver(run) else { throw owned }
        return try await view.follow(handed)
    }

    /// Reopens, delivers, writes into the catalogue how it ended, and shows it.
    ///
    /// - Parameter show: Called when it has ended, before anybody is notified.
    func deliver(
        _ retry: JobRetry,
        _ interruption: Interruption,
        show: (JobRun, FanOutEnd, RunConsole) throws -> Void
    ) async throws -> FanOutEnd {
        let console = try console(of: retry)
        let metrics = try await engine.startMetrics(console.screen)
        var run = try retry.begin()
        try installation.takeFromDaemon(retry.record.id)
        let settings = retry.job.job.delivery
        let orders = try OrderDesk(for: run, settings, limit, loops: engine.loops, installation)
        defer { console.close(orders) }
        if let warning = orders.warning { console.warn(warning) }
        var (plan, unsettled) = try run.plan()
        console.follows(orders.desk.orders, orders.desk.stop, job: settings)
        if let warning = orders.fit(&plan.settings) { console.warn(warning) }
        let counts = try plan.ledger.progress().counts
        console.begins(
            total: counts.total - counts.final,
            unsettled: unsettled,
            whenUncertain: plan.settings.whenUncertain
        )
        var session = DeliverySession(options: engine, console: console, interruption: interruption, desk: orders.desk)
        session.metrics = metrics
        session.notifier = try engine.notifier(retry.job.job.notify, console.screen)
        return try await session.deliver(plan) { end in
            try run.settle(end)
            try show(run, end, console)
        }
    }
}
