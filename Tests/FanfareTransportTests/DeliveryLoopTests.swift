import Dispatch
import FanfareTransport
import NIOConcurrencyHelpers
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

    @Test("a request may have a URL of its own, of the same origin")
    func ownURL() throws {
        let receiver = try LoopbackReceiver()
        defer { receiver.stop() }
        let loop = try DeliveryLoop(LoopConfiguration(egress: .loopback()))
        let origin = "http://127.0.0.1:\(receiver.port)"
        let endpoint = try loop.addEndpoint(EndpointSettings(url: "\(origin)/hook"))
        let urls = ["\(origin)/x?y=1", "http://127.0.0.2:\(receiver.port)/x", "\(origin)@evil.test/"]
        let outgoing = urls.enumerated().map { Outgoing(token: UInt64($0.offset), endpoint: endpoint, url: $0.element) }
        #expect(try loop.send(outgoing) == 3)
        let ended = try loop.collect(3).sorted { $0.token < $1.token }
        try #require(ended.count == 3)
        #expect(ended[0].flags.contains(.accepted))
        #expect(ended[1].flags == .rejected)
        #expect(ended[2].flags == .rejected)
        #expect(receiver.received.map { $0.head.prefix { $0 != "\r\n" } } == ["POST /x?y=1 HTTP/1.1"])
    }

    @Test("answers are told by status and Retry-After")
    func statuses() throws {
        let receiver = try LoopbackReceiver(
            answer: "HTTP/1.1 429 Slow down\r\nRetry-After: 17\r\nContent-Length: 4\r\n\r\nslow"
        )
        defer { receiver.stop() }
        let loop = try DeliveryLoop(LoopConfiguration(egress: .loopback()))
        let endpoint = try loop.addEndpoint(EndpointSettings(url: "http://127.0.0.1:\(receiver.port)/"))
        #expect(try loop.send([Outgoing(token: 1, endpoint: endpoint)]) == 1)
        let ended = try #require(try loop.collect(1).first)
        #expect(ended.httpStatus == 429)
        #expect(ended.retryAfter == 17)
        #expect(ended.excerpt == "slow")
        #expect(!ended.flags.contains(.accepted))
    }

    @Test("a loop moves to its own thread, is woken from another, and cancels what is left")
    func ownThread() throws {
        let receiver = try LoopbackReceiver(answer: "HTTP/1.1 100 Continue\r\n\r\n")
        defer { receiver.stop() }
        let policy = try EgressPolicy.loopback()
        let wakers = NIOLockedValueBox<[Waker]>([])
        let results = NIOLockedValueBox<[UInt64: TransferFlags]>([:])
        let port = receiver.port
        let ready = DispatchSemaphore(value: 0)
        let thread = try LoopThread(name: "a loop with a long name") {
            do {
                let loop = try DeliveryLoop(LoopConfiguration(egress: policy))
                let endpoint = try loop.addEndpoint(EndpointSettings(url: "http://127.0.0.1:\(port)/"))
                _ = try loop.send([Outgoing(token: 9, endpoint: endpoint)])
                let waker = try loop.makeWaker()
                wakers.withLockedValue { $0 = [waker] }
                ready.signal()
                _ = try withUnsafeTemporaryAllocation(of: TransferCompletion.self, capacity: 1) {
                    try loop.poll(into: $0, timeoutMilliseconds: 10_000)
                }
                loop.cancelAll()
                for ended in try loop.collect(1) { results.withLockedValue { $0[ended.token] = ended.flags } }
            } catch {
                Issue.record(error)
                ready.signal()
            }
        }
        ready.wait()
        wakers.withLockedValue { $0 }.forEach { $0.wake() }
        thread.join()
        let ended = results.withLockedValue { $0 }
        #expect(Array(ended.keys) == [9])
        #expect(ended[9]?.contains(.cancelled) == true)
        wakers.withLockedValue { $0 }.forEach { $0.wake() }  // its loop has gone: wakes nobody, harms nobody
    }

    @Test(
        "wrong settings are refused",
        arguments: [
            EndpointSettings(url: "ftp://127.0.0.1/"), EndpointSettings(url: "http://user@127.0.0.1/"),
            EndpointSettings(url: "http://127.0.0.1/\0"), EndpointSettings(url: "http://127.0.0.1/", method: "BREW"),
            EndpointSettings(url: "http://127.0.0.1/", headers: [.init(name: "A", value: "b\r\nC: d")]),
            EndpointSettings(url: "http://127.0.0.1/", headers: [.init(name: "A B", value: "c")]),
            EndpointSettings(url: "http://127.0.0.1/", connectTimeout: .zero),
        ]
    )
    func wrongSettings(_ settings: EndpointSettings) throws {
        let loop = try DeliveryLoop()
        let error = #expect(throws: TransportError.self) { try loop.addEndpoint(settings) }
        #expect(error?.code == .invalidValue)
    }

    @Test(
        "wrong limits are refused",
        arguments: [
            LoopConfiguration(maxConnecting: 0), LoopConfiguration(maxInFlight: -1), LoopConfiguration(maxSockets: 0),
        ]
    )
    func wrongLimits(_ configuration: LoopConfiguration) {
        #expect(throws: TransportError.self) { try makeAndClose(configuration) }
    }

    func makeAndClose(_ configuration: LoopConfiguration) throws { try DeliveryLoop(configuration).close() }

    @Test("libcurl and its TLS library are named")
    func versions() {
        #expect(TransportVersions.libcurl.split(separator: ".").count >= 3)
        #expect(TransportVersions.tls.contains("/"))
    }
}
