import Foundation
import Glibc
import NIOConcurrencyHelpers

/// A receiver on 127.0.0.1 that keeps every byte of its requests, one after another, and accepts each.
public final class RawReceiver: Sendable {
    /// The port.
    public let port: UInt16
    private let listener: Int32
    private let requests = NIOLockedValueBox<[[UInt8]]>([])

    /// Starts on a free port.
    ///
    /// - Throws: `POSIXError`.
    public init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard listener >= 0 else { throw Self.failure }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard bound else { throw Self.failure }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in acceptAll() }
    }

    private static var failure: POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }

    deinit { close(listener) }

    /// What came, in the order in which it ended.
    public var received: [[UInt8]] { requests.withLockedValue { $0 } }

    /// Ends the accepting thread.
    public func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func acceptAll() {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            serve(connection)
            close(connection)
        }
    }

    /// One connection after the other: tests send their requests one at a time.
    private func serve(_ connection: Int32) {
        var pending: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(connection, &chunk, chunk.count)
            guard count > 0 else { return }
            pending += chunk[..<count]
            while let length = Self.length(of: pending), pending.count >= length {
                requests.withLockedValue { $0.append(Array(pending[..<length])) }
                pending.removeFirst(length)
                let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                guard send(connection, answer, answer.utf8.count, Int32(MSG_NOSIGNAL)) > 0 else { return }
                return
            }
        }
    }

    /// Of the first request; nil: its headers are not all there.
    private static func length(of bytes: [UInt8]) -> Int? {
        let blank: [UInt8] = [13, 10, 13, 10]
        guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: blank) }) else { return nil }
        let head = String(decoding: bytes[..<end], as: UTF8.self)
        let field = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
        return end + 4 + (field.flatMap { Int($0.drop { $0 != " " }.dropFirst()) } ?? 0)
    }
}
