import FanfareControl
public import FanfareDelivery

/// Where a process that runs a fan-out takes the operator's orders: the desk, and the socket at which others reach it.
public struct OrderDesk: Sendable {
    /// Follows the orders.
    public let desk: FanOutDesk
    /// Why nobody can give orders; nil: they can. A run that cannot be steered still delivers.
    public let warning: String?
    private let server: ControlServer?
    private let limit: OpenFileLimit
    private let loops: Int

    /// Takes orders for a run from now on.
    ///
    /// - Parameters:
    ///   - run: The run.
    ///   - settings: What its job says.
    ///   - limit: What `max_in_flight` is lowered to.
    ///   - loops: Threads that drive requests.
    ///   - installation: Owned by this process.
    /// - Throws: `StoreError`.
    public init(
        for run: JobRun,
        _ settings: DeliverySettings,
        _ limit: OpenFileLimit,
        loops: Int,
        _ installation: Installation
    ) throws {
        (self.limit, self.loops) = (limit, loops)
        let control = try ControlDesk(installation)
        desk = try control.takeUp(run.record.id, settings) { limit.cap(&$0, loops: loops) }
        do {
            (server, warning) = (try control.listen(), nil)
        } catch {
            (server, warning) = (nil, "this run takes no orders (pause, resume, cancel, set): \(error)")
        }
    }

    /// The same at a desk that others share and that is listened for already.
    ///
    /// - Throws: `StoreError`.
    init(
        for run: JobRun,
        _ settings: DeliverySettings,
        _ limit: OpenFileLimit,
        loops: Int,
        at control: ControlDesk
    ) throws {
        (self.limit, self.loops, server, warning) = (limit, loops, nil, nil)
        desk = try control.takeUp(run.record.id, settings) { limit.cap(&$0, loops: loops) }
    }

    /// Makes settings what was ordered, as far as this process can hold it.
    ///
    /// - Returns: A warning, as a sentence; nil when all fits.
    public func fit(_ settings: inout DeliverySettings) -> String? {
        settings = desk.orders.change.applied(to: settings)
        return limit.cap(&settings, loops: loops)
    }

    /// Takes no more orders.
    ///
    /// - Throws: `StoreError` when the lock file cannot be written.
    public func close() throws {
        guard let server else { return }
        desk.desk.close()
        try server.close()
    }
}
