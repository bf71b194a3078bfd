import FanfareReceiver
import FanfareTesting
import NIOCore
import Testing

@Suite struct ReceiverTests {
    @Test func `answers with the status, headers and body of the reply`() async throws {
        try await withScriptedReceiver({ _, _ in .status(429, headers: ["retry-after": "7"]) }) { receiver in
            let client = try await RawClient(port: receiver.port)
            let answer = try await client.exchange(.post("/v2?x=1", id: "msg_1", body: "{}"))
            #expect(answer.status == 429)
            #expect(answer.headers["retry-after"] == "7")
            #expect(receiver.received.entries(of: "msg_1").map(\.target) == ["/v2?x=1"])
            try await client.close()
        }
    }

    @Test func `counts distinct ids and repeats over a kept connection`() async throws {
        try await withScriptedReceiver(keepsBodies: true) { receiver in
            let client = try await RawClient(port: receiver.port)
            for (id, body) in [("a", "1"), ("b", "2"), ("a", "1"), ("a", "3")] {
                #expect(try await client.exchange(.post("/", id: id, body: body)).status == 200)
            }
            let received = receiver.received
            #expect(received.requests == 4)
            #expect(received.distinctIDs == 2)
            #expect(received.repeats == 2)
            let entries = received.entries(of: "a")
            #expect(entries.map(\.positionInConnection) == [1, 3, 4])
            #expect(entries[0].bodyDigest == entries[1].bodyDigest)
            #expect(entries[0].bodyDigest != entries[2].bodyDigest)
            #expect(entries.map(\.body) == [[49], [49], [51]])
            #expect(receiver.acceptedConnections == 1)
            try await client.close()
        }
    }

    @Test func `closes a reused connection without an answer`() async throws {
        let closes: ScriptedReceiver.Behaviour = { request, _ in
            request.positionInConnection > 1 ? Reply(.close) : .status(200)
        }
        try await withScriptedReceiver(closes) { receiver in
            let client = try await RawClient(port: receiver.port)
            #expect(try await client.exchange(.post("/", id: "a")).status == 200)
            await #expect(throws: RawClient.Closed.self) { try await client.exchange(.post("/", id: "b")) }
            #expect(receiver.received.distinctIDs == 2)
        }
    }

    @Test(arguments: [Reply(.reset), Reply(.resetInBody(status: 200, sent: 10, declared: 100))])
    func `resets the connection`(reply: Reply) async throws {
        try await withScriptedReceiver({ _, _ in reply }) { receiver in
            let client = try await RawClient(port: receiver.port)
            await #expect(throws: IOError.self) { try await client.exchange(.post("/", id: "a")) }
        }
    }

    @Test func `refuses while its port is closed and listens again on the same`() async throws {
        try await withScriptedReceiver { receiver in
            let client = try await RawClient(port: receiver.port)
            _ = try await client.exchange(.post("/", id: "a"))
            await receiver.refuse()
            #expect(receiver.openConnections == 0)
            await #expect(throws: (any Error).self) { try await RawClient(port: receiver.port) }
            try await receiver.listenAgain()
            let second = try await RawClient(port: receiver.port)
            #expect(try await second.exchange(.post("/", id: "b")).status == 200)
            try await second.close()
        }
    }

    @Test func `holds requests open until their delay is over`() async throws {
        try await withScriptedReceiver({ _, _ in .status(200, after: .milliseconds(200)) }) { receiver in
            let start = ContinuousClock.now
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        let client = try await RawClient(port: receiver.port)
                        let status = try await client.exchange(.post("/", id: "\(number)")).status
                        try await client.close()
                        return status
                    }
                }
                for try await status in group { #expect(status == 200) }
            }
            let elapsed = ContinuousClock.now - start
            #expect(elapsed >= .milliseconds(200))
            #expect(elapsed < .seconds(5))
            #expect(receiver.received.distinctIDs == 50)
        }
    }

    @Test func `a condition that is not met in time is an error`() async throws {
        try await withScriptedReceiver { receiver in
            await #expect(throws: TimeLimitExceeded.self) {
                try await receiver.received.waitForDistinctIDs(1, within: .milliseconds(20))
            }
        }
    }

    @Test func `a behaviour set later holds from the next request on`() async throws {
        try await withScriptedReceiver { receiver in
            let client = try await RawClient(port: receiver.port)
            #expect(try await client.exchange(.post("/", id: "a")).status == 200)
            receiver.behave { _, earlier in .status(earlier == 0 ? 503 : 204) }
            #expect(try await client.exchange(.post("/", id: "b")).status == 503)
            #expect(try await client.exchange(.post("/", id: "b")).status == 204)
            try await receiver.received.waitForRequests(3)
            try await client.close()
        }
    }

    @Test func `answers pipelined requests in their order`() async throws {
        let delays: ScriptedReceiver.Behaviour = { request, _ in
            .status(
                request.positionInConnection == 1 ? 201 : 202,
                after: .milliseconds(request.positionInConnection == 1 ? 50 : 0)
            )
        }
        try await withScriptedReceiver(delays) { receiver in
            try await withTemporaryFolder { folder in
                let script = #"""
                    exec 3<>/dev/tcp/127.0.0.1/\#(receiver.port)
                    printf 'POST /%s HTTP/1.1\r\nContent-Length: 2\r\n\r\nok' a b >&3
                    head -n 8 <&3 | grep HTTP
                    """#
                let result = try await ChildProcess("/bin/bash", ["-c", script], in: folder).wait()
                #expect(result.output == "HTTP/1.1 201 Created\r\nHTTP/1.1 202 Accepted\r\n")
            }
            #expect(receiver.acceptedConnections == 1)
        }
    }

    @Test func `closes after an answer when the request or the reply says so`() async throws {
        try await withScriptedReceiver({ _, earlier in
            .status(200, headers: earlier == 0 ? [:] : ["Connection": "close"])
        }) {
            receiver in
            for headers: KeyValuePairs<String, String> in [["Connection": "close"], [:]] {
                let client = try await RawClient(port: receiver.port)
                let answer = try await client.exchange(.post("/", id: "a", headers: headers))
                #expect(answer.headers["connection"] == "close")
                await #expect(throws: (any Error).self) { try await client.exchange(.post("/", id: "a")) }
            }
        }
    }
}
