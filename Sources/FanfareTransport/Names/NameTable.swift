/// What a resolver knows and has to do.
///
/// Values only: no thread, no clock.
struct NameTable {
    typealias Instant = ContinuousClock.Instant
    typealias Outcome = Result<[IPAddress], NameFailure>

    struct Follower {
        var token: UInt64
        var mailbox: NameMailbox
    }

    /// One name.
    ///
    /// It is due at a time, then queued, then being looked up, then due again.
    private struct Name {
        var followers: [Follower] = []
        var outcome: Outcome?
        var failuresInARow = 0
        var due: Instant?
        var lastEnded: Instant?
    }

    private struct Queued {
        var host: String
        var since: Instant
    }

    private let timing: NameResolver.Timing
    private var names: [String: Name] = [:]
    private var queue: [Queued] = []

    init(timing: NameResolver.Timing) { self.timing = timing }

    var hasQueued: Bool { !queue.isEmpty }

    /// - Returns: What is known already, for this follower alone.
    mutating func follow(_ host: String, _ follower: Follower, now: Instant) -> Outcome? {
        guard names[host] != nil else {
            names[host] = Name(followers: [follower], due: now)
            return nil
        }
        names[host]?.followers.append(follower)
        return names[host]?.outcome
    }

    mutating func unfollow(token: UInt64, mailbox: NameMailbox) {
        for host in names.keys {
            names[host]?.followers.removeAll { $0.token == token && $0.mailbox === mailbox }
            // A look-up under way ends in `finish`, which finds nobody to tell.
            if names[host]?.followers.isEmpty == true { names[host] = nil }
        }
        queue.removeAll { names[$0.host] == nil }
    }

    /// Looks the name up as soon as the last look-up is old enough.
    mutating func refresh(_ host: String, now: Instant) {
        guard let name = names[host], let due = name.due else { return }
        let earliest = name.lastEnded.map { max(now, $0 + timing.shortestInterval) } ?? now
        names[host]?.due = min(due, earliest)
    }

    /// Queues what is due.
    ///
    /// - Returns: How many names joined the queue.
    mutating func queueDue(now: Instant) -> Int {
        let due = names.filter { $0.value.due.map { $0 <= now } ?? false }.keys.sorted()
        for host in due {
            names[host]?.due = nil
            queue.append(Queued(host: host, since: now))
        }
        return due.count
    }

    /// Whether the oldest in the queue has waited so long that the threads at work must be hanging.
    func queueIsStuck(now: Instant) -> Bool {
        queue.first.map { now - $0.since >= timing.hangingAfter } ?? false
    }

    /// When something has to be done next.
    func nextInstant() -> Instant? {
        let due = names.values.compactMap(\.due).min()
        let stuck = queue.first.map { $0.since + timing.hangingAfter }
        return [due, stuck].compactMap(\.self).min()
    }

    mutating func takeQueued() -> String? { queue.isEmpty ? nil : queue.removeFirst().host }

    /// - Returns: Whom to tell what: only what is new to them.
    mutating func finish(_ host: String, _ outcome: Outcome, now: Instant) -> (followers: [Follower], outcome: Outcome)?
    {
        guard var name = names[host] else { return nil }
        defer { names[host] = name }
        name.lastEnded = now
        switch outcome {
        case .success: name.failuresInARow = 0
        case .failure: name.failuresInARow += 1
        }
        name.due = now + timing.pause(afterFailures: name.failuresInARow)
        // A name that has addresses keeps them while its look-ups fail.
        if case .failure = outcome, case .success? = name.outcome { return nil }
        guard name.outcome != outcome else { return nil }
        name.outcome = outcome
        return (name.followers, outcome)
    }
}
