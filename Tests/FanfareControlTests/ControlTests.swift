import FanfareDelivery
import FanfareStore
import FanfareTesting
import Glibc
import NIOConcurrencyHelpers
import Testing

@testable import FanfareControl

@Suite("Orders reach the owner of a data directory")
struct ControlTests {
    /// A server over a data directory of its own that repeats the name it was asked for.
    private static func withServer(
        in path: String,
        late: @escaping ControlServer.LateHandler = { _ in nil },
        answering handler: @escaping ControlServer.Handler = { ControlAnswer("\($0.command) \($0.name ?? "")") },
        _ body: (DataDirectory, ControlServer) throws -> Void
    ) throws {
        let directory = try DataDirectory(path: path, access: .own)
        let server = try ControlServer(directory, late: late, handler: handler)
        do { try body(directory, server) } catch {
            try server.close()
            throw error
        }
        try server.close()
    }

    /// What the lock file says.
    private static func lock(_ path: String) throws -> String { try text(of: path + "/lock") }

    /// A connection whose peer the test plays by hand.
    private struct RawPeer: ~Copyable {
        let descriptor: Int32

        init(_ path: String) throws { descriptor = try ControlSocket.connect(to: path, seconds: 10) }

        deinit { close(descriptor) }

        func write(_ bytes: [UInt8]) -> Int { send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

        func read() -> String {
            var text: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                if count <= 0 { return String(decoding: text, as: UTF8.self) }
                text += buffer[..<count]
            }
        }
    }

    /// One that has asked to pause something.
    private final class RawPeerBox {
        let peer: RawPeer

        init(_ path: String, _ name: String) throws {
            peer = try RawPeer(path)
            _ = peer.write(Array(#"{"fanfare":1,"command":"pause","name":"\#(name)"}"#.utf8) + [10])
        }
    }

    private static func answer(at path: String, _ name: String) throws -> String {
        let peer = try RawPeer(path)
        _ = peer.write(Array(#"{"fanfare":1,"command":"pause","name":"\#(name)"}"#.utf8) + [10])
        return peer.read()
    }

    @Test("an order is answered; the socket is this user's alone, and gone afterwards")
    func answers() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.path("data")
            var socketPath = ""
            try Self.withServer(in: path) { (directory, server) throws in
                socketPath = server.path
                var info = stat()
                #expect(lstat(server.path, &info) == 0 && info.st_mode & 0o777 == 0o600)
                let lock = try Self.lock(path)
                #expect(lock == "\(getpid())\nsocket control.sock\n")
                try directory.announce(fanOuts: ["0123456789"])
                #expect(try Self.lock(path) == "\(getpid())\n0123456789\nsocket control.sock\n")
                let answer = try ControlClient.ask(.init(.set, name: "é\n"), of: directory, at: "control.sock")
                #expect(answer.message == "set é\n" && answer.refusal == nil)
            }
            #expect(access(socketPath, F_OK) != 0)
            let directory = try DataDirectory(path: path, access: .own)
            #expect(throws: ControlError.self) {
                try ControlClient.ask(.init(.pause), of: directory, at: "control.sock")
            }
        }
    }

    @Test("a socket that a dead owner left is replaced")
    func replaces() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.path("data")
            _ = try DataDirectory(path: path, access: .own)
            close(try ControlSocket.listen(at: path + "/control.sock"))
            #expect(access(path + "/control.sock", F_OK) == 0)
            try Self.withServer(in: path) { (_, server) throws in
                #expect(try Self.answer(at: server.path, "a").contains("pause a"))
            }
        }
    }

    @Test("a path too long for a socket falls back to a folder of this user's, named in the lock file")
    func fallsBack() async throws {
        try await withTemporaryFolder { folder in
            let long = folder.path(String(repeating: "d", count: 120))
            try Self.withServer(in: long) { (directory, server) throws in
                #expect(!server.path.hasPrefix(folder.path) && server.path.utf8.count <= 107)
                #expect(try Self.lock(long).contains("socket \(server.path)\n"))
                var info = stat()
                let parent = server.path.split(separator: "/").dropLast().joined(separator: "/")
                #expect(stat("/" + parent, &info) == 0 && info.st_mode & 0o077 == 0 && info.st_uid == geteuid())
                #expect(try ControlClient.ask(.init(.pause, name: "x"), of: directory, at: server.path).refusal == nil)
            }
        }
    }

    @Test(
        "what is no request of this version is refused in words",
        arguments: [
            ("x", "no request"), ("{}", "no request"), (#"{"fanfare":1,"command":"explode"}"#, "no request"),
            (#"{"fanfare":2,"command":"pause","name":"a"}"#, "version 2"), ("", "no request"),
        ]
    )
    func refuses(line: String, expected: String) async throws {
        try await withTemporaryFolder { folder in
            try Self.withServer(in: folder.path("data")) { (_, server) throws in
                let peer = try RawPeer(server.path)
                _ = peer.write(Array(line.utf8) + [10])
                let answer = peer.read()
                #expect(answer.contains(expected) && answer.contains(#""refusal":"malformed""#), "\(answer)")
                #expect(answer.hasSuffix("\n"))
            }
        }
    }

    @Test("peers that send half a line, too much or nothing, and many of them, keep nobody out")
    func hostilePeers() async throws {
        try await withTemporaryFolder { folder in
            try Self.withServer(in: folder.path("data")) { (_, server) throws in
                let half = try RawPeer(server.path)
                _ = half.write(Array(#"{"fanfare":1"#.utf8))
                let large = try RawPeer(server.path)
                var sent = 0
                while sent < 1 << 20 {
                    let count = large.write([UInt8](repeating: 65, count: 64 << 10))
                    if count <= 0 { break }
                    sent += count
                }
                var silent: [Int32] = []
                for _ in 0..<200 { silent.append(try ControlSocket.connect(to: server.path, seconds: 10)) }
                let start = ContinuousClock.now
                #expect(try Self.answer(at: server.path, "b").contains("pause b"))
                #expect(ContinuousClock.now - start < .seconds(5))
                for descriptor in silent { close(descriptor) }
                #expect(try Self.answer(at: server.path, "c").contains("pause c"))
            }
        }
    }

    @Test("a line of more than 4 MiB is refused before it has ended")
    func tooLong() async throws {
        try await withTemporaryFolder { folder in
            try Self.withServer(in: folder.path("data")) { (_, server) throws in
                let peer = try RawPeer(server.path)
                _ = peer.write([UInt8](repeating: 65, count: (4 << 20) + 1))
                #expect(peer.read().contains("at most 4194304 bytes"))
            }
        }
    }

    @Test("a peer that never takes its answer is dropped, and others are answered meanwhile")
    func neverReads() async throws {
        try await withTemporaryFolder { folder in
            let long = String(repeating: "x", count: 2 << 20)
            try Self.withServer(in: folder.path("data"), answering: { _ in ControlAnswer(long) }) {
                (_, server) throws in
                let lazy = try RawPeer(server.path)
                _ = lazy.write(Array(#"{"fanfare":1,"command":"status"}"#.utf8) + [10])
                let start = ContinuousClock.now
                #expect(try Self.answer(at: server.path, "d").utf8.count > 2 << 20)
                #expect(ContinuousClock.now - start < .seconds(4))
                var waiting = pollfd(fd: lazy.descriptor, events: 0, revents: 0)
                #expect(poll(&waiting, 1, 30_000) == 1 && waiting.revents & Int16(POLLHUP) != 0)
                // What it had not taken by then never comes.
                #expect(lazy.read().utf8.count < 2 << 20)
            }
        }
    }

    /// Answers requests to pause when it is opened, with their names.
    private final class Gate: Sendable {
        private let state = NIOLockedValueBox<(isOpen: Bool, asked: Int)>((false, 0))

        var asked: Int { state.withLockedValue { $0.asked } }

        func open() { state.withLockedValue { $0.isOpen = true } }

        func late(_ request: ControlRequest) -> (@Sendable () async -> ControlAnswer)? {
            guard request.command == .pause else { return nil }
            return { [self] in
                state.withLockedValue { $0.asked += 1 }
                while !state.withLockedValue({ $0.isOpen }) {
                    do { try await Task.sleep(for: .milliseconds(2)) } catch { break }
                }
                return ControlAnswer("late \(request.name ?? "")")
            }
        }
    }

    @Test("an answer that waits for others holds up nobody, and comes to who asked for it")
    func late() async throws {
        try await withTemporaryFolder { folder in
            let gate = Gate()
            try Self.withServer(in: folder.path("data"), late: { gate.late($0) }) { (directory, server) throws in
                let peers = [try RawPeerBox(server.path, "a"), try RawPeerBox(server.path, "b")]
                let leaver = try ControlSocket.connect(to: server.path, seconds: 10)
                _ = send(leaver, #"{"fanfare":1,"command":"pause","name":"c"}"# + "\n", 43, Int32(MSG_NOSIGNAL))
                while gate.asked < 3 { sched_yield() }
                let prompt = try ControlClient.ask(.init(.resume, name: "d"), of: directory, at: "control.sock")
                #expect(prompt.message == "resume d")
                close(leaver)
                #expect(try ControlClient.ask(.init(.set), of: directory, at: "control.sock").message == "set ")
                gate.open()
                #expect(peers[1].peer.read().contains("late b"))
                #expect(peers[0].peer.read().contains("late a"))
                // What the one who left was to get is nobody else's.
                #expect(try ControlClient.ask(.init(.cancel), of: directory, at: "control.sock").message == "cancel ")
            }
        }
    }

    @Test("an end waits for answers that are being made, and says so to who asks meanwhile")
    func lateEnd() async throws {
        try await withTemporaryFolder { folder in
            let gate = Gate()
            let directory = try DataDirectory(path: folder.path("data"), access: .own)
            let server = try ControlServer(directory, late: { gate.late($0) }) { _ in ControlAnswer("prompt") }
            let path = server.path
            let waiting = try RawPeerBox(path, "a")
            try await eventually("it is asked") { gate.asked == 1 }
            let ending = Task.detached { try server.close() }
            var refusal: ControlAnswer.Refusal?
            while refusal == nil {
                refusal = try ControlClient.ask(.init(.set), of: directory, at: "control.sock").refusal
            }
            #expect(refusal == .ending)
            gate.open()
            try await ending.value
            #expect(waiting.peer.read().contains("late a"))
        }
    }

    @Test(
        "what is set survives the way over the socket",
        arguments: [
            SettingsChange(rate: .unlimited), SettingsChange(rate: .perSecond(0.5), maxInFlight: 3),
            SettingsChange(deadline: .milliseconds(90_500)), SettingsChange(),
        ]
    )
    func carriesSettings(change: SettingsChange) async throws {
        try await withTemporaryFolder { folder in
            let handler: ControlServer.Handler = { ControlAnswer($0.change == change ? "same" : "other") }
            try Self.withServer(in: folder.path("data"), answering: handler) { (directory, _) throws in
                let request = ControlRequest(.set, name: "a", change: change)
                #expect(try ControlClient.ask(request, of: directory, at: "control.sock").message == "same")
            }
        }
    }
}

/// The text of a small file.
private func text(of path: String) throws -> String {
    let descriptor = open(path, O_RDONLY)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(descriptor, &buffer, buffer.count)
    return String(decoding: buffer[..<max(0, count)], as: UTF8.self)
}
