public import FanfareReceiver
import NIOConcurrencyHelpers

/// A receiver on loopback whose behaviour a test sets while it runs, and which remembers what came.
public final class ScriptedReceiver: Sendable {
    /// Decides what becomes of a request, given how many came before it with the same `webhook-id`.
    public typealias Behaviour = @Sendable (_ request: ReceivedRequest, _ earlier: Int) -> Reply

    private let receiver: Receiver
    private let record: Recording
    private let behaviour: NIOLockedValueBox<Behaviour>

    /// Starts on a free port of 127.0.0.1.
    ///
    /// - Parameters:
    ///   - keepsBodies: Whether the bodies themselves are kept; their digests are always.
    ///   - resetsAfterBodyBytes: Resets the connection when so much of a body has come; nil: never.
    ///   - behaviour: What it does with each request; 200 at once unless given.
    /// - Throws: What binding threw.
    public init(
        keepsBodies: Bool = false,
        resetsAfterBodyBytes: Int? = nil,
        _ behaviour: @escaping Behaviour = { _, _ in .status(200) }
    ) async throws {
        var options = Receiver.Options()
        options.resetsAfterBodyBytes = resetsAfterBodyBytes
        let record = Recording(keepsBodies: keepsBodies)
        let box = NIOLockedValueBox(behaviour)
        receiver = try await Receiver(options: options) { request in
            let earlier = record.add(request)
            return box.withLockedValue { $0 }(request, earlier)
        }
        self.record = record
        self.behaviour = box
    }

    /// The port.
    public var port: Int { receiver.port }

    /// `http://127.0.0.1:PORT` and the path.
    ///
    /// - Parameter path: Begins with a slash.
    public func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }

    /// What has come so far.
    public var received: Recording { record }

    /// Connections accepted so far.
    public var acceptedConnections: Int { receiver.acceptedConnections }

    /// Connections open now.
    public var openConnections: Int { receiver.openConnections }

    /// Requests that wait for their reply now.
    public var openRequests: Int { receiver.openRequests }

    /// The most requests that waited for their reply at one time.
    public var peakOpenRequests: Int { receiver.peakOpenRequests }

    /// Changes what it does from the next request on.
    ///
    /// - Parameter behaviour: What it does then.
    public func behave(_ behaviour: @escaping Behaviour) { self.behaviour.withLockedValue { $0 = behaviour } }

    /// Closes the port and every connection until ``listenAgain()``.
    public func refuse() async { await receiver.refuse() }

    /// Opens the same port again.
    ///
    /// - Throws: What binding threw.
    public func listenAgain() async throws { try await receiver.listenAgain() }

    /// Ends it; nothing may be called afterwards but ``received``.
    public func stop() async throws { try await receiver.stop() }
}

/// Runs a test against a scripted receiver and stops that whatever happens.
///
/// - Parameters:
///   - behaviour: What it does with each request; 200 at once unless given.
///   - keepsBodies: Whether bodies are kept.
///   - body: The test.
/// - Returns: What the test returned.
/// - Throws: What binding or the test threw.
@discardableResult
public func withScriptedReceiver<Result>(
    _ behaviour: @escaping ScriptedReceiver.Behaviour = { _, _ in .status(200) },
    keepsBodies: Bool = false,
    _ body: (ScriptedReceiver) async throws -> Result
) async throws -> Result {
    let receiver = try await ScriptedReceiver(keepsBodies: keepsBodies, behaviour)
    do {
        let result = try await body(receiver)
        try await receiver.stop()
        return result
    } catch {
        try? await receiver.stop()
        throw error
    }
}
