public import FanfarePayload
public import FanfareTransport
public import Logging

/// Delivers requests of your own making to one endpoint, and gives their outcomes as an asynchronous sequence.
///
/// ```swift
/// let deliverer = try Deliverer(to: "https://receiver.example.com/hook", signing: Secret("whsec_…"))
/// for try await outcome in deliverer.deliver(requests) { print(outcome) }
/// ```
///
/// **It works in memory and keeps no ledger:** what has no outcome when the process ends is lost to it, and whoever
/// needs to know sends it again with the same id. A fan-out that must outlive the process is a `FanOutRun`.
///
/// Pace, repetition and the meaning of answers are those of every lane: ``Lane``, ``RetryPolicy``, ``AnswerRules``. So
/// 429 and 503 slow it down, a receiver that is down is probed with growing pauses, and when the first 20 answers are
/// all refusals it stops for good. Have one deliverer for each endpoint, and keep it: connections and what was learnt
/// of the receiver are its own.
///
/// **Back-pressure**: at most ``Configuration/window`` requests are held at a time, from being taken out of the
/// sequence given until their outcome has been read. Whoever stops reading outcomes stops the sending.
///
/// Any thread. One thread of its own drives the requests; no call blocks.
public final class Deliverer: Sendable {
    /// One request to be delivered.
    public struct Request: Sendable {
        /// Sent as `webhook-id`, the same with every attempt: 1 to 200 visible ASCII characters.
        ///
        /// A receiver that keeps ids drops what comes twice.
        public var id: String
        /// Headers of this request alone, beside those of the webhook.
        public var headers: [EndpointSettings.Header]
        /// The body; empty for `GET`.
        public var body: [UInt8]

        /// - Parameters:
        ///   - id: Stable for what is delivered: derive it from your own keys where the process may die.
        ///   - headers: Beside those of the webhook.
        ///   - body: The body's bytes.
        public init(id: String, headers: [EndpointSettings.Header] = [], body: [UInt8]) {
            self.id = id
            self.headers = headers
            self.body = body
        }

        /// - Parameters:
        ///   - id: Stable for what is delivered: derive it from your own keys where the process may die.
        ///   - headers: Beside those of the webhook.
        ///   - text: The body, as UTF-8.
        public init(id: String, headers: [EndpointSettings.Header] = [], text: String) {
            self.init(id: id, headers: headers, body: Array(text.utf8))
        }
    }

    /// What is set up beside the webhook and its ``DeliverySettings``.
    public struct Configuration: Sendable {
        /// Requests held at a time, from 1: waiting, in flight, or ended with an outcome that nobody has read yet.
        ///
        /// Nil: twice `max_in_flight`.
        public var window: Int?
        /// Where connections may go.
        public var egress: EgressPolicy
        /// In which the receiver's name must be found once; zero and less waits for no answer.
        public var namePatience: Duration
        /// Told how the lane fares; never of a payload or secret. Keeps silent unless given.
        public var logger = Logger(label: "fanfare") { _ in SwiftLogNoOpLogHandler() }

        /// - Parameters:
        ///   - window: Requests that are taken in advance; nil: twice `max_in_flight`.
        ///   - egress: Where connections may go.
        ///   - namePatience: In which the receiver's name must be found once; zero and less waits for no answer.
        public init(
            window: Int? = nil,
            egress: EgressPolicy = EgressPolicy(),
            namePatience: Duration = .seconds(60)
        ) {
            self.window = window
            self.egress = egress
            self.namePatience = namePatience
        }
    }

    private let desk: DelivererDesk
    private let thread: LoopThread
    private let window: Int

    /// Starts a deliverer.
    ///
    /// - Parameters:
    ///   - url: http or https; sent to with `POST`, as JSON.
    ///   - secret: `whsec_…` or `whsk_…`: signs every request (Standard Webhooks). Nil: unsigned.
    ///   - settings: Pace, repetition, deadlines; a canary is not accepted.
    ///   - configuration: What is set up beside.
    /// - Throws: `PayloadErrors`, ``InvalidDeliverySettings``, ``DeliveryError`` or `TransportError` for what cannot be
    ///   used.
    public convenience init(
        to url: String,
        signing secret: Secret? = nil,
        settings: DeliverySettings = DeliverySettings(),
        configuration: Configuration = Configuration()
    ) throws {
        let signing = secret.map { WebhookDefinition.Signing(secrets: [$0]) }
        try self.init(
            to: WebhookDefinition(url: url, body: .none, signing: signing),
            settings: settings,
            configuration: configuration
        )
    }

    /// Starts a deliverer.
    ///
    /// - Parameters:
    ///   - webhook: Method, URL, authorization, headers, signing, TLS. Its body is `.none`, as requests bring theirs,
    ///     and it has no merge tags, as there are no contacts. Without a `Content-Type` bodies are JSON.
    ///   - settings: Pace, repetition, deadlines; a canary is not accepted.
    ///   - configuration: What is set up beside.
    /// - Throws: `PayloadErrors`, ``InvalidDeliverySettings``, ``DeliveryError`` or `TransportError` for what cannot be
    ///   used.
    public init(
        to webhook: WebhookDefinition,
        settings: DeliverySettings = DeliverySettings(),
        configuration: Configuration = Configuration()
    ) throws {
        let endpoint = try DelivererEndpoint(webhook, try settings.validated(), configuration)
        window = configuration.window ?? 2 * settings.maxInFlight
        guard window >= 1 else {
            throw DeliveryError(.invalidValue, "the window is \(window); accepted: 1 and more")
        }
        let loop = try DeliveryLoop(LoopConfiguration(egress: configuration.egress))
        let waker = try loop.makeWaker()
        let desk = DelivererDesk(waker)
        let worker = try DelivererWorker(endpoint, loop: loop, desk: desk, waker: waker)
        // Handed over before its thread begins; nobody else has it.
        nonisolated(unsafe) let handedOver = worker
        thread = try LoopThread(name: "fanfare-deliver") { handedOver.run() }
        self.desk = desk
    }

    deinit { desk.close() }

    /// Delivers a sequence of requests; they are taken out of it, and sent, from now on.
    ///
    /// Each request taken has exactly one outcome, in the order in which they end. Cancelling the task that reads them
    /// ends it in good order: no further request is taken, what is in flight is waited for (at most its time-out), what
    /// waits has the outcome `cancelled`, and then `CancellationError` is thrown. Letting go of the sequence before its
    /// end does the same without anybody reading.
    ///
    /// - Parameter requests: Iterated by a task of its own, never more than the window ahead of the reader: an array, or
    ///   a lazy sequence whose closures belong to no actor.
    /// - Returns: To be read by one task.
    public func deliver<Requests: Sequence & SendableMetatype>(_ requests: sending Requests) -> Outcomes
    where Requests.Element == Request, Requests.Iterator: SendableMetatype {
        let stream = OutcomeStream(window: window, desk: desk)
        stream.feed(
            Task {
                var iterator = requests.makeIterator()
                while await stream.reserve() {
                    guard let request = iterator.next() else { return stream.end(nil) }
                    stream.take(request)
                }
            }
        )
        return Outcomes(stream, of: self)
    }

    /// Delivers an asynchronous sequence of requests; what is said of a sequence holds for it.
    ///
    /// An error of the sequence itself is thrown after the last outcome of what it gave before.
    ///
    /// - Parameter requests: Iterated by a task of its own, never more than the window ahead of the reader.
    /// - Returns: To be read by one task.
    public func deliver<Requests: AsyncSequence & SendableMetatype>(_ requests: sending Requests) -> Outcomes
    where Requests.Element == Request, Requests.AsyncIterator: SendableMetatype {
        let stream = OutcomeStream(window: window, desk: desk)
        stream.feed(
            Task {
                do {
                    var iterator = requests.makeAsyncIterator()
                    while await stream.reserve() {
                        guard let request = try await iterator.next() else { return stream.end(nil) }
                        stream.take(request)
                    }
                } catch {
                    stream.end(error)
                }
            }
        )
        return Outcomes(stream, of: self)
    }

    /// What its lane does now.
    public var lane: LaneSnapshot { desk.lane }

    /// Ends it in good order: nothing new is sent, what is in flight is waited for (at most its time-out), and
    /// sequences of outcomes that are still read end with ``DeliveryError/Code/closed``.
    ///
    /// Letting go of the deliverer does the same without waiting.
    public func close() async {
        await withCheckedContinuation { desk.close($0) }
    }
}
