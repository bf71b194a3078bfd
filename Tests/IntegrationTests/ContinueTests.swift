import FanfareTesting
import Foundation
import Glibc
import Testing

/// What a client gets that asks before it sends a body, from a daemon.
@Suite("Expect: 100-continue", .serialized)
struct ContinueTests {
    @Test("the interim answer comes before the final one, and behind the request before", .timeLimit(.minutes(1)))
    func answers() async throws {
        try await withDesk { desk in
            let daemon = try desk.start("serve", "--listen", "0")
            try await eventually("the daemon serves; it said: \(daemon.errors)", within: .seconds(20)) {
                daemon.errors.contains("Serving data: ") || !daemon.isRunning
            }
            let match = try #require(daemon.errors.firstMatch(of: /http:\/\/127\.0\.0\.1:([0-9]+)/), "\(daemon.errors)")
            let port = try #require(Int(match.1))
            let socket = try PlainSocket(port: port)
            socket.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            socket.send(
                "POST /3.0/lists HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-Continue\r\n"
                    + "Content-Length: 2\r\n\r\n"
            )
            // As long as a client waits that does not trust the server to answer.
            try await Task.sleep(for: .seconds(1))
            socket.send("{}")
            let text = try #require(socket.readToEnd())
            let lines = text.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("HTTP/1.1 ") }
            // Without a key it is refused, whatever its body is.
            #expect(
                lines == ["HTTP/1.1 200 OK", "HTTP/1.1 100 Continue", "HTTP/1.1 401 Unauthorized"],
                "\(text)"
            )
            daemon.signal(SIGTERM)
            _ = try await desk.finish(daemon)
        }
    }
}
