public import FanfareStore
import FanfareTransport
import Foundation
import NIOConcurrencyHelpers

/// Listens for orders on the socket of a data directory that this process owns, on a thread of its own.
///
/// One request and one answer a connection. Requests are answered one after the other, so that of two orders at once
/// each sees what the other made. A peer that sends half a line, too much, or never takes its answer is dropped after a
/// while; nobody else waits for it.
public final class ControlServer: Sendable {
    /// What answers, on the server's thread.
    public typealias Handler = @Sendable (ControlRequest) -> ControlAnswer

    /// Where it listens.
    public let path: String
    private let directory: DataDirectory
    private let thread: LoopThread
    /// A pipe whose end for writing is closed when the server is to end.
    private let stop: Int32

    /// Starts listening, and says so in the lock file.
    ///
    /// - Parameters:
    ///   - directory: Owned by this process.
    ///   - tick: Called about twice a second, on the server's thread.
    ///   - handler: Answers requests.
    /// - Throws: ``ControlError``, `StoreError`, `TransportError`; then nobody listens.
    public init(
        _ directory: DataDirectory,
        tick: @escaping @Sendable () -> Void = {},
        handler: @escaping Handler
    ) throws {
        let (listener, path, announced) = try Self.listen(directory)
        var ends: [Int32] = [-1, -1]
        do {
            guard pipe(&ends) == 0 else { throw ControlError(.system, "cannot make a pipe: \(systemText(errno))") }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            let stop = ends[0]
            try directory.announce(controlSocket: announced)
            thread = try LoopThread(name: "fanfare-control") {
                var loop = ControlLoop(listener: listener, stop: stop, handler: handler, tick: tick)
                loop.run()
            }
        } catch {
            for descriptor in [listener] + ends where descriptor >= 0 { Glibc.close(descriptor) }
            unlink(path)
            throw error
        }
        (self.path, self.directory, stop) = (path, directory, ends[1])
    }

    /// Stops listening. An answer that is being made is made first.
    ///
    /// - Throws: `StoreError` when the lock file cannot be written.
    public func close() throws {
        Glibc.close(stop)
        thread.join()
        unlink(path)
        try directory.announce(controlSocket: nil)
    }

    private static func listen(_ directory: DataDirectory) throws(ControlError) -> (Int32, String, String) {
        var failure = ControlError(
            .place,
            "the path of \(directory.path) is too long for a socket, and neither XDG_RUNTIME_DIR nor "
                + "/tmp/fanfare-\(geteuid()) is a folder of this user's alone"
        )
        for candidate in try ControlPlace(directory).candidates {
            do throws(ControlError) {
                return (try ControlSocket.listen(at: candidate.path), candidate.path, candidate.announced)
            } catch {
                failure = error
            }
        }
        throw failure
    }
}

/// The server's thread: one poll(2) over all of its connections.
private struct ControlLoop {
    /// Connections at a time; with one more the oldest goes, or dead peers could keep the operator out.
    static let capacity = 64
    /// Milliseconds between two ticks.
    static let idle: Int32 = 500

    let listener: Int32
    let stop: Int32
    let handler: ControlServer.Handler
    let tick: @Sendable () -> Void
    var peers: [ControlPeer] = []

    mutating func run() {
        var nextTick: UInt64 = 0
        while true {
            let now = Self.now
            if now >= nextTick {
                tick()
                nextTick = now + UInt64(Self.idle) * 1_000_000
            }
            var polled = [
                pollfd(fd: stop, events: Int16(POLLIN), revents: 0),
                pollfd(fd: listener, events: Int16(POLLIN), revents: 0),
            ]
            polled += peers.map { pollfd(fd: $0.descriptor, events: $0.events, revents: 0) }
            if poll(&polled, nfds_t(polled.count), Self.idle) < 0, errno != EINTR { usleep(100_000) }
            if polled[0].revents != 0 { break }
            serve(polled.dropFirst(2).map { $0.revents != 0 })
            if polled[1].revents != 0 { acceptAll() }
        }
        for peer in peers { close(peer.descriptor) }
        close(listener)
        close(stop)
    }

    private mutating func serve(_ isReady: [Bool]) {
        var kept: [ControlPeer] = []
        for (var peer, isReady) in zip(peers, isReady) {
            let stays = isReady ? proceed(&peer) : Self.now < peer.deadline
            if stays { kept.append(peer) } else { close(peer.descriptor) }
        }
        peers = kept
    }

    private mutating func acceptAll() {
        // No more in a turn than are kept: a peer that connects for ever keeps nobody from being served.
        for _ in 0..<Self.capacity {
            guard let descriptor = ControlSocket.accept(on: listener) else {
                // Without a free descriptor the listener stays readable: no spinning until there is one.
                if errno == EMFILE || errno == ENFILE { usleep(50_000) }
                return
            }
            if peers.count >= Self.capacity { close(peers.removeFirst().descriptor) }
            var peer = ControlPeer(descriptor, now: Self.now)
            if proceed(&peer) { peers.append(peer) } else { close(descriptor) }
        }
    }

    /// - Returns: Whether it stays.
    private func proceed(_ peer: inout ControlPeer) -> Bool {
        let answer: ControlAnswer
        switch peer.proceed() {
        case .wait: return Self.now < peer.deadline
        case .close: return false
        case .tooLong:
            answer = ControlAnswer("a request has at most \(ControlPeer.longestRequest) bytes", refusal: .malformed)
        case .answer(let line): answer = self.answer(line)
        }
        peer.take(answer: Self.line(answer), now: Self.now)
        return proceed(&peer)
    }

    private func answer(_ line: [UInt8]) -> ControlAnswer {
        let data = Data(line)
        do {
            let version = try JSONDecoder().decode(VersionOnly.self, from: data).fanfare
            guard version == ControlRequest.version else {
                return ControlAnswer(
                    "the request is of version \(version), and this process speaks version \(ControlRequest.version): "
                        + "use the same fanfare as the one that runs",
                    refusal: .malformed
                )
            }
            return handler(try JSONDecoder().decode(ControlRequest.self, from: data))
        } catch {
            return ControlAnswer("this is no request: one line of JSON is expected", refusal: .malformed)
        }
    }

    private static func line(_ answer: ControlAnswer) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(answer)) + [UInt8(ascii: "\n")]
        } catch {
            // A number that JSON does not have, of a status: nobody is answered with half of it.
            return Array(#"{"fanfare":1,"message":"the answer cannot be written","refusal":"failed"}"#.utf8) + [10]
        }
    }

    private static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

private struct VersionOnly: Decodable {
    var fanfare: Int
}
