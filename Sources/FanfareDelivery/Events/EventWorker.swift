import FanfarePayload
import FanfareTransport
import Glibc
import Logging

/// The events' loop: asks the lanes that have something to send, submits, and settles what ended.
///
/// Thread: its own. It never waits for a disk but to read: books write on their own queues.
final class EventWorker {
    private static let completionCapacity = 1024
    /// Longest time without a look around, in nanoseconds.
    private static let idle: UInt64 = 1_000_000_000
    /// Between two looks at all lanes for others to see.
    private static let publishing: UInt64 = 100_000_000

    private let loop: DeliveryLoop
    private let desk: EventDesk
    private let names: NameResolver
    private let nameMailbox: NameMailbox
    private let logger: Logger
    private let onRetirement: @Sendable (String, EventEndpoint.Retirement) -> Void
    private let completions: UnsafeMutableBufferPointer<TransferCompletion>

    private var readers: [ObjectIdentifier: BookReader] = [:]
    /// By the endpoint's id; and by number, as requests in flight and names know them.
    private var numbers: [String: Int] = [:]
    private var lanes: [EventLane?] = []
    private var leaving: [Int: [CheckedContinuation<Void, Never>]] = [:]
    private var nameTokens: UInt64 = 0
    private var inFlight = InFlightTable<(lane: Int, event: HeldEvent)>()
    private var buffer = RequestBuffer()
    private var isPaused: Bool
    private var isEnding = false
    private var publishedAt: UInt64 = 0
    private var totals = AttemptTotals()
    /// Something ended since others were last shown how all stands.
    private var hasNews = false

    init(
        loop: consuming DeliveryLoop,
        desk: EventDesk,
        waker: Waker,
        names: NameResolver,
        isPaused: Bool,
        logger: Logger,
        onRetirement: @escaping @Sendable (String, EventEndpoint.Retirement) -> Void
    ) {
        self.loop = loop
        self.desk = desk
        self.names = names
        self.isPaused = isPaused
        self.logger = logger
        self.onRetirement = onRetirement
        nameMailbox = NameMailbox(waker: waker)
        completions = .allocate(capacity: Self.completionCapacity)
    }

    deinit { completions.deallocate() }

    /// Runs until told to end, and what is in flight then has ended.
    func run() {
        do {
            while !(isEnding && inFlight.isEmpty) { try turn() }
        } catch {
            logger.critical("events cannot be sent any more", metadata: ["error": "\(error)"])
        }
        for index in lanes.indices where lanes[index] != nil { leave(index) }
        desk.finish()
    }

    private func turn() throws {
        for command in desk.take() { obey(command) }
        takeNames()
        let now = Clocks.monotonic()
        var wake = now + Self.idle
        for index in lanes.indices where leaving[index] == nil {
            guard let lane = lanes[index] else { continue }
            if lane.wake <= now, !isEnding {
                try send(lane, index, now: now)
                tellRetirement(of: lane, now: now)
            }
            wake = min(wake, max(lane.wake, now))
        }
        if isEnding {
            if inFlight.isEmpty { return }
            wake = now + Self.idle
        }
        if hasNews { wake = min(wake, max(now, publishedAt + Self.publishing)) }
        let milliseconds = Int32((wake - now + 999_999) / 1_000_000)
        let count = try loop.poll(into: completions, timeoutMilliseconds: milliseconds)
        if count > 0 { settle(UnsafeMutableBufferPointer(rebasing: completions[..<count])) }
        if now >= publishedAt + Self.publishing {
            (publishedAt, hasNews) = (now, false)
            desk.publish(snapshots(now: now), totals)
        }
    }

    // MARK: Orders

    /// What fails concerns one book or endpoint: the others are served on.
    private func obey(_ command: EventDesk.Command) {
        let now = Clocks.monotonic()
        switch command {
        case .open(let book):
            do {
                readers[ObjectIdentifier(book)] = try BookReader(book)
            } catch {
                logger.error("webhooks of an audience are not sent", metadata: ["error": "\(error)"])
            }
        case .add(let endpoint, let book):
            do {
                try add(endpoint, book, now: now)
            } catch {
                logger.error(
                    "a webhook is not sent to",
                    metadata: ["webhook": "\(endpoint.id)", "error": "\(error)"]
                )
            }
        case .remove(let id, let waiting): remove(id, waiting)
        case .close(let book, let waiting):
            readers[ObjectIdentifier(book)] = nil
            waiting.resume()
        case .news(let news):
            for id in news.endpoints {
                lane(of: id)?.forget(contacts: news.erased)
                lane(of: id)?.hasNewEvents()
            }
            for id in news.appended { lane(of: id)?.hasNewEvents(behind: true) }
            settled(news.settled)
        case .pause(let isPaused):
            self.isPaused = isPaused
            for lane in lanes { lane?.pause(isPaused, now: now) }
        case .end: isEnding = true
        }
    }

    private func settled(_ events: [(endpoint: String, number: Int64)]) {
        for event in events { lane(of: event.endpoint)?.settled(event.number) }
    }

    private func lane(of id: String) -> EventLane? { numbers[id].flatMap { lanes[$0] } }

    private func add(_ endpoint: EventEndpoint, _ book: EventBook, now: UInt64) throws {
        guard numbers[endpoint.id] == nil, let reader = readers[ObjectIdentifier(book)] else { return }
        let id = try loop.addEndpoint(endpoint.connection)
        let index = lanes.firstIndex { $0 == nil } ?? lanes.count
        if index == lanes.count { lanes.append(nil) }
        nameTokens += 1
        var logger = self.logger
        logger[metadataKey: "webhook"] = "\(endpoint.id)"
        lanes[index] = try EventLane(
            endpoint,
            id: id,
            reader: reader,
            nameToken: nameTokens,
            journal: Journal(logger, endpoint: endpoint.template.origin),
            isPaused: isPaused,
            now: now
        )
        numbers[endpoint.id] = index
        if let host = endpoint.hostName { names.follow(host: host, token: nameTokens, mailbox: nameMailbox) }
    }

    private func remove(_ id: String, _ waiting: CheckedContinuation<Void, Never>) {
        guard let index = numbers[id], let lane = lanes[index] else { return waiting.resume() }
        leaving[index, default: []].append(waiting)
        if lane.inFlight == 0 { leave(index) }
    }

    private func leave(_ index: Int) {
        guard let lane = lanes[index] else { return }
        if lane.endpoint.hostName != nil { names.unfollow(token: lane.nameToken, mailbox: nameMailbox) }
        // It is busy only where the loop has failed, and then is of no use anyhow.
        do { try loop.removeEndpoint(lane.endpointID) } catch {
            logger.error("an endpoint stays", metadata: ["error": "\(error)"])
        }
        lanes[index] = nil
        numbers[lane.endpoint.id] = nil
        for waiting in leaving.removeValue(forKey: index) ?? [] { waiting.resume() }
    }

    private func takeNames() {
        for update in nameMailbox.drain() {
            guard let lane = lanes.first(where: { $0?.nameToken == update.token }) ?? nil else { continue }
            let now = Clocks.monotonic()
            do { try lane.update(update.outcome, loop, now: now) } catch { lane.failed(error, now: now) }
        }
    }

    private func tellRetirement(of lane: EventLane, now: UInt64) {
        if let retirement = lane.takeRetirement(now: now) { onRetirement(lane.endpoint.id, retirement) }
    }

    // MARK: Sending

    private func send(_ lane: EventLane, _ index: Int, now: UInt64) throws {
        buffer.reset()
        let batch: [(HeldEvent, RenderedRequest)]
        do {
            batch = try lane.gather(into: &buffer, now: now, unixTime: Clocks.unixTime())
        } catch {
            return lane.failed(error, now: now)
        }
        if batch.isEmpty { return }
        let timeout = lane.timeoutMilliseconds
        let requests = batch.map { event, request in
            TransferRequest(
                token: inFlight.insert((index, event)),
                endpoint: lane.endpointID,
                timeoutMilliseconds: timeout,
                request,
                in: buffer.bytes
            )
        }
        let accepted = try requests.withUnsafeBufferPointer { try loop.submit($0) }
        for request in requests[accepted...] { _ = inFlight.remove(request.token) }
        if accepted < batch.count { lane.returned(batch[accepted...].map(\.0), now: now) }
    }

    // MARK: Settling

    private func settle(_ completions: UnsafeMutableBufferPointer<TransferCompletion>) {
        let now = Clocks.monotonic()
        let unixTime = Clocks.unixTime()
        var ended: [Int: [(HeldEvent, TransferCompletion)]] = [:]
        for completion in completions {
            guard let (lane, event) = inFlight.remove(completion.token) else { continue }
            ended[lane, default: []].append((event, completion))
        }
        hasNews = hasNews || !ended.isEmpty
        for (index, events) in ended {
            guard let lane = lanes[index] else { continue }
            let mustRefreshName = lane.settle(events, counting: &totals, now: now, unixTime: unixTime)
            if mustRefreshName, let host = lane.endpoint.hostName { names.refresh(host: host) }
            tellRetirement(of: lane, now: now)
            if leaving[index] != nil, lane.inFlight == 0 { leave(index) }
        }
    }

    private func snapshots(now: UInt64) -> [String: LaneSnapshot] {
        var all: [String: LaneSnapshot] = [:]
        for case let lane? in lanes { all[lane.endpoint.id] = lane.snapshot(now: now) }
        return all
    }
}
