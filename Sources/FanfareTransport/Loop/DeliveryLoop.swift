import CDeliveryLoop
import Glibc

/// Names an endpoint of one loop.
///
/// Never used again by that loop for another endpoint.
public typealias EndpointID = UInt32

/// One libcurl event loop: batches of requests in, batches of completions out.
///
/// It belongs to one thread at a time: all but the ``Waker`` is used by that thread alone. Closed explicitly, or else
/// when its owner lets go of it.
public struct DeliveryLoop: ~Copyable {
    private let loop: OpaquePointer
    /// The same, for the rest of this module.
    var handle: OpaquePointer { loop }

    /// - Throws: ``TransportError`` when descriptors or memory are short or a range is malformed.
    public init(_ configuration: LoopConfiguration = LoopConfiguration()) throws(TransportError) {
        loop = try configuration.makeLoop()
    }

    deinit { fanfare_loop_destroy(loop) }

    /// Closes all connections.
    ///
    /// Requests in flight are forgotten without completions.
    public consuming func close() {}

    /// Adds an endpoint.
    ///
    /// - Throws: ``TransportError/Code/invalidValue`` with what is wrong with the settings.
    public borrowing func addEndpoint(_ settings: EndpointSettings) throws(TransportError) -> EndpointID {
        try settings.validate()
        var id: UInt32 = 0
        let result = settings.withConfiguration { fanfare_loop_add_endpoint(loop, $0, &id) }
        try check(result, "method or header is malformed, or \(EndpointSettings.wrongURL)")
        return id
    }

    /// Gives the addresses of the endpoint's host, in the order to try them.
    ///
    /// They hold for every endpoint of that host and port and replace earlier ones; open connections stay. A host that
    /// is an address needs none.
    ///
    /// - Throws: ``TransportError/Code/invalidValue`` when the list is empty.
    public borrowing func setAddresses(_ addresses: [IPAddress], of endpoint: EndpointID) throws(TransportError) {
        let texts = addresses.map { strdup($0.description) }
        defer { texts.forEach { free($0) } }
        let pointers = texts.compactMap { UnsafePointer($0) }
        guard pointers.count == texts.count else { throw .outOfMemory }
        let result = pointers.withUnsafeBufferPointer { buffer -> LoopResult in
            guard let start = buffer.baseAddress, buffer.count > 0 else { return .invalidArgument }
            return fanfare_loop_set_addresses(loop, endpoint, start, buffer.count)
        }
        try check(result, "a host needs at least one address")
    }

    /// Lets the endpoint's requests go out over HTTP/1.1 from now on; what is in flight goes on as it is.
    ///
    /// - Throws: ``TransportError/Code/unknownEndpoint``.
    public borrowing func leaveHTTP2(_ endpoint: EndpointID) throws(TransportError) {
        try check(fanfare_loop_leave_http2(loop, endpoint), "the endpoint cannot change its protocol")
    }

    /// Removes an endpoint.
    ///
    /// - Throws: ``TransportError/Code/endpointBusy`` while it has requests in flight.
    public borrowing func removeEndpoint(_ endpoint: EndpointID) throws(TransportError) {
        try check(fanfare_loop_remove_endpoint(loop, endpoint), "the endpoint cannot be removed")
    }

    /// Copies requests in and starts them.
    ///
    /// The memory they point to is free again when this returns.
    ///
    /// - Returns: How many were accepted, in order; each of these gets exactly one completion. Fewer than given: poll,
    ///   then submit the rest.
    /// - Throws: ``TransportError/Code/loopFailed``.
    public borrowing func submit(_ requests: UnsafeBufferPointer<TransferRequest>) throws(TransportError) -> Int {
        guard let start = requests.baseAddress else { return 0 }
        var accepted = 0
        try check(fanfare_loop_submit(loop, start, requests.count, &accepted), "the loop has failed")
        return accepted
    }

    /// Works until something completes, the waker is used or the time is over.
    ///
    /// - Parameters:
    ///   - completions: Written from its start. Excerpts in them are valid until the next poll.
    ///   - timeoutMilliseconds: 0 does not wait; -1 waits without limit.
    /// - Returns: How many completions were written.
    /// - Throws: ``TransportError/Code/loopFailed`` after the last completion of a failed loop.
    public borrowing func poll(
        into completions: UnsafeMutableBufferPointer<TransferCompletion>,
        timeoutMilliseconds: Int32
    ) throws(TransportError) -> Int {
        guard let start = completions.baseAddress else { return 0 }
        var count = 0
        let result = fanfare_loop_poll(loop, start, completions.count, timeoutMilliseconds, &count)
        try check(result, "the loop has failed")
        return count
    }

    /// Ends the endpoint's requests that still wait for their turn to connect; nothing of them was sent.
    ///
    /// The next polls return them, flagged `TransferFlags.cancelled`.
    ///
    /// - Throws: ``TransportError/Code/unknownEndpoint``.
    public borrowing func recall(_ endpoint: EndpointID) throws(TransportError) {
        try check(fanfare_loop_recall(loop, endpoint), "the endpoint's requests cannot be recalled")
    }

    /// Ends everything in flight; the next polls return it, flagged `TransferFlags.cancelled`.
    package borrowing func cancelAll() { fanfare_loop_cancel_all(loop) }

    /// Requests accepted whose completions have not been handed out.
    public var inFlight: Int { fanfare_loop_in_flight(loop) }

    /// What ends this loop's poll from any thread.
    ///
    /// - Throws: ``TransportError/Code/system`` when descriptors are short.
    public borrowing func makeWaker() throws(TransportError) -> Waker {
        var waker: OpaquePointer?
        try check(fanfare_waker_create(loop, &waker), "cannot make a waker")
        guard let waker else { throw .outOfMemory }
        return Waker(waker)
    }
}

/// Ends a loop's poll under way, or else its next one.
///
/// May outlive the loop.
public final class Waker: Sendable {
    // Any thread: the C side only writes to a descriptor, which stays open as long as this object.
    nonisolated(unsafe) private let waker: OpaquePointer

    init(_ waker: OpaquePointer) { self.waker = waker }
    deinit { fanfare_waker_destroy(waker) }

    /// Any thread; never blocks.
    public func wake() { fanfare_waker_wake(waker) }
}

extension TransportError {
    static var outOfMemory: TransportError { TransportError(code: .outOfMemory, message: "out of memory") }
}

/// Throws what the C side reports; `invalid` says what an invalid argument means here.
func check(_ result: LoopResult, _ invalid: @autoclosure () -> String) throws(TransportError) {
    switch result {
    case .ok: return
    case .systemError:
        throw TransportError(code: .system, message: "the event loop cannot be set up", osErrno: errno)
    case .outOfMemory: throw .outOfMemory
    case .busy: throw TransportError(code: .endpointBusy, message: "the endpoint has requests in flight")
    case .unknownEndpoint: throw TransportError(code: .unknownEndpoint, message: "no such endpoint")
    case .poisoned: throw TransportError(code: .loopFailed, message: "libcurl failed as a whole")
    default: throw TransportError(code: .invalidValue, message: invalid())
    }
}
