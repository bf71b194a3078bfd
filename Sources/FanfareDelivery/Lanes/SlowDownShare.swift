/// Tells whether 429 and 503 ask for fewer requests at a time, or are some receiver's way whatever the load.
///
/// Too much is a share above what is tolerated, at first 2 %, of the last hundred answers (of a round's, where that is
/// longer), and three answers at least (two while the limit is small). A limit is then halved, and the next hundred answers are **watched**: where at
/// least two of them still ask for less, but no more than 15, asking for less has not helped. Three times that share, at
/// most 15 %, is tolerated from then on. A halving that did help halves what is tolerated.
struct SlowDownShare: Sendable, Hashable {
    /// What an answer came to.
    enum Finding: Sendable, Hashable {
        case nothing
        /// The limit should be halved.
        case tooMuch
        /// The last halving did not help: the receiver answers so whatever the load.
        case harmless
    }

    static let leastTolerated = 0.02
    static let mostTolerated = 0.15
    static let span = 100
    /// In rounds up to this one two are enough, or a receiver of small capacity would be asked in vain too often.
    static let smallRound = 8

    private(set) var tolerated = leastTolerated
    private var answers = 0
    private var slowDowns = 0
    /// What follows a halving is watched: meanwhile the limit must stay, or nothing is learned.
    private(set) var isWatching = false

    /// One answer.
    ///
    /// - Parameters:
    ///   - asksForLess: It was a 429 or 503.
    ///   - round: As many answers as may be in flight.
    mutating func answered(asksForLess: Bool, round: Int) -> Finding {
        answers += 1
        if asksForLess { slowDowns += 1 }
        let few = round <= Self.smallRound ? 2 : 3
        return isWatching ? watched(few) : looked(few, span: max(Self.span, round))
    }

    /// A limit was halved for it: what follows is watched.
    mutating func halved() {
        begin()
        isWatching = true
    }

    /// Another limit, or another time: what was seen says nothing about it.
    mutating func begin() {
        answers = 0
        slowDowns = 0
        isWatching = false
    }

    private mutating func looked(_ few: Int, span: Int) -> Finding {
        if slowDowns >= few, Double(slowDowns) > tolerated * Double(span) { return .tooMuch }
        if answers >= span { begin() }
        return .nothing
    }

    private mutating func watched(_ few: Int) -> Finding {
        let most = Self.mostTolerated * Double(Self.span)
        if slowDowns >= few, slowDowns * 2 > answers || Double(slowDowns) > most { return .tooMuch }
        if answers < Self.span { return .nothing }
        let share = Double(slowDowns) / Double(answers)
        let isHarmless = slowDowns > 1
        tolerated =
            isHarmless
            ? min(Self.mostTolerated, max(Self.leastTolerated, 3 * share)) : max(Self.leastTolerated, tolerated / 2)
        begin()
        return isHarmless ? .harmless : .nothing
    }
}
