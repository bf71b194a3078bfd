import Fanfare
import Logging

/// An engine with one fan-out on it, from its start to its end: what every command that delivers goes through.
struct DeliverySession {
    let options: EngineOptions
    let console: RunConsole
    let interruption: Interruption
    /// Takes the operator's orders; nil: nobody can give any.
    var desk: FanOutDesk?
    /// What offers metrics already; nil: this begins it, where it is asked for.
    var metrics: MetricsServer?
    /// Who is told how it fares.
    var notifier: Notifier?

    /// Delivers, shows progress, and ends in good order when an end is asked for.
    ///
    /// - Parameters:
    ///   - plan: What is delivered.
    ///   - settle: Writes down and shows how it ended, before anybody is told.
    /// - Returns: How it ended, when those who are to be told have been, or are not waited for any longer.
    /// - Throws: `TransportError`, `StoreError` when it cannot begin; what `settle` throws.
    func deliver(_ plan: FanOutPlan, settle: (FanOutEnd) throws -> Void = { _ in }) async throws -> FanOutEnd {
        console.screen.format = try options.log.format
        var plan = plan
        if let proxy = try options.network.proxy() { plan.endpoint.proxy = proxy }
        console.tellsWayToReceiver(plan.endpoint)
        let metrics =
            if let metrics = self.metrics { metrics } else { try await options.startMetrics(console.screen) }
        let configuration = try options.configuration(console.screen)
        let engine = try DeliveryEngine(configuration)
        defer { engine.close() }
        let running = try desk?.start(plan, on: engine) ?? engine.start(plan)
        metrics?.offer { FanOutMetrics.write([running], to: &$0) }
        interruption.onRequest { running.stop() }
        let view = Task { await console.watch(running) }
        return try await running.end(telling: notifier) { end in
            desk?.ended()
            view.cancel()
            await view.value
            try settle(end)
        }
    }
}
