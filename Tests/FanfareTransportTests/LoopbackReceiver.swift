import FanfareTransport
import Glibc
import NIOConcurrencyHelpers
import Testing

/// A plain HTTP receiver on 127.0.0.1: a thread for each connection, the same answer to every request.
final class LoopbackReceiver: Sendable {
    /// One request as it came.
    struct Received: Sendable {
        var head: String
        var body: String
    }

    let port: UInt16
    private let listener: Int32
    private let answer: String
    private let requests = NIOLockedValueBox<[Received]>([])

    /// - Parameter answer: All bytes of the answer.
    init(answer: String = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(listener >= 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 1024) == 0
                    && getsockname(listener, $0, &length) == 0
            }
        }
        try #require(bound)
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        self.answer = answer
        _ = try LoopThread(name: "receiver") { [self] in acceptAll() }
    }

    deinit { close(listener) }

    var received: [Received] { requests.withLockedValue { $0 } }

    /// Ends the accepting thread.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func acceptAll() {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            do {
                _ = try LoopThread(name: "connection") { [self] in serve(connection) }
            } catch {
                close(connection)
            }
        }
    }

    private func serve(_ connection: Int32) {
        defer { close(connection) }
        var pending: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            while let request = Self.takeRequest(from: &pending) {
                requests.withLockedValue { $0.append(request) }
                guard send(connection, answer, answer.utf8.count, Int32(MSG_NOSIGNAL)) > 0 else { return }
            }
            let count = read(connection, &chunk, chunk.count)
            guard count > 0 else { return }
            pending += chunk[..<count]
        }
    }

    private static func takeRequest(from bytes: inout [UInt8]) -> Received? {
        let blank: [UInt8] = [13, 10, 13, 10]
        guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: blank) }) else { return nil }
        let head = String(decoding: bytes[..<end], as: UTF8.self)
        let field = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
        let length = field.flatMap { Int($0.drop { $0 != " " }.dropFirst()) } ?? 0
        guard bytes.count >= end + 4 + length else { return nil }
        let body = String(decoding: bytes[(end + 4)..<(end + 4 + length)], as: UTF8.self)
        bytes.removeFirst(end + 4 + length)
        return Received(head: head, body: body)
    }
}
