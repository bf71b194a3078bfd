public import FanfareStore
import Foundation

/// Asks the owner of a data directory.
public enum ControlClient {
    /// Bytes of an answer at most.
    static let longestAnswer = 4 << 20
    /// Seconds that each step waits: an order to cancel what is not running may write a long ledger.
    static let patience = 60

    /// Sends one request and waits for its answer. Blocks.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - directory: The data directory.
    ///   - socket: As its owner announced it (`DataDirectory.Owner`).
    /// - Throws: ``ControlError``: `nobody` when the owner is gone, `noAnswer` when it is not known what became of it.
    public static func ask(
        _ request: ControlRequest,
        of directory: DataDirectory,
        at socket: String
    ) throws -> ControlAnswer {
        let path = try ControlPlace.path(announced: socket, in: directory)
        let descriptor = try ControlSocket.connect(to: path, seconds: patience)
        defer { close(descriptor) }
        try send(Array(try JSONEncoder().encode(request)) + [UInt8(ascii: "\n")], on: descriptor)
        let line = try receive(on: descriptor)
        do {
            return try JSONDecoder().decode(ControlAnswer.self, from: Data(line))
        } catch {
            throw ControlError(
                .malformed,
                "the process that runs it answered what this version does not understand; use the same fanfare"
            )
        }
    }

    private static func send(_ bytes: [UInt8], on descriptor: Int32) throws(ControlError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 {
                if errno == EINTR { continue }
                // Nothing is done before the whole line has come.
                if errno == EPIPE || errno == ECONNRESET { throw ControlError(.nobody, "the process has just ended") }
                throw ControlError(.noAnswer, "the process that runs it does not take orders: \(systemText(errno))")
            }
            rest = rest.dropFirst(count)
        }
    }

    private static func receive(on descriptor: Int32) throws(ControlError) -> [UInt8] {
        var line: [UInt8] = []
        while line.last != UInt8(ascii: "\n") {
            let count = withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 1) { buffer in
                let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
                if count > 0 { line += buffer[..<count] }
                return count
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0, line.count <= longestAnswer else {
                let why = count == 0 ? "it ended first" : count < 0 ? "after \(patience) s" : "it is too long"
                throw ControlError(
                    .noAnswer,
                    "no whole answer from the process that runs it (\(why)): whether the order was taken is not known; "
                        + "see fanfare status"
                )
            }
        }
        return line
    }
}
