import ArgumentParser
import Glibc

/// Standard output for results that may be long: buffered, and in good order when nobody reads on.
struct ResultOutput {
    private static let bufferSize = 64 << 10
    private var buffer: [UInt8] = []

    init() {
        // A reader that has seen enough (`| head`) is told by EPIPE, which `flush` knows, whatever this process was
        // started with.
        signal(SIGPIPE, SIG_IGN)
    }

    /// - Throws: See ``flush()``.
    mutating func write(_ bytes: some Sequence<UInt8>) throws {
        buffer += bytes
        if buffer.count >= Self.bufferSize { try flush() }
    }

    /// Writes what is buffered.
    ///
    /// - Throws: `ExitCode.success` when nobody reads any more; ``OutputError`` when it cannot be written.
    mutating func flush() throws {
        var rest = buffer[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if written < 0 {
                if errno == EINTR { continue }
                if errno == EPIPE { throw ExitCode.success }
                throw OutputError(number: errno)
            }
            rest = rest.dropFirst(written)
        }
        buffer.removeAll(keepingCapacity: true)
    }
}

/// Standard output cannot be written, for example because the disk behind it is full: what was printed is not all.
struct OutputError: Error, CustomStringConvertible {
    let number: Int32

    var description: String { "the output is not complete: \(String(cString: strerror(number)))" }
}
