import Fanfare

/// An engine with one fan-out on it, from its start to its end: what every command that delivers goes through.
struct DeliverySession {
    let options: EngineOptions
    let console: RunConsole
    let interruption: Interruption
    /// What offers metrics already; nil: this begins it, where it is asked for.
    var metrics: MetricsServer?

    /// Delivers, shows progress, and ends in good order when an end is asked for.
    ///
    /// - Throws: `TransportError`, `StoreError` when it cannot begin.
    func deliver(_ plan: FanOutPlan) async throws -> FanOutEnd {
        console.screen.format = try options.log.format
        let metrics =
            if let metrics = self.metrics { metrics } else { try await options.startMetrics(console.screen) }
        let engine = try DeliveryEngine(options.configuration(console.screen))
        defer { engine.close() }
        let running = try engine.start(plan)
        metrics?.offer { FanOutMetrics.write([running], to: &$0) }
        interruption.onRequest { running.stop() }
        let view = Task { await console.watch(running) }
        let end = await running.end()
        view.cancel()
        await view.value
        return end
    }
}
