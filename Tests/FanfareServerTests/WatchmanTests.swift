import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import FanfareServer

@Suite("Slow clients lose their connections")
struct WatchmanTests {
    /// A connection with a watchman, whose clock stands still between the test's steps.
    private struct Connection {
        let channel = EmbeddedChannel()

        init(_ table: ConnectionTable? = nil, from address: String? = nil) throws {
            try channel.pipeline.syncOperations.addHandler(Watchman(ConnectionLimits(), table))
            if let address { channel.remoteAddress = try SocketAddress(ipAddress: address, port: 1) }
            try channel.connect(to: SocketAddress(ipAddress: address ?? "127.0.0.1", port: 1)).wait()
        }

        func wait(_ seconds: Int64) { channel.embeddedEventLoop.advanceTime(by: .seconds(seconds)) }

        func request(_ parts: HTTPRequestPart...) throws { for part in parts { try channel.writeInbound(part) } }

        func answer() throws {
            try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .ok)))
            try channel.writeOutbound(HTTPResponsePart.end(nil))
        }

        /// The status that was written last; nil: none was.
        func status() throws -> Int? {
            var status: Int?
            while let part = try channel.readOutbound(as: HTTPResponsePart.self) {
                if case .head(let head) = part { status = head.status.code }
            }
            return status
        }
    }

    private static let head = HTTPRequestPart.head(
        HTTPRequest(method: .post, scheme: "http", authority: "x", path: "/")
    )
    private static let piece = HTTPRequestPart.body(ByteBuffer(string: "x"))

    @Test("one that sends no head is closed without a word")
    func noHead() throws {
        let connection = try Connection()
        connection.wait(9)
        #expect(connection.channel.isActive)
        connection.wait(2)
        #expect(!connection.channel.isActive)
        #expect(try connection.status() == nil)
    }

    @Test("one whose body drips in is told so, and closed")
    func slowBody() throws {
        let connection = try Connection()
        try connection.request(Self.head)
        for _ in 0..<59 {
            connection.wait(1)
            try connection.request(Self.piece)
        }
        #expect(connection.channel.isActive)
        connection.wait(2)
        #expect(try connection.status() == 408)
        #expect(!connection.channel.isActive)
    }

    @Test("one that waits for a slow answer is not closed, and has a minute for its next request")
    func slowAnswer() throws {
        let connection = try Connection()
        try connection.request(Self.head, .end(nil))
        connection.wait(600)
        #expect(connection.channel.isActive)
        try connection.answer()
        #expect(try connection.status() == 200)
        connection.wait(59)
        #expect(connection.channel.isActive)
        connection.wait(2)
        #expect(!connection.channel.isActive)
    }

    @Test("one that was answered before its body was whole has a minute too")
    func earlyAnswer() throws {
        let connection = try Connection()
        try connection.request(Self.head, Self.piece)
        try connection.answer()
        connection.wait(50)
        try connection.request(.end(nil))
        connection.wait(59)
        #expect(connection.channel.isActive)
        connection.wait(2)
        #expect(!connection.channel.isActive)
    }

    @Test("one that does not take its answer is closed")
    func untakenAnswer() throws {
        let connection = try Connection()
        try connection.request(Self.head, .end(nil))
        // Written and not flushed: nobody has taken it.
        connection.channel.write(HTTPResponsePart.head(HTTPResponse(status: .ok)), promise: nil)
        connection.wait(29)
        #expect(connection.channel.isActive)
        connection.wait(2)
        #expect(!connection.channel.isActive)
    }

    @Test("deadlines move: one that asks on and on is not closed, and each of its requests has its whole time")
    func manyRequests() throws {
        let connection = try Connection()
        for _ in 0..<20 {
            connection.wait(7)
            try connection.request(Self.head)
            connection.wait(29)
            try connection.request(.end(nil))
            connection.wait(3)
            try connection.answer()
            #expect(try connection.status() == 200)
        }
        connection.wait(59)
        try connection.request(Self.head)
        connection.wait(59)
        #expect(connection.channel.isActive)
        connection.wait(2)
        #expect(try connection.status() == 408)
        #expect(!connection.channel.isActive)
    }

    @Test("one that takes its answer slowly is closed within its time of the last piece, whatever was expected before")
    func slowTaker() throws {
        let connection = try Connection()
        try connection.request(Self.head, .end(nil))
        connection.channel.write(HTTPResponsePart.head(HTTPResponse(status: .ok)), promise: nil)
        connection.wait(29)
        connection.channel.flush()
        connection.channel.write(HTTPResponsePart.body(ByteBuffer(string: "x")), promise: nil)
        connection.wait(29)
        #expect(connection.channel.isActive)
        connection.wait(2)
        #expect(!connection.channel.isActive)
    }

    @Test("an address has so many connections, and gets room when one is closed")
    func crowd() throws {
        let table = ConnectionTable(limit: 2)
        let kept = try (0..<2).map { _ in try Connection(table, from: "192.0.2.1") }
        let third = try Connection(table, from: "192.0.2.1")
        #expect(kept.allSatisfy { $0.channel.isActive } && !third.channel.isActive)
        #expect(try Connection(table, from: "192.0.2.2").channel.isActive)
        try kept[0].channel.close().wait()
        kept[0].channel.embeddedEventLoop.run()
        #expect(try Connection(table, from: "192.0.2.1").channel.isActive)
    }
}
