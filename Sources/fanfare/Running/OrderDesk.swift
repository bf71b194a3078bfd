import Fanfare

/// Where a command that delivers takes the operator's orders: the desk, and the socket at which others reach it.
struct OrderDesk {
    let desk: ControlDesk
    private let server: ControlServer?
    private let console: RunConsole

    /// Takes orders for a run from now on.
    ///
    /// A run that cannot be steered still delivers: the operator is told, and can stop it with Ctrl-C.
    ///
    /// - Parameter settings: What its job says.
    init(
        for run: JobRun,
        _ settings: DeliverySettings,
        _ limit: OpenFileLimit,
        loops: Int,
        _ installation: Installation,
        _ console: RunConsole
    ) throws {
        self.console = console
        desk = try ControlDesk(installation) { limit.cap(&$0, loops: loops) }
        try desk.takeUp(run.record.id, settings)
        do {
            server = try desk.listen()
        } catch {
            console.warn("this run takes no orders (pause, resume, cancel, set): \(error)")
            server = nil
        }
    }

    /// Takes no more orders.
    func close() {
        do { try server?.close() } catch { console.warn("\(error)") }
    }
}
