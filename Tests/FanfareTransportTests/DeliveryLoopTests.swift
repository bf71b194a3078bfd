import FanfareTransport
import Testing

@Suite("Delivery loop")
struct DeliveryLoopTests {
    @Test("loopback is refused unless it is opened")
    func blocked() throws {
        let loop = try DeliveryLoop()
        let endpoint = try loop.addEndpoint(EndpointSettings(url: "http://127.0.0.1:9/"))
        #expect(try loop.send([Outgoing(token: 7, endpoint: endpoint)]) == 1)
        let ended = try loop.collect(1)
        try #require(ended.count == 1)
        #expect(ended[0].token == 7)
        #expect(ended[0].flags.contains(.blocked))
        #expect(!ended[0].flags.contains(.anythingWritten))
        loop.close()
    }

    @Test("a hundred requests arrive with their headers and bodies, each completed once")
    func delivers() throws {
        let receiver = try LoopbackReceiver()
        defer { receiver.stop() }
        let loop = try DeliveryLoop(LoopConfiguration(egress: .loopback()))
        let settings = EndpointSettings(
            url: "http://127.0.0.1:\(receiver.port)/hook?a=1",
            headers: [.init(name: "Content-Type", value: "application/json")]
        )
        let endpoint = try loop.addEndpoint(settings)
        let outgoing = (0..<100).map {
            Outgoing(token: $0, endpoint: endpoint, headers: ["X-Number: \($0)"], body: "{\"n\":\($0)}")
        }
        #expect(try loop.send(outgoing) == 100)
        let ended = try loop.collect(100)
        #expect(Set(ended.map(\.token)) == Set(0..<100))
        for completion in ended {
            #expect(completion.httpStatus == 200)
            #expect(completion.curlCode == 0)
            #expect(completion.flags.isSuperset(of: [.anythingWritten, .requestSent, .statusArrived, .accepted]))
            #expect(completion.excerpt == "ok")
        }
        #expect(receiver.received.count == 100)
        for request in receiver.received {
            let number = try #require(request.body.split(separator: ":").last?.dropLast())
            #expect(request.head.hasPrefix("POST /hook?a=1 HTTP/1.1\r\n"))
            #expect(request.head.contains("\r\nX-Number: \(number)\r\n"))
            #expect(request.head.contains("\r\nContent-Type: application/json"))
        }
        loop.close()
    }
}
