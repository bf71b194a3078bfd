import FanfareTesting
import Foundation
import NIOConcurrencyHelpers

/// A terminal without a screen: what is written to it is kept, it can be typed at, resized and closed.
final class PseudoTerminal: Sendable {
    /// The device that a program has for its terminal.
    let path: String
    private let controller: Int32
    private let state = NIOLockedValueBox(State())

    // TIOCSPTLCK and TIOCGPTN (linux/tty_ioctl(4)); the C library's own calls are shown to GNU sources alone.
    private static let setLock: UInt = 0x4004_5431
    private static let getNumber: UInt = 0x8004_5430

    private struct State {
        var bytes: [UInt8] = []
        var isClosed = false
    }

    /// - Throws: `POSIXError` when there is none to be had.
    init(columns: UInt16) throws {
        controller = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var isLocked: Int32 = 0
        var number: Int32 = 0
        guard ioctl(controller, Self.setLock, &isLocked) == 0, ioctl(controller, Self.getNumber, &number) == 0 else {
            throw POSIXError(.init(rawValue: errno) ?? .EIO)
        }
        path = "/dev/pts/\(number)"
        resize(columns: columns)
        Thread.detachNewThread { [self] in collect() }
    }

    /// All that was written to it, line ends as `\r\n`.
    var output: String { String(decoding: state.withLockedValue { $0.bytes }, as: UTF8.self) }

    /// Tells the programs that it has another width.
    func resize(columns: UInt16) {
        var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(controller, UInt(TIOCSWINSZ), &size)
    }

    /// Presses keys.
    func type(_ keys: String) {
        let bytes = Array(keys.utf8)
        _ = bytes.withUnsafeBytes { write(controller, $0.baseAddress, $0.count) }
    }

    /// Hangs up.
    func close() {
        let wasClosed = state.withLockedValue { state in
            defer { state.isClosed = true }
            return state.isClosed
        }
        if !wasClosed { Foundation.close(controller) }
    }

    private func collect() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !state.withLockedValue({ $0.isClosed }) {
            var poll = pollfd(fd: controller, events: Int16(POLLIN), revents: 0)
            // Looked at again and again: a close by another thread ends no read.
            guard Foundation.poll(&poll, 1, 20) > 0 else { continue }
            let count = read(controller, &buffer, buffer.count)
            if count > 0 {
                state.withLockedValue { $0.bytes += buffer[..<count] }
            } else {
                // Nobody has it open at the moment.
                Foundation.poll(nil, 0, 20)
            }
        }
    }
}

extension Desk {
    /// Starts the program as a shell in this terminal would: it is the program's controlling terminal, an `xterm` unless
    /// the desk says another.
    func start(in terminal: PseudoTerminal, _ arguments: String...) throws -> ChildProcess {
        var environment = environment
        environment["TERM"] = environment["TERM"] ?? "xterm"
        let command = "exec setsid --ctty --wait \"$0\" \"$@\" <\(terminal.path) >\(terminal.path) 2>&1"
        let words = ["-c", command, BuiltProgram.path("fanfare")] + arguments
        return try ChildProcess("/bin/bash", words, environment: environment, in: folder)
    }

    /// Starts the program with a shell's redirections.
    func start(redirected: String, _ arguments: String...) throws -> ChildProcess {
        let words = ["-c", "exec \"$0\" \"$@\" \(redirected)", BuiltProgram.path("fanfare")] + arguments
        return try ChildProcess("/bin/bash", words, environment: environment, in: folder)
    }
}
