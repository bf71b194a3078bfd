import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import FanfareServer

@Suite("Who asks before sending a body is told to go on")
struct ContinueHandlerTests {
    private struct Connection {
        private let channel = EmbeddedChannel()

        init() throws {
            try channel.pipeline.syncOperations.addHandler(ContinueHandler(largestBody: 100))
        }

        func head(_ headers: HTTPHeaders, version: HTTPVersion = .http1_1) throws {
            let head = HTTPRequestHead(version: version, method: .POST, uri: "/", headers: headers)
            try channel.writeInbound(HTTPServerRequestPart.head(head))
        }

        func body() throws { try channel.writeInbound(HTTPServerRequestPart.body(ByteBuffer(string: "x"))) }

        func end() throws { try channel.writeInbound(HTTPServerRequestPart.end(nil)) }

        func answer() throws {
            let head = HTTPResponseHead(version: .http1_1, status: .ok)
            try channel.writeOutbound(HTTPServerResponsePart.head(head))
            try channel.writeOutbound(HTTPServerResponsePart.end(nil))
        }

        /// The statuses that were written since this was asked last.
        func statuses() throws -> [UInt] {
            var statuses: [UInt] = []
            while let part = try channel.readOutbound(as: HTTPServerResponsePart.self) {
                if case .head(let head) = part { statuses.append(head.status.code) }
            }
            return statuses
        }
    }

    private static let asking: HTTPHeaders = ["Expect": "100-continue", "Content-Length": "100"]

    @Test(
        "in any case of letters, and whether or not the length is known",
        arguments: [
            asking, ["expect": "100-Continue", "content-length": "1"],
            ["Expect": "100-continue", "Transfer-Encoding": "chunked"],
        ]
    )
    func asked(headers: HTTPHeaders) throws {
        let connection = try Connection()
        try connection.head(headers)
        #expect(try connection.statuses() == [100])
        try connection.body()
        try connection.end()
        try connection.answer()
        #expect(try connection.statuses() == [200])
    }

    @Test(
        "not who does not ask, expects something else, sends nothing or too much",
        arguments: [
            ["Content-Length": "5"], ["Expect": "200-ok", "Content-Length": "5"], ["Expect": "100-continue"],
            ["Expect": "100-continue", "Content-Length": "0"], ["Expect": "100-continue", "Content-Length": "101"],
        ] as [HTTPHeaders]
    )
    func unasked(headers: HTTPHeaders) throws {
        let connection = try Connection()
        try connection.head(headers)
        #expect(try connection.statuses().isEmpty)
        try connection.answer()
        #expect(try connection.statuses() == [200])
    }

    @Test("HTTP/1.0 has no interim answers")
    func old() throws {
        let connection = try Connection()
        try connection.head(Self.asking, version: .http1_0)
        #expect(try connection.statuses().isEmpty)
    }

    @Test("it comes behind the answer to the request before")
    func pipelined() throws {
        let connection = try Connection()
        try connection.head(["Content-Length": "0"])
        try connection.end()
        try connection.head(Self.asking)
        #expect(try connection.statuses().isEmpty)
        try connection.answer()
        #expect(try connection.statuses() == [200, 100])
        try connection.body()
        try connection.end()
        try connection.answer()
        #expect(try connection.statuses() == [200])
    }

    @Test("who does not wait for it does not get it late")
    func impatient() throws {
        let connection = try Connection()
        try connection.head(["Content-Length": "0"])
        try connection.end()
        try connection.head(Self.asking)
        try connection.body()
        try connection.answer()
        #expect(try connection.statuses() == [200])
    }
}
