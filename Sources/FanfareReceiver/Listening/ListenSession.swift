import NIOConcurrencyHelpers
import NIOCore

/// What `fanfare listen` runs: a receiver that answers as told, counts, and says what came.
public final class ListenSession: Sendable {
    private struct State {
        var tally = Tally()
        var answering: Answering
    }

    private let settings: ListenSettings
    private let report: ReportWriter
    private let buffer: ReportBuffer
    private let state: NIOLockedValueBox<State>
    private let start = ContinuousClock.now

    /// - Parameters:
    ///   - settings: What it does.
    ///   - write: Takes what it says, whole lines in order, on any thread.
    public init(_ settings: ListenSettings, write: @escaping @Sendable (String) -> Void) {
        self.settings = settings
        report = ReportWriter(json: settings.json)
        buffer = ReportBuffer(write: write)
        state = NIOLockedValueBox(State(answering: Answering(settings, seed: .random(in: 0 ... .max))))
    }

    /// What has come so far.
    public var counts: ReceiverCounts { state.withLockedValue { $0.tally.counts } }

    /// Listens until told to stop, then says the final counts.
    ///
    /// - Parameter stop: Returns when it is time to stop.
    /// - Returns: The final counts.
    /// - Throws: ``ListenError``, for example for a port in use.
    @discardableResult
    public func run(until stop: @escaping @Sendable () async -> Void) async throws -> ReceiverCounts {
        var options = Receiver.Options()
        options.host = settings.host
        options.port = settings.port
        let receiver: Receiver
        do {
            receiver = try await Receiver(options: options) { self.reply(to: $0) }
        } catch {
            throw ListenError(settings, error)
        }
        buffer.add(report.started(host: settings.host, port: receiver.port))
        buffer.flush()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.reportWhileRunning() }
            group.addTask { await stop() }
            // Whichever ends first, it is over: the report never does, unless this task was cancelled.
            await group.next()
            group.cancelAll()
        }
        let connections = receiver.acceptedConnections
        try await receiver.stop()
        let counts = counts
        let elapsed = (ContinuousClock.now - start) / .seconds(1)
        buffer.add(report.summary(counts, seconds: elapsed, connections: connections))
        buffer.flush()
        return counts
    }

    private func reply(to request: ReceivedRequest) -> Reply {
        let check = settings.verify?(request)
        let isBad = check.map { $0 != .good } ?? false
        let second = (request.arrival - start).components.seconds
        let (status, isRepeat) = state.withLockedValue { state in
            let status = state.answering.status(after: check)
            let isRepeat = state.tally.count(
                id: request.webhookID,
                bodyBytes: request.body.readableBytes,
                status: status,
                isBadlySigned: isBad,
                second: second
            )
            return (status, isRepeat)
        }
        if settings.output == .requests || (settings.output == .badSignatures && isBad) {
            let time = WallClock.nanoseconds()
            buffer.add(report.request(request, status: status, check: check, isRepeat: isRepeat, time: time))
        }
        return .status(status, after: settings.delay)
    }

    private func reportWhileRunning() async {
        let pause: Duration = settings.output == .counts ? .seconds(1) : .milliseconds(100)
        var earlier = 0
        while !Task.isCancelled {
            try? await Task.sleep(for: pause)  // throws when cancelled only
            let counts = counts
            if settings.output == .counts, counts.requests > earlier {
                let line = report.running(counts, perSecond: counts.requests - earlier)
                buffer.add(settings.json ? line : line + "\n")
                earlier = counts.requests
            }
            buffer.flush()
        }
    }
}
