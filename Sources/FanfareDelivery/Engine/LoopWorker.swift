import FanfarePayload
import FanfareTransport
import Glibc

/// One loop's turn: lanes pull, the batch is rendered and signed, libcurl works, what ended becomes outcomes.
///
/// Thread: its loop's. Nothing is rendered before its lane may send it.
final class LoopWorker {
    /// Deliveries that one lane may start in one turn, so that lanes take short turns, and so that what is under way
    /// towards a fast receiver fits a second cache of 512 KB: a transfer goes through some 13 KB of libcurl's and the
    /// loop's memory.
    private static let quantum = 24
    private static let completionCapacity = 1024
    /// Longest time without a look around, in nanoseconds.
    private static let idle: UInt64 = 100_000_000

    private var loop: DeliveryLoop
    private let mailbox: LoopMailbox
    private let names: NameResolver
    private let nameMailbox: NameMailbox
    /// By the index that their requests in flight carry; nil: free.
    private(set) var lanes: [LoopLane?] = []
    private var table = InFlightTable<RequestInFlight>()
    private let completions: UnsafeMutableBufferPointer<TransferCompletion>
    private var firstLane = 0
    /// How many lanes there have been.
    private var nameTokens: UInt64 = 0

    init(loop: consuming DeliveryLoop, mailbox: LoopMailbox, waker: Waker, names: NameResolver) {
        self.loop = loop
        self.mailbox = mailbox
        self.names = names
        nameMailbox = NameMailbox(waker: waker)
        completions = .allocate(capacity: Self.completionCapacity)
    }

    deinit { completions.deallocate() }

    /// Runs until told to end; by then its lanes have been removed.
    func run() {
        while !takeCommands() {
            let now = Clocks.monotonic()
            var wake = now + Self.idle
            for turn in lanes.indices {
                let index = (firstLane + turn) % lanes.count
                guard let lane = lanes[index] else { continue }
                if let next = lane.dispatch(&loop, &table, quantum: Self.quantum, now: now) {
                    wake = min(wake, max(next, now))
                }
            }
            firstLane = lanes.isEmpty ? 0 : (firstLane + 1) % lanes.count
            poll(until: wake, now: now)
        }
    }

    private func poll(until wake: UInt64, now: UInt64) {
        let milliseconds = Int32((wake - now + 999_999) / 1_000_000)
        do {
            let count = try loop.poll(into: completions, timeoutMilliseconds: milliseconds)
            if count > 0 { settle(UnsafeMutableBufferPointer(rebasing: completions[..<count])) }
        } catch {
            for lane in lanes { lane?.fanOut.fail(error) }
            // A loop that has failed answers at once, and for ever: orders are all that is still taken.
            usleep(useconds_t(Self.idle / 1000))
        }
    }

    /// Turns completions into outcomes, lane by lane.
    private func settle(_ completions: UnsafeMutableBufferPointer<TransferCompletion>) {
        let now = Clocks.monotonic()
        for completion in completions {
            guard let slot = table.remove(completion.token) else { continue }
            lanes[slot.lane]?.ended.append((slot, completion))
        }
        for lane in lanes { lane?.settle(loop, now: now) }
    }

    /// - Returns: Whether the worker is to end.
    private func takeCommands() -> Bool {
        for command in mailbox.take() {
            switch command {
            case .add(let fanOut): add(fanOut)
            case .remove(let fanOut): remove(fanOut)
            case .end: return true
            }
        }
        takeNames()
        return false
    }

    private func takeNames() {
        for update in nameMailbox.drain() {
            guard let lane = lanes.first(where: { $0?.nameToken == update.token }) ?? nil else { continue }
            do { try lane.update(update.outcome, loop) } catch { lane.fanOut.fail(error) }
        }
    }

    private func add(_ fanOut: FanOut) {
        let index = lanes.firstIndex { $0 == nil } ?? lanes.count
        if index == lanes.count { lanes.append(nil) }
        let nameToken = nameTokens
        nameTokens += 1
        do {
            lanes[index] = try makeLane(fanOut, index: index, nameToken: nameToken)
        } catch {
            return fanOut.fail(error)
        }
        if let host = fanOut.hostName { names.follow(host: host, token: nameToken, mailbox: nameMailbox) }
    }

    private func makeLane(_ fanOut: FanOut, index: Int, nameToken: UInt64) throws -> LoopLane {
        let endpoint = try loop.addEndpoint(fanOut.plan.endpoint)
        do {
            return try LoopLane(fanOut, index: index, endpoint: endpoint, nameToken: nameToken, names: names)
        } catch {
            // Nothing was sent to it yet, so that it goes at once.
            try loop.removeEndpoint(endpoint)
            throw error
        }
    }

    /// The supervisor asks for it when nothing of the fan-out is in flight any more.
    private func remove(_ fanOut: FanOut) {
        guard let index = lanes.firstIndex(where: { $0?.fanOut === fanOut }), let lane = lanes[index] else {
            return fanOut.detached()
        }
        if fanOut.hostName != nil { names.unfollow(token: lane.nameToken, mailbox: nameMailbox) }
        lane.close()
        lanes[index] = nil
        do { try loop.removeEndpoint(lane.endpoint) } catch { fanOut.fail(error) }
        fanOut.detached()
    }
}
