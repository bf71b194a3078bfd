import FanfareDelivery

/// What became of a breaker between two looks at it.
struct BreakerNews {
    private var openings: Int64 = 0
    private var isOpen = false

    /// What happened since the last look, in its order: of openings and closings none is left out, however short they
    /// were.
    mutating func look(openings now: Int64, isOpen isOpenNow: Bool) -> [Notice.Event] {
        var events: [Notice.Event] = []
        for _ in openings..<max(openings, now) {
            if isOpen { events.append(.breakerClosed) }
            events.append(.breakerOpened)
            isOpen = true
        }
        if isOpen, !isOpenNow { events.append(.breakerClosed) }
        (openings, isOpen) = (now, isOpenNow)
        return events
    }
}
