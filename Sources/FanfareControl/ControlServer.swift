public import FanfareStore
import FanfareTransport
import Foundation
import NIOConcurrencyHelpers

/// Listens for orders on the socket of a data directory that this process owns, on a thread of its own.
///
/// One request and one answer a connection. Requests are answered one after the other, so that of two orders at once
/// each sees what the other made; but for those whose answers wait for others, which come when they come. A peer that
/// sends half a line, too much, or never takes its answer is dropped after a while; nobody else waits for it.
public final class ControlServer: Sendable {
    /// What answers, on the server's thread.
    public typealias Handler = @Sendable (ControlRequest) -> ControlAnswer
    /// What answers beside it, in a task; nil: the request is the handler's.
    public typealias LateHandler = @Sendable (ControlRequest) -> (@Sendable () async -> ControlAnswer)?

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
    ///   - late: Asked first: answers requests that would hold up others, and has an end whatever it waits for.
    ///   - handler: Answers the others.
    /// - Throws: ``ControlError``, `StoreError`, `TransportError`; then nobody listens.
    public init(
        _ directory: DataDirectory,
        tick: @escaping @Sendable () -> Void = {},
        late: @escaping LateHandler = { _ in nil },
        handler: @escaping Handler
    ) throws {
        let answers = try LateAnswers()
        let (listener, path, announced) = try Self.listen(directory)
        var ends: [Int32] = [-1, -1]
        do {
            guard pipe(&ends) == 0 else { throw ControlError(.system, "cannot make a pipe: \(systemText(errno))") }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            let stop = ends[0]
            try directory.announce(controlSocket: announced)
            thread = try LoopThread(name: "fanfare-control") {
                var loop = ControlLoop(
                    listener: listener,
                    stop: stop,
                    answers: answers,
                    late: late,
                    handler: handler,
                    tick: tick
                )
                loop.run()
            }
        } catch {
            for descriptor in [listener] + ends where descriptor >= 0 { Glibc.close(descriptor) }
            unlink(path)
            throw error
        }
        (self.path, self.directory, stop) = (path, directory, ends[1])
    }

    /// Stops listening. Answers that are being made are made first; who asks meanwhile hears that it ends.
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
    let answers: LateAnswers
    let late: ControlServer.LateHandler
    let handler: ControlServer.Handler
    let tick: @Sendable () -> Void
    var peers: [ControlPeer] = []
    private var accepted: UInt64 = 0
    private var isEnding = false

    init(
        listener: Int32,
        stop: Int32,
        answers: LateAnswers,
        late: @escaping ControlServer.LateHandler,
        handler: @escaping ControlServer.Handler,
        tick: @escaping @Sendable () -> Void
    ) {
        (self.listener, self.stop, self.answers) = (listener, stop, answers)
        (self.late, self.handler, self.tick) = (late, handler, tick)
    }

    mutating func run() {
        var nextTick: UInt64 = 0
        while !isEnding || peers.contains(where: \.isWaiting) {
            let now = Self.now
            if now >= nextTick {
                tick()
                nextTick = now + UInt64(Self.idle) * 1_000_000
            }
            var polled = [
                // What is closed stays readable: it is looked at once.
                pollfd(fd: isEnding ? -1 : stop, events: Int16(POLLIN), revents: 0),
                pollfd(fd: listener, events: Int16(POLLIN), revents: 0),
                pollfd(fd: answers.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            let others = polled.count
            polled += peers.map { pollfd(fd: $0.descriptor, events: $0.events, revents: 0) }
            if poll(&polled, nfds_t(polled.count), Self.idle) < 0, errno != EINTR { usleep(100_000) }
            if polled[0].revents != 0 { isEnding = true }
            serve(polled.dropFirst(others).map { $0.revents != 0 })
            if polled[2].revents != 0 { giveAnswers() }
            if polled[1].revents != 0, !isEnding || peers.contains(where: \.isWaiting) { acceptAll() }
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

    /// Gives answers that were made beside this thread to who waits for them.
    private mutating func giveAnswers() {
        let made = answers.take()
        var kept: [ControlPeer] = []
        for var peer in peers {
            var stays = true
            if peer.isWaiting, let answer = made[peer.number] {
                peer.take(answer: Self.line(answer), now: Self.now)
                stays = proceed(&peer)
            }
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
            accepted += 1
            var peer = ControlPeer(descriptor, number: accepted, now: Self.now)
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
        case .answer(let line):
            guard let made = self.answer(line, to: peer.number) else {
                peer.waits()
                return true
            }
            answer = made
        }
        peer.take(answer: Self.line(answer), now: Self.now)
        return proceed(&peer)
    }

    /// - Returns: Nil when it comes later.
    private func answer(_ line: [UInt8], to peer: UInt64) -> ControlAnswer? {
        if isEnding { return ControlAnswer("the process is just ending", refusal: .ending) }
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
            let request = try JSONDecoder().decode(ControlRequest.self, from: data)
            guard let work = late(request) else { return handler(request) }
            Task { [answers] in answers.put(await work(), for: peer) }
            return nil
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
