import Fanfare
import Glibc

/// Standard output for much text: written in pieces, and an end of the reader (`| head`) ends the program quietly.
final class OutputStream {
    private static let capacity = 1 << 16
    private var buffer: [UInt8] = []

    init() { signal(SIGPIPE, SIG_IGN) }

    /// Appends bytes.
    ///
    /// - Throws: `StoreError` when they cannot be written.
    func write(_ bytes: UnsafeRawBufferPointer) throws {
        buffer.append(contentsOf: bytes)
        if buffer.count >= Self.capacity { try flush() }
    }

    /// Hands over what is left.
    func flush() throws {
        var rest = buffer[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if written < 0 && errno == EINTR { continue }
            if written < 0 && errno == EPIPE { exit(0) }
            guard written > 0 else { throw StoreError(errno: errno, doing: "cannot write to standard output") }
            rest = rest.dropFirst(written)
        }
        buffer.removeAll(keepingCapacity: true)
    }
}
