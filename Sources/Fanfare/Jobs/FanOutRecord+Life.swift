public import FanfareDelivery

extension FanOutRecord {
    /// What becomes of a fan-out whose ledger is missing when a new run is begun.
    func abandoned(at now: Int64) -> FanOutRecord {
        var record = self
        record.state = .ended
        record.endedAt = now
        record.stopReason = "its ledger was missing when a new run was begun"
        return record
    }
}

extension FanOutRecord.State {
    /// Whether the recipient set is fixed.
    public var isFrozen: Bool { self == .running || self == .stopped || self == .ended }
}
