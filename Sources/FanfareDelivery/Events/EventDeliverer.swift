public import FanfareTransport
public import Logging
import NIOConcurrencyHelpers

/// Sends the event webhooks of an installation: one thread and one loop for all endpoints, each with a lane of its own.
///
/// Any thread. What is to be sent stands in ``EventBook``s, and so does what became of it.
public final class EventDeliverer: Sendable {
    /// How it is set up.
    public struct Configuration: Sendable {
        /// Where connections may go.
        public var egress: EgressPolicy
        /// Nothing is sent until ``EventDeliverer/pause(_:by:)`` says otherwise.
        public var startsPaused: Bool
        /// Told how lanes fare; never of a contact, payload or secret. Keeps silent unless given.
        public var logger = Logger(label: "fanfare") { _ in SwiftLogNoOpLogHandler() }

        /// - Parameters: see the properties of the same names.
        public init(egress: EgressPolicy = EgressPolicy(), startsPaused: Bool = false) {
            self.egress = egress
            self.startsPaused = startsPaused
        }
    }

    private let desk: EventDesk
    private let thread: LoopThread
    private let pausedBy: NIOLockedValueBox<PauseReasons>

    /// Starts its thread.
    ///
    /// - Parameters:
    ///   - configuration: Where connections may go.
    ///   - onRetirement: Told, on the loop's thread, of an endpoint that gets nothing any more; its events wait until
    ///     they are cancelled.
    /// - Throws: `TransportError`.
    public init(
        _ configuration: Configuration = Configuration(),
        onRetirement: @escaping @Sendable (_ endpoint: String, EventEndpoint.Retirement) -> Void
    ) throws {
        let loop = try DeliveryLoop(LoopConfiguration(egress: configuration.egress))
        let waker = try loop.makeWaker()
        let desk = EventDesk(waker)
        let worker = EventWorker(
            loop: loop,
            desk: desk,
            waker: waker,
            names: try NameResolver(),
            isPaused: configuration.startsPaused,
            logger: configuration.logger,
            onRetirement: onRetirement
        )
        // Handed over before its thread begins; nobody else has it.
        nonisolated(unsafe) let handedOver = worker
        thread = try LoopThread(name: "fanfare-events") { handedOver.run() }
        self.desk = desk
        pausedBy = NIOLockedValueBox(configuration.startsPaused ? .byOperator : [])
    }

    /// Sends what stands in a book to the endpoints that are added with it.
    public func open(_ book: EventBook) {
        book.listen { [desk] news in desk.post(.news(news)) }
        desk.post(.open(book))
    }

    /// Sends an endpoint's events; one that is there already stays as it is.
    public func add(_ endpoint: EventEndpoint, of book: EventBook) { desk.post(.add(endpoint, book)) }

    /// Sends an endpoint nothing any more, and waits until nothing of it is in flight.
    public func remove(endpoint id: String) async {
        await withCheckedContinuation { desk.post(.remove(endpoint: id, $0)) }
    }

    /// Reads a book no longer; its endpoints are removed already.
    public func close(_ book: EventBook) async {
        await withCheckedContinuation { desk.post(.close(book, $0)) }
    }

    /// Has all lanes stand still, or takes that back: they go on when nothing else keeps them. `order` says whose word
    /// it is.
    public func pause(_ isPaused: Bool, by order: PauseReasons = .byOperator) {
        // In the order of the orders, of which the last holds.
        pausedBy.withLockedValue { pausedBy in
            if isPaused { pausedBy.formUnion(order) } else { pausedBy.subtract(order) }
            desk.post(.pause(!pausedBy.isEmpty))
        }
    }

    /// Whose word has all lanes stand still; empty: nobody's.
    public var pauses: PauseReasons { pausedBy.withLockedValue { $0 } }

    /// It sends nothing any more: it was closed, or its loop has failed.
    public var isOver: Bool { desk.isOver }

    /// What the lanes looked like a moment ago, by endpoint.
    public var lanes: [String: LaneSnapshot] { desk.lanes }

    /// What became of the attempts of this process a moment ago, counted over all endpoints.
    public var totals: AttemptTotals { desk.totals }

    /// Ends it in good order: nothing new is sent, and what is in flight is waited for, at most its time-out. Blocks.
    public func close() {
        desk.post(.end)
        thread.join()
    }
}
