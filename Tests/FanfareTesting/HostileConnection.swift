import Glibc
import NIOConcurrencyHelpers

/// One request as a hostile receiver read it.
public struct HostileRequest: Sendable {
    /// The path and query.
    public var target: String
    /// All header lines, in the order in which they came.
    public var headers: [String]
    /// Bytes of the body that were read.
    public var bodyBytes: Int
    /// Its connection's number.
    public var connection: Int

    /// The value of a header; nil: there is none.
    ///
    /// - Parameter name: In lower case.
    public func header(_ name: String) -> String? {
        for line in headers where line.lowercased().hasPrefix(name + ":") {
            return String(line.dropFirst(name.utf8.count + 1).drop { $0 == " " })
        }
        return nil
    }
}

/// One connection of a ``HostileReceiver``, for its script. All calls block, and give up when the receiver stops or the
/// other side is gone.
public final class HostileConnection {
    /// From 1, in the order of being accepted.
    public let number: Int
    private let socket: Int32
    private let state: NIOLockedValueBox<HostileReceiver.State>
    private var unread: [UInt8] = []

    init(socket: Int32, number: Int, state: NIOLockedValueBox<HostileReceiver.State>) {
        self.socket = socket
        self.number = number
        self.state = state
    }

    /// Reads a request's head and, unless told otherwise, its body.
    ///
    /// - Parameter body: Whether the body is read, too.
    /// - Returns: Nil when the other side is gone.
    public func read(body: Bool = true) -> HostileRequest? {
        while true {
            if let end = endOfHead() {
                let lines = String(decoding: unread[..<(end - 4)], as: UTF8.self)
                    .split(separator: "\r\n").map(String.init)
                unread.removeFirst(end)
                let words = (lines.first ?? "").split(separator: " ")
                var request = HostileRequest(
                    target: words.count > 1 ? String(words[1]) : "",
                    headers: Array(lines.dropFirst()),
                    bodyBytes: 0,
                    connection: number
                )
                if body {
                    request.bodyBytes = Int(request.header("content-length") ?? "0") ?? 0
                    while unread.count < request.bodyBytes { guard receive() else { return nil } }
                    unread.removeFirst(request.bodyBytes)
                }
                state.withLockedValue { $0.requests.append(request) }
                return request
            }
            guard receive() else { return nil }
        }
    }

    /// Reads so many bytes.
    ///
    /// - Returns: Nil when the other side is gone.
    func read(_ count: Int) -> [UInt8]? {
        while unread.count < count { guard receive() else { return nil } }
        defer { unread.removeFirst(count) }
        return Array(unread[..<count])
    }

    /// Whether what comes begins like this; it is read then.
    func starts(with bytes: [UInt8]) -> Bool {
        while unread.count < bytes.count, bytes.starts(with: unread) { guard receive() else { return false } }
        guard unread.starts(with: bytes) else { return false }
        unread.removeFirst(bytes.count)
        return true
    }

    /// Sends text as it stands.
    ///
    /// - Returns: False when the other side is gone.
    @discardableResult
    public func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Sends bytes as they are.
    ///
    /// - Returns: False when the other side is gone.
    @discardableResult
    public func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if sent < 0 && errno == EINTR { continue }
            if sent <= 0 { return false }
            state.withLockedValue { $0.bytesSent += sent }
            rest = rest.dropFirst(sent)
        }
        return true
    }

    /// Does nothing for a while.
    ///
    /// - Returns: False when the receiver stops.
    @discardableResult
    public func pause(milliseconds: UInt32) -> Bool {
        for _ in 0..<max(1, milliseconds / 10) {
            if state.withLockedValue({ $0.isStopped }) { return false }
            poll(nil, 0, Int32(min(milliseconds, 10)))
        }
        return true
    }

    /// Reads and forgets until the other side is gone.
    public func waitForEnd() {
        while receive() { unread.removeAll(keepingCapacity: true) }
    }

    /// Reads nothing until the other side is gone, at most ten seconds.
    public func waitWithoutReading() {
        for _ in 0..<1000 {
            // POLLRDHUP, which the C library shows to GNU sources alone: the other side sends nothing more.
            var poll = pollfd(fd: socket, events: 0x2000, revents: 0)
            if Glibc.poll(&poll, 1, 10) != 0 || !pause(milliseconds: 1) { return }
        }
    }

    /// Says that nothing more will be sent.
    public func halfClose() { shutdown(socket, Int32(SHUT_WR)) }

    /// Makes the close that follows a reset.
    public func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
    }

    private func receive() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        let count = buffer.withUnsafeMutableBytes { recv(socket, $0.baseAddress, $0.count, 0) }
        if count < 0 && errno == EINTR { return true }
        guard count > 0 else { return false }
        unread += buffer[..<count]
        return true
    }

    private func endOfHead() -> Int? {
        guard unread.count >= 4 else { return nil }
        for end in 4...unread.count where unread[(end - 4)..<end].elementsEqual([13, 10, 13, 10]) { return end }
        return nil
    }
}
