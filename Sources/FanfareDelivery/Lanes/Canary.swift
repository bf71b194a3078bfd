/// The first contacts of a fan-out, sent alone.
///
/// The rest follows as soon as enough of them are delivered, and not at all as soon as enough of them can no longer be.
/// Retries of a canary contact count as that contact.
public struct Canary: Sendable, Hashable {
    /// How many contacts are sent first.
    public let contacts: Int
    /// How many of them must be delivered.
    public let needed: Int
    /// Contacts begun so far; those given back unsent (skipped) are replaced by others.
    public private(set) var begun: Int
    /// Of them, delivered.
    public private(set) var delivered: Int
    /// Of them, ended otherwise.
    public private(set) var failed: Int

    /// - Parameters:
    ///   - settings: Size and share.
    ///   - begun: Contacts an earlier process began.
    ///   - delivered: Of them, delivered.
    ///   - failed: Of them, ended otherwise.
    public init(_ settings: DeliverySettings.Canary, begun: Int = 0, delivered: Int = 0, failed: Int = 0) {
        contacts = max(1, settings.contacts)
        // A share such as 0.99 is not exact in binary: 99 of 100 must do.
        let share = min(max(settings.proceedAt, 0), 1)
        needed = min(contacts, Int((share * Double(contacts) - 1e-9).rounded(.up)))
        self.begun = begun
        self.delivered = delivered
        self.failed = failed
        judge()
    }

    /// Enough were delivered: nothing is held back any more.
    public var hasPassed: Bool { stop == nil && delivered >= needed }

    /// Contacts that may still be begun; `Int.max` once it has passed.
    public var freshCredit: Int { hasPassed ? Int.max : max(0, contacts - begun) }

    /// Attempts that may be in flight, first ones and others; `Int.max` once it has passed.
    ///
    /// So a canary that begins anew meets no more of what was reopened than it needs. At least 1 until it has passed
    /// or stopped.
    public var window: Int { hasPassed ? Int.max : max(0, contacts - delivered - failed) }

    /// Set when too few can still be delivered; it stays so.
    public private(set) var stop: StopReason?

    mutating func began(_ count: Int) { begun += count }

    mutating func gaveBack(_ count: Int) { begun = max(0, begun - count) }

    mutating func ended(delivered good: Bool) {
        if good { delivered += 1 } else { failed += 1 }
        judge()
    }

    private mutating func judge() {
        guard stop == nil, !hasPassed, failed > contacts - needed else { return }
        stop = .canary(delivered: delivered, failed: failed, needed: needed, contacts: contacts)
    }
}
