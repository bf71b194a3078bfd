import Glibc
import NIOConcurrencyHelpers

/// Answers that are made beside the server's thread, and what wakes it for them. Any thread.
///
/// It lives as long as whoever may still have an answer to put: one that nobody waits for any more is thrown away.
final class LateAnswers: Sendable {
    /// Readable while there are some.
    let descriptor: Int32
    private let bell: Int32
    private let answers = NIOLockedValueBox<[UInt64: ControlAnswer]>([:])

    /// - Throws: ``ControlError`` with `system`.
    init() throws(ControlError) {
        // No pipe: a write to one whose reader is gone raises a signal.
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw ControlError(.system, "cannot make a pair of sockets: \(systemText(errno))")
        }
        (descriptor, bell) = (ends[0], ends[1])
    }

    deinit {
        close(descriptor)
        close(bell)
    }

    /// Has an answer given to the peer with a number, if it is still there.
    func put(_ answer: ControlAnswer, for peer: UInt64) {
        answers.withLockedValue { $0[peer] = answer }
        var byte: UInt8 = 1
        // Full, it is readable anyhow.
        _ = send(bell, &byte, 1, Int32(MSG_NOSIGNAL))
    }

    /// Those that have come since the last time.
    func take() -> [UInt64: ControlAnswer] {
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { buffer in
            while recv(descriptor, buffer.baseAddress, buffer.count, 0) > 0 {}
        }
        return answers.withLockedValue { answers in
            defer { answers = [:] }
            return answers
        }
    }
}
