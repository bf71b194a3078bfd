import Fanfare

/// An engine with one fan-out on it, from its start to its end: what every command that delivers goes through.
struct DeliverySession {
    let options: EngineOptions
    let console: RunConsole
    let interruption: Interruption
    /// Takes the operator's orders; nil: nobody can give any.
    var desk: ControlDesk?

    /// Delivers, shows progress, and ends in good order when an end is asked for.
    ///
    /// - Throws: `TransportError`, `StoreError` when it cannot begin.
    func deliver(_ plan: FanOutPlan) async throws -> FanOutEnd {
        let engine = try DeliveryEngine(options.configuration(console.screen))
        defer { engine.close() }
        let running = try desk?.start(plan, on: engine) ?? engine.start(plan)
        interruption.onRequest { running.stop() }
        let view = Task { await console.watch(running) }
        let end = await running.end()
        desk?.ended()
        view.cancel()
        await view.value
        return end
    }
}
