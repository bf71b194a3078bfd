import CSpawn
import Glibc

/// A call of the system that failed.
struct SystemCallFailed: Error, CustomStringConvertible {
    let code: Int32

    /// The system's own words.
    var description: String { String(cString: strerror(code)) }
}

/// Another program, in a process group of its own, that has nothing of this process but its environment.
///
/// Thread: one. It is waited for by ``poll()`` or killed by ``kill()``, so that no zombie stays.
final class SpawnedProcess {
    /// How it ended.
    enum Status: Equatable, CustomStringConvertible {
        case exited(Int32)
        case killed(Int32)

        var description: String {
            switch self {
            case .exited(let status): "it ended with status \(status)"
            case .killed(let signal): "it was ended by signal \(signal)"
            }
        }
    }

    /// Bytes of its output that are kept: the last ones.
    private static let kept = 400

    private let id: pid_t
    private let output: Int32
    private var tail: [UInt8] = []

    /// Starts it.
    ///
    /// - Parameters:
    ///   - words: The program, looked up as a shell would, and its arguments.
    ///   - input: What stands on its standard input; at most 60,000 bytes, which a pipe holds.
    ///   - variables: Set beside this process's environment.
    /// - Throws: ``SystemCallFailed``.
    init(_ words: [String], input: String, variables: [String: String]) throws {
        let (inputEnd, outputPipe) = (try Self.filled(with: Array(input.utf8).prefix(60_000)), try Self.pipe())
        defer {
            close(inputEnd)
            close(outputPipe.write)
        }
        _ = fcntl(outputPipe.read, F_SETFL, O_NONBLOCK)
        do {
            id = try Self.spawn(words, Self.environment(with: variables), inputEnd, outputPipe.write)
        } catch {
            close(outputPipe.read)
            throw error
        }
        output = outputPipe.read
    }

    deinit { close(output) }

    /// Waits a twentieth of a second for its end; what it writes meanwhile is read.
    func poll() -> Status? {
        var waiting = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
        if Glibc.poll(&waiting, 1, 50) > 0, !readOutput() { usleep(20_000) }
        var status: Int32 = 0
        guard waitpid(id, &status, WNOHANG) == id else { return nil }
        _ = readOutput()
        return status & 0x7F == 0 ? .exited((status >> 8) & 0xFF) : .killed(status & 0x7F)
    }

    /// Ends it, with the group that it leads.
    func kill() {
        Glibc.kill(-id, SIGKILL)
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
    }

    /// The end of what it wrote, on one line.
    var lastOutput: String {
        let scalars = String(decoding: tail, as: UTF8.self).unicodeScalars.map { scalar -> Unicode.Scalar in
            scalar.properties.generalCategory == .control ? " " : scalar
        }
        let words = String(String.UnicodeScalarView(scalars)).split(separator: " ")
        return words.joined(separator: " ")
    }

    /// - Returns: False once there will be no more.
    private func readOutput() -> Bool {
        var piece = [UInt8](repeating: 0, count: 4096)
        // Bounded: a program that never stops writing must not keep its own end from being seen.
        for _ in 0..<64 {
            let count = read(output, &piece, piece.count)
            if count <= 0 { return count < 0 && errno == EAGAIN }
            tail = Array((tail + piece[..<count]).suffix(Self.kept))
        }
        return true
    }

    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { throw SystemCallFailed(code: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    /// A pipe's reading end with all in it that there will be.
    private static func filled(with bytes: ArraySlice<UInt8>) throws -> Int32 {
        let ends = try pipe()
        defer { close(ends.write) }
        // The reader is this process, and there is room: it neither waits nor is ended by a signal.
        let written = bytes.withUnsafeBytes { write(ends.write, $0.baseAddress, $0.count) }
        guard written == bytes.count else {
            let code = errno
            close(ends.read)
            throw SystemCallFailed(code: code)
        }
        return ends.read
    }

    private static func environment(with variables: [String: String]) -> [String] {
        var result: [String] = []
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            if variables[String(text.prefix { $0 != "=" })] == nil { result.append(text) }
            next += 1
        }
        return result + variables.map { "\($0.key)=\($0.value)" }
    }

    private static func spawn(
        _ words: [String],
        _ environment: [String],
        _ input: Int32,
        _ output: Int32
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        // In the child, after the fork: whatever another thread opens meanwhile, and has not marked yet, is not handed on.
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        // What this process ignores (SIGPIPE, SIGINT) is not the program's choice.
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var argv = words.map { strdup($0) } + [nil]
        var envp = environment.map { strdup($0) } + [nil]
        defer { (argv + envp).forEach { free($0) } }
        var id: pid_t = 0
        let code = posix_spawnp(&id, words[0], &actions, &attributes, &argv, &envp)
        if code != 0 { throw SystemCallFailed(code: code) }
        return id
    }
}
