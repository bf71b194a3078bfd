public import FanfareDelivery
import FanfareStore

/// A fan-out with what a list of them shows.
public struct FanOutOverview: Sendable, Hashable {
    /// What the catalogue knows of it.
    public let record: FanOutRecord
    /// Its deliveries by state: nothing before it was chosen who receives, and where a ledger is damaged or gone.
    public let counts: StateCounts
    /// What was ordered for it.
    public let orders: FanOutOrders
    /// Whether it is to send nothing, by whatever order.
    public let isHeld: Bool
    /// Which part of its audience it goes to, in words without an address; empty: all of it, or the job is not there
    /// any more.
    public let selection: String
}

extension Installation {
    /// How a fan-out stands; blocks.
    ///
    /// - Throws: `StoreError` when the catalogue cannot be read. A ledger that cannot be read says why where it is asked
    ///   for itself; a list of all has the others all the same.
    public func overview(of record: FanOutRecord) throws -> FanOutOverview {
        let ledger = ledger(of: record)
        let isThere = record.prunedAt == nil && Durability.fileExists(ledger.path)
        var counts = record.counts
        if counts == nil, isThere { counts = try? ledger.progress().currentCounts }
        let orders = try orders(for: record)
        return FanOutOverview(
            record: record,
            counts: counts ?? StateCounts(),
            orders: orders,
            isHeld: try orders.isPaused || pulledStop() != nil,
            selection: isThere ? (try? selection(in: ledger)) ?? "" : ""
        )
    }

    private func selection(in ledger: Ledger) throws -> String {
        let settings = try ReportSettings(sealer().open(ledger.job(), for: "job")).settings
        func value(_ key: String) -> String? { settings.first { $0.key == key }?.value }
        if let tag = value("audience.tag") { return "Contacts with the tag \(tag)" }
        return value("audience.segment").map { "Contacts of the segment: \($0)" } ?? ""
    }
}
