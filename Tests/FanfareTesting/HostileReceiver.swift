import Foundation
import NIOConcurrencyHelpers

/// A receiver on loopback that does to each connection, byte by byte, what a script says: what no HTTP server would.
///
/// Every connection has a thread of its own, at most 256 at a time; further ones are closed at once.
public final class HostileReceiver: Sendable {
    /// What is done with one connection; when it returns, the connection is closed.
    public typealias Script = @Sendable (_ connection: HostileConnection) -> Void

    private static let mostConnections = 256

    /// The port of 127.0.0.1.
    public let port: Int
    private let listener: Int32
    private let script: Script
    private let state = NIOLockedValueBox(State())

    struct State {
        var isStopped = false
        var open: Set<Int32> = []
        var threads = 0
        var connections = 0
        var requests: [HostileRequest] = []
        var bytesSent = 0
    }

    /// Starts on a free port of 127.0.0.1.
    ///
    /// - Parameters:
    ///   - receiveBuffer: Bytes that the system takes for a connection before anything reads; nil: as the system likes.
    ///   - script: What is done with each connection.
    /// - Throws: `POSIXError` when the port cannot be opened.
    public init(receiveBuffer: Int32? = nil, _ script: @escaping Script) throws {
        (listener, port) = try Self.listen(receiveBuffer: receiveBuffer)
        self.script = script
        state.withLockedValue { $0.threads = 1 }
        Thread.detachNewThread { [self] in accept() }
    }

    /// `http://127.0.0.1:PORT`, or the same with another scheme.
    ///
    /// - Parameter scheme: `http` or `https`.
    public func url(scheme: String = "http") -> String { "\(scheme)://127.0.0.1:\(port)" }

    /// Connections accepted so far.
    public var connections: Int { state.withLockedValue { $0.connections } }

    /// Requests that scripts have read, in the order in which they were read.
    public var requests: [HostileRequest] { state.withLockedValue { $0.requests } }

    /// Bytes that the system took from scripts so far.
    public var bytesSent: Int { state.withLockedValue { $0.bytesSent } }

    /// Closes everything and waits until every script has returned.
    ///
    /// - Throws: ``TimeLimitExceeded`` when a script does not.
    public func stop() async throws {
        state.withLockedValue { state in
            state.isStopped = true
            shutdown(listener, Int32(SHUT_RDWR))
            for socket in state.open { shutdown(socket, Int32(SHUT_RDWR)) }
        }
        try await eventually("the end of a hostile receiver's scripts") { state.withLockedValue { $0.threads == 0 } }
    }

    private static func listen(receiveBuffer: Int32?) throws -> (socket: Int32, port: Int) {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var size = receiveBuffer ?? 0
        if size > 0 { setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size)) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(socket, address, length) == 0 && Glibc.listen(socket, 1024) == 0
                    && getsockname(socket, address, &length) == 0
            }
        }
        guard socket >= 0, isBound else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        return (socket, Int(UInt16(bigEndian: address.sin_port)))
    }

    private func accept() {
        while true {
            let socket = Glibc.accept(listener, nil, nil)
            if socket < 0 && errno == EINTR { continue }
            _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
            let number: Int? = state.withLockedValue { state in
                guard socket >= 0, !state.isStopped, state.open.count < Self.mostConnections else { return nil }
                state.open.insert(socket)
                state.connections += 1
                state.threads += 1
                return state.connections
            }
            if let number {
                Thread.detachNewThread { [self] in serve(socket, number: number) }
            } else if socket >= 0 {
                close(socket)
            } else {
                break
            }
        }
        close(listener)
        state.withLockedValue { $0.threads -= 1 }
    }

    private func serve(_ socket: Int32, number: Int) {
        script(HostileConnection(socket: socket, number: number, state: state))
        state.withLockedValue { state in
            state.open.remove(socket)
            state.threads -= 1
            close(socket)
        }
    }
}

/// Runs a test against a hostile receiver and stops that whatever happens.
///
/// - Parameters:
///   - receiveBuffer: Bytes that the system takes for a connection before anything reads; nil: as the system likes.
///   - script: What is done with each connection.
///   - body: The test.
/// - Returns: What the test returned.
/// - Throws: What binding or the test threw.
@discardableResult
public func withHostileReceiver<Result>(
    receiveBuffer: Int32? = nil,
    _ script: @escaping HostileReceiver.Script,
    _ body: (HostileReceiver) async throws -> Result
) async throws -> Result {
    let receiver = try HostileReceiver(receiveBuffer: receiveBuffer, script)
    do {
        let result = try await body(receiver)
        try await receiver.stop()
        return result
    } catch {
        try? await receiver.stop()
        throw error
    }
}
