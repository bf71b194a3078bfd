/// Parts of a frozen set that may go out one after the other: ranges of ordinals, each with its time.
public struct Waves: Sendable, Hashable {
    /// One part.
    public struct Wave: Sendable, Hashable {
        /// The first of its ordinals; the last one is that before the next wave's.
        public let first: Int64
        /// When it may go out: Unix seconds, no earlier than the wave before.
        public let dueAt: Int64

        /// - Parameters: see the properties of the same names.
        public init(first: Int64, dueAt: Int64) { (self.first, self.dueAt) = (first, dueAt) }
    }

    /// In the order of their ordinals; the first has ordinal 1. Empty: all may go out at once.
    public let waves: [Wave]

    /// - Parameter waves: see the property of the same name.
    public init(_ waves: [Wave] = []) { self.waves = waves }

    /// Parts of one size, as nearly as can be, at equal distances of time.
    ///
    /// - Parameters:
    ///   - count: How many; fewer where there are fewer recipients.
    ///   - total: The size of the frozen set.
    ///   - start: When the first goes: Unix seconds.
    ///   - delay: Seconds between the starts of two.
    static func batches(_ count: Int, of total: Int64, from start: Int64, every delay: Int64) -> Waves {
        let count = Int64(count)
        // Whole hundreds of millions times a thousand: far from what 64 bits hold.
        let firsts = (0..<count).map { 1 + total * $0 / count }
        let waves = firsts.indices.filter { $0 == 0 || firsts[$0] > firsts[$0 - 1] }.enumerated().map { place, index in
            Wave(first: firsts[index], dueAt: start + Int64(place) * delay)
        }
        return Waves(waves)
    }

    /// How many are open by a time.
    func open(at unixTime: Int64) -> Int { waves.prefix { $0.dueAt <= unixTime }.count }

    /// The last ordinal that may go out when so many are open.
    func lastOrdinal(open: Int) -> Int64 { open < waves.count ? waves[open].first - 1 : .max }
}

/// How a fan-out is parted when it is frozen.
public enum WavePlan: Sendable, Hashable {
    /// So many parts of one size, the first at a Unix second, with so many seconds between the starts of two.
    case batches(Int, start: Int64, delay: Int64)
    /// One part for each time at which it is due somewhere.
    case zones(ZonePlan)
}

/// When contacts are due by the zones that they have.
public struct ZonePlan: Sendable, Hashable {
    /// Unix seconds, by the name of a zone as contacts have it.
    public let due: [String: Int64]
    /// The same for contacts with another zone, or none.
    public let dueElsewhere: Int64
    /// Who is due before this is skipped; nil: nobody is.
    public let skipsBefore: Int64?

    /// - Parameters: see the properties of the same names.
    public init(due: [String: Int64], dueElsewhere: Int64, skipsBefore: Int64? = nil) {
        (self.due, self.dueElsewhere, self.skipsBefore) = (due, dueElsewhere, skipsBefore)
    }
}
