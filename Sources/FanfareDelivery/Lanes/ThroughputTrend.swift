/// Whether more in flight brings more throughput, from how long attempts take at each level of the limit.
///
/// By Little's law the throughput of a lane that keeps its limit full is the limit divided by the mean duration. So
/// twice as much in flight at the same duration is twice the throughput, and at twice the duration is none at all; a
/// duration that merely rises does not matter. Levels are a doubling apart, and an attempt belongs to the level in
/// which it began, whenever it ends. Answers that come in bursts, as they do when a receiver takes a fixed time, cannot
/// mislead this, as they would a count per second.
struct ThroughputTrend: Sendable {
    /// How long the first attempts took that began while the limit was between this level's and twice that.
    struct Level: Sendable {
        let limit: Int
        let began: UInt64
        /// So many are looked at: as the limit goes on growing, the later ones would make a level seem slower.
        let wanted: Int
        private(set) var answers = 0
        private var total: UInt64 = 0

        static let none = Level(limit: 0, began: .max, wanted: 0)

        init(limit: Int, began: UInt64, wanted: Int) {
            self.limit = limit
            self.began = began
            self.wanted = wanted
        }

        /// Enough was seen to compare it.
        var isKnown: Bool { limit > 0 && answers == wanted }
        var mean: Double { Double(total) / Double(max(1, answers)) }

        mutating func answered(after duration: UInt64) {
            if answers == wanted { return }
            answers += 1
            total &+= duration
        }
    }

    private var oldest = Level.none
    private var middle = Level.none
    private(set) var newest: Level
    private var middleJudged = false
    private var flatsInRow = 0

    init(limit: Int, now: UInt64) {
        newest = Level(limit: limit, began: now, wanted: max(8, limit / 2))
    }

    /// The limit has grown.
    mutating func reached(_ limit: Int, maximum: Int, now: UInt64) {
        let isLast = limit == maximum && limit * 2 >= newest.limit * 3
        if limit >= newest.limit * 2 || isLast { begin(limit, now: now) }
    }

    /// A new level begins.
    mutating func begin(_ limit: Int, now: UInt64) {
        oldest = middle
        middle = newest
        newest = Level(limit: limit, began: now, wanted: max(8, limit / 2))
        middleJudged = false
    }

    /// An attempt was answered.
    mutating func answered(startedAt: UInt64, now: UInt64) {
        let duration = now - min(startedAt, now)
        if startedAt >= newest.began {
            newest.answered(after: duration)
        } else if startedAt >= middle.began {
            middle.answered(after: duration)
        } else if startedAt >= oldest.began {
            oldest.answered(after: duration)
        }
    }

    /// Set once when two doublings in a row have brought next to nothing: the first of their levels.
    ///
    /// One is not enough: few answers, or a receiver that is just warming up, look the same.
    mutating func plateau() -> Int? {
        guard !middleJudged, middle.isKnown, oldest.isKnown else { return nil }
        middleJudged = true
        flatsInRow = Self.isFlat(from: oldest, to: middle) ? flatsInRow + 1 : 0
        return flatsInRow >= 2 ? oldest.limit : nil
    }

    /// Whether the newest level brought next to nothing over the one before the last; nil: not enough was seen yet.
    ///
    /// The one between is left out: in it connections were still being made.
    var trialIsFlat: Bool? {
        newest.isKnown && oldest.isKnown ? Self.isFlat(from: oldest, to: newest) : nil
    }

    /// Less than a quarter of the throughput that the additional attempts would bring to a receiver with room for them.
    private static func isFlat(from low: Level, to high: Level) -> Bool {
        let ratio = Double(high.limit) / Double(low.limit)
        return ratio * low.mean < (1 + (ratio - 1) / 4) * high.mean
    }
}
