import FanfareReceiver
import NIOConcurrencyHelpers
import NIOCore

/// What a scripted receiver has been sent, by `webhook-id`; requests without one are kept under the empty id.
public final class Recording: Sendable {
    /// One request, in short.
    public struct Entry: Sendable {
        /// When its last byte had arrived.
        public var arrival: ContinuousClock.Instant
        /// The path and query.
        public var target: String
        /// A digest of the body: equal for equal bodies within this process.
        public var bodyDigest: Int
        /// The body, where bodies are kept.
        public var body: [UInt8]?
        /// Its connection's number, and its place among the requests of that.
        public var connection: Int
        /// From 1.
        public var positionInConnection: Int
    }

    private struct State {
        var entries: [String: [Entry]] = [:]
        var requests = 0
        var waiters = Waiters()
    }

    private let keepsBodies: Bool
    private let state = NIOLockedValueBox(State())

    init(keepsBodies: Bool) { self.keepsBodies = keepsBodies }

    /// Remembers a request.
    ///
    /// - Returns: How many came before with the same id.
    func add(_ request: ReceivedRequest) -> Int {
        let id = request.webhookID ?? ""
        let bytes = request.body.readableBytesView
        var hasher = Hasher()
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        let entry = Entry(
            arrival: request.arrival,
            target: request.target,
            bodyDigest: hasher.finalize(),
            body: keepsBodies ? Array(bytes) : nil,
            connection: request.connection,
            positionInConnection: request.positionInConnection
        )
        let (earlier, met) = state.withLockedValue { state in
            let earlier = state.entries[id]?.count ?? 0
            state.entries[id, default: []].append(entry)
            state.requests += 1
            return (earlier, state.waiters.takeMet(requests: state.requests, distinct: state.entries.count))
        }
        for waiter in met { waiter.resume(returning: true) }
        return earlier
    }

    /// All requests.
    public var requests: Int { state.withLockedValue { $0.requests } }
    /// Different ids.
    public var distinctIDs: Int { state.withLockedValue { $0.entries.count } }
    /// Requests whose id had come before.
    public var repeats: Int { state.withLockedValue { $0.requests - $0.entries.count } }
    /// The ids.
    public var ids: Set<String> { state.withLockedValue { Set($0.entries.keys) } }
    /// What came under an id, oldest first.
    ///
    /// - Parameter id: A `webhook-id`; empty: requests without one.
    public func entries(of id: String) -> [Entry] { state.withLockedValue { $0.entries[id] ?? [] } }
    /// Everything, by id.
    public var entriesByID: [String: [Entry]] { state.withLockedValue { $0.entries } }

    /// When each request had come, in order.
    public var arrivals: [ContinuousClock.Instant] {
        entriesByID.values.joined().map(\.arrival).sorted()
    }

    /// Waits until so many requests have come.
    ///
    /// - Parameters:
    ///   - count: How many, repeats included.
    ///   - limit: How long to wait.
    /// - Throws: ``TimeLimitExceeded``.
    public func waitForRequests(_ count: Int, within limit: Duration = .seconds(10)) async throws {
        try await wait(for: .requests(count), within: limit)
    }

    /// Waits until so many different ids have come.
    ///
    /// - Parameters:
    ///   - count: How many.
    ///   - limit: How long to wait.
    /// - Throws: ``TimeLimitExceeded``.
    public func waitForDistinctIDs(_ count: Int, within limit: Duration = .seconds(10)) async throws {
        try await wait(for: .distinct(count), within: limit)
    }

    private func wait(for goal: Waiters.Goal, within limit: Duration) async throws {
        let number = state.withLockedValue { $0.waiters.makeNumber() }
        let timer = Task { [state] in
            try await Task.sleep(for: limit)
            state.withLockedValue { $0.waiters.take(number) }?.resume(returning: false)
        }
        defer { timer.cancel() }
        let met = await withCheckedContinuation { continuation in
            let isMet = state.withLockedValue { state in
                if goal.isMet(requests: state.requests, distinct: state.entries.count) { return true }
                state.waiters.add(number, goal: goal, continuation)
                return false
            }
            if isMet { continuation.resume(returning: true) }
        }
        guard met else { throw TimeLimitExceeded(waitedFor: "\(goal); had \(requests) requests, \(distinctIDs) ids") }
    }
}

/// Who waits for how much; a waiter is taken out once: whoever takes it resumes it.
struct Waiters {
    enum Goal {
        case requests(Int), distinct(Int)

        func isMet(requests: Int, distinct: Int) -> Bool {
            switch self {
            case .requests(let count): requests >= count
            case .distinct(let count): distinct >= count
            }
        }
    }

    typealias Continuation = CheckedContinuation<Bool, Never>
    private var waiting: [Int: (goal: Goal, continuation: Continuation)] = [:]
    private var numbers = 0

    mutating func makeNumber() -> Int {
        numbers += 1
        return numbers
    }

    mutating func add(_ number: Int, goal: Goal, _ continuation: Continuation) {
        waiting[number] = (goal, continuation)
    }

    mutating func take(_ number: Int) -> Continuation? { waiting.removeValue(forKey: number)?.continuation }

    /// Takes those whose goal is met.
    mutating func takeMet(requests: Int, distinct: Int) -> [Continuation] {
        guard !waiting.isEmpty else { return [] }
        let met = waiting.filter { $0.value.goal.isMet(requests: requests, distinct: distinct) }
        return met.keys.compactMap { take($0) }
    }
}
