/// What a loop remembers of each request it has in flight; the slot's number is the transfer's token.
///
/// Thread: one loop's. Slots are kept and used again, so a steady flow allocates nothing.
struct InFlightTable<Request> {
    private var slots: [Request?] = []
    private var free: [Int] = []

    /// How many are in flight.
    var count: Int { slots.count - free.count }
    var isEmpty: Bool { count == 0 }

    /// Takes a slot; its number stays the same until it is taken out.
    mutating func insert(_ request: Request) -> UInt64 {
        if let index = free.popLast() {
            slots[index] = request
            return UInt64(index)
        }
        slots.append(request)
        return UInt64(slots.count - 1)
    }

    /// Empties a slot. Each token comes back exactly once.
    mutating func remove(_ token: UInt64) -> Request? {
        let index = Int(token)
        free.append(index)
        return slots[index].take()
    }
}

/// One request of a fan-out in flight.
struct RequestInFlight {
    var claim: Claim
    /// Which of the loop's lanes it belongs to.
    var lane: Int
    /// The contact's key: the seed of its jitter.
    var contact: Int64
    /// First 64 bits of the SHA-256 of the body sent.
    var digest: Int64
    /// Monotonic nanoseconds of its hand-over to the loop.
    var startedAt: UInt64
}
