import Dispatch
import Glibc
import NIOConcurrencyHelpers

/// The threads of a resolver.
///
/// Each holds on to this; it goes when the last has ended.
final class ResolverCore: Sendable {
    private struct State {
        var table: NameTable
        var threads = 0
        var idle = 0
        var isClosed = false
    }

    /// Threads that stay when there is nothing to do.
    private static let kept = 2

    private let state: NIOLockedValueBox<State>
    private let maxThreads: Int
    private let lookUp: LookUp
    /// Counts the queued names.
    private let work = DispatchSemaphore(value: 0)
    /// Wakes the planner.
    private let changed = DispatchSemaphore(value: 0)

    init(timing: NameResolver.Timing, threads: Int, lookUp: LookUp) {
        state = NIOLockedValueBox(State(table: NameTable(timing: timing)))
        maxThreads = threads
        self.lookUp = lookUp
    }

    func start() throws(TransportError) {
        _ = try LoopThread(name: "names-plan") { [self] in plan() }
    }

    func close() {
        let threads = state.withLockedValue { state in
            state.isClosed = true
            return state.threads
        }
        changed.signal()
        (0..<threads).forEach { _ in work.signal() }
    }

    func follow(_ host: String, _ follower: NameTable.Follower) {
        let known = state.withLockedValue { $0.table.follow(host, follower, now: .now) }
        if let known {
            follower.mailbox.post(NameUpdate(token: follower.token, host: host, outcome: known))
        } else {
            changed.signal()
        }
    }

    func unfollow(token: UInt64, mailbox: NameMailbox) {
        state.withLockedValue { $0.table.unfollow(token: token, mailbox: mailbox) }
    }

    func refresh(_ host: String) {
        state.withLockedValue { $0.table.refresh(host, now: .now) }
        changed.signal()
    }

    /// The planner's thread: queues what is due, and sees to it that somebody looks it up.
    private func plan() {
        while true {
            let now = ContinuousClock.now
            let (queued, needed, next) = state.withLockedValue { state in
                let queued = state.table.queueDue(now: now)
                let needed = Self.threadsNeeded(state, now: now, max: maxThreads)
                state.threads += needed
                return (queued, needed, state.isClosed ? now : state.table.nextInstant())
            }
            if state.withLockedValue(\.isClosed) { return }
            (0..<needed).forEach { _ in startThread() }
            (0..<queued).forEach { _ in work.signal() }
            wait(until: next, now: now)
        }
    }

    private static func threadsNeeded(_ state: State, now: NameTable.Instant, max: Int) -> Int {
        guard state.table.hasQueued, state.threads < max else { return 0 }
        if state.threads < kept { return min(kept, max) - state.threads }
        return state.idle == 0 && state.table.queueIsStuck(now: now) ? 1 : 0
    }

    private func wait(until next: NameTable.Instant?, now: NameTable.Instant) {
        guard let next else { return changed.wait() }
        // Not below a moment: a queue that is stuck with all threads at work stays due.
        let pause = Int(min(max((next - now).milliseconds, 20), 60_000))
        _ = changed.wait(timeout: .now() + .milliseconds(pause))
    }

    private func startThread() {
        do {
            _ = try LoopThread(name: "names") { [self] in lookUpNames() }
        } catch {
            giveUp(error)
        }
    }

    /// No thread could be had.
    ///
    /// Those there are will get to it; without any the names fail.
    private func giveUp(_ error: TransportError) {
        let hosts = state.withLockedValue { state in
            state.threads -= 1
            guard state.threads == 0 else { return [String]() }
            var hosts: [String] = []
            while let host = state.table.takeQueued() { hosts.append(host) }
            return hosts
        }
        let failure = NameFailure(code: EAI_AGAIN, message: error.description)
        for host in hosts { finish(host, .failure(failure)) }
    }

    /// A thread that looks up.
    private func lookUpNames() {
        while waitForWork() {
            guard let host = state.withLockedValue({ $0.table.takeQueued() }) else { continue }
            finish(host, lookUp.body(host))
            if leavesForGood() { return }
        }
    }

    /// False: the resolver is closed.
    private func waitForWork() -> Bool {
        state.withLockedValue { $0.idle += 1 }
        work.wait()
        return state.withLockedValue { state in
            state.idle -= 1
            if state.isClosed { state.threads -= 1 }
            return !state.isClosed
        }
    }

    private func leavesForGood() -> Bool {
        state.withLockedValue { state in
            guard state.threads > Self.kept, !state.table.hasQueued else { return false }
            state.threads -= 1
            return true
        }
    }

    private func finish(_ host: String, _ outcome: NameTable.Outcome) {
        let news = state.withLockedValue { $0.table.finish(host, outcome, now: .now) }
        for follower in news?.followers ?? [] {
            follower.mailbox.post(NameUpdate(token: follower.token, host: host, outcome: news?.outcome ?? outcome))
        }
        changed.signal()
    }
}
