import Fanfare

/// An engine with one fan-out on it, from its start to its end: what every command that delivers goes through.
struct DeliverySession {
    let options: EngineOptions
    let console: RunConsole
    let interruption: Interruption

    /// Delivers, shows progress, and ends in good order when an end is asked for.
    ///
    /// - Throws: `TransportError`, `StoreError` when it cannot begin.
    func deliver(_ plan: FanOutPlan) async throws -> FanOutEnd {
        var plan = plan
        if let proxy = try options.network.proxy() { plan.endpoint.proxy = proxy }
        console.tellsWayToReceiver(plan.endpoint)
        let engine = try DeliveryEngine(options.configuration(console.screen))
        defer { engine.close() }
        let running = try engine.start(plan)
        interruption.onRequest { running.stop() }
        let view = Task { await console.watch(running) }
        let end = await running.end()
        view.cancel()
        await view.value
        return end
    }
}
