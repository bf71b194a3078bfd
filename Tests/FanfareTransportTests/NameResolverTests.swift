import Dispatch
import FanfareTransport
import NIOConcurrencyHelpers
import Testing

@Suite("Name resolver")
struct NameResolverTests {
    /// Waits for so many updates, at most ten seconds.
    func updates(_ count: Int, in mailbox: NameMailbox, of loop: borrowing DeliveryLoop) throws -> [NameUpdate] {
        var updates: [NameUpdate] = []
        let limit = ContinuousClock.now + .seconds(10)
        try withUnsafeTemporaryAllocation(of: TransferCompletion.self, capacity: 1) { buffer in
            while updates.count < count, ContinuousClock.now < limit {
                updates += mailbox.drain()
                if updates.count < count { _ = try loop.poll(into: buffer, timeoutMilliseconds: 1000) }
            }
        }
        return updates
    }

    @Test("a name's addresses come to the loop, and requests then arrive")
    func endToEnd() throws {
        let receiver = try LoopbackReceiver()
        defer { receiver.stop() }
        let loop = try DeliveryLoop(LoopConfiguration(egress: .loopback()))
        let mailbox = NameMailbox(waker: try loop.makeWaker())
        let address = try #require(IPAddress("127.0.0.1"))
        let resolver = try NameResolver(lookUp: LookUp { $0 == "receiver.test" ? .success([address]) : .success([]) })
        let settings = EndpointSettings(url: "http://Receiver.test:\(receiver.port)/")
        let endpoint = try loop.addEndpoint(settings)
        resolver.follow(host: try #require(try settings.hostName), token: UInt64(endpoint), mailbox: mailbox)
        let news = try updates(1, in: mailbox, of: loop)
        try #require(news.count == 1)
        #expect(news[0].token == UInt64(endpoint))
        try loop.setAddresses(try news[0].outcome.get(), of: endpoint)
        #expect(try loop.send([Outgoing(token: 1, endpoint: endpoint)]) == 1)
        #expect(try loop.collect(1).first?.httpStatus == 200)
        #expect(receiver.received.first?.head.contains("Host: Receiver.test:\(receiver.port)") == true)
    }

    @Test("look-ups that hang do not hold up the others")
    func hanging() throws {
        let loop = try DeliveryLoop()
        let mailbox = NameMailbox(waker: try loop.makeWaker())
        let gate = DispatchSemaphore(value: 0)
        let address = try #require(IPAddress("192.0.2.1"))
        var timing = NameResolver.Timing()
        timing.hangingAfter = .milliseconds(20)
        let resolver = try NameResolver(
            timing: timing,
            lookUp: LookUp { host in
                if host.hasPrefix("hang") { gate.wait() }
                return .success([address])
            }
        )
        for token in 0..<10 { resolver.follow(host: "hang\(token).test", token: UInt64(token), mailbox: mailbox) }
        for token in 10..<20 { resolver.follow(host: "fine\(token).test", token: UInt64(token), mailbox: mailbox) }
        let fine = try updates(10, in: mailbox, of: loop)
        #expect(Set(fine.map(\.token)) == Set(10..<20))
        for _ in 0..<10 { gate.signal() }
        let late = try updates(10, in: mailbox, of: loop)
        #expect(Set(late.map(\.token)) == Set(0..<10))
    }

    @Test("there are never more threads than allowed")
    func bounded() throws {
        let loop = try DeliveryLoop()
        let mailbox = NameMailbox(waker: try loop.makeWaker())
        let running = NIOLockedValueBox((now: 0, most: 0))
        let gate = DispatchSemaphore(value: 0)
        var timing = NameResolver.Timing()
        timing.hangingAfter = .milliseconds(1)
        let resolver = try NameResolver(
            timing: timing,
            threads: 3,
            lookUp: LookUp { _ in
                running.withLockedValue { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
                _ = gate.wait(timeout: .now() + .milliseconds(50))
                running.withLockedValue { $0.now -= 1 }
                return .failure(NameFailure(code: 1, message: "no"))
            }
        )
        for token in 0..<12 { resolver.follow(host: "host\(token).test", token: UInt64(token), mailbox: mailbox) }
        #expect(try updates(12, in: mailbox, of: loop).count == 12)
        #expect(running.withLockedValue(\.most) == 3)
    }

    @Test("a name that fails is told once, with the reason")
    func failing() throws {
        let loop = try DeliveryLoop()
        let mailbox = NameMailbox(waker: try loop.makeWaker())
        var timing = NameResolver.Timing()
        timing.firstRetry = .milliseconds(1)
        let tries = NIOLockedValueBox(0)
        let reached = DispatchSemaphore(value: 0)
        let resolver = try NameResolver(
            timing: timing,
            lookUp: LookUp { _ in
                let count = tries.withLockedValue { tries in
                    tries += 1
                    return tries
                }
                if count == 4 { reached.signal() }
                return .failure(NameFailure(code: -2, message: "Name or service not known"))
            }
        )
        resolver.follow(host: "missing.test", token: 5, mailbox: mailbox)
        #expect(reached.wait(timeout: .now() + 10) == .success)
        let failure = NameFailure(code: -2, message: "Name or service not known")
        let news = mailbox.drain()
        #expect(news.map(\.token) == [5])
        #expect(news.first?.outcome == .failure(failure))
        resolver.follow(host: "missing.test", token: 6, mailbox: mailbox)
        #expect(try updates(1, in: mailbox, of: loop).map(\.token) == [6])
    }

    @Test("the system knows localhost, and says why it does not know others")
    func system() throws {
        let loop = try DeliveryLoop()
        let mailbox = NameMailbox(waker: try loop.makeWaker())
        let resolver = try NameResolver()
        resolver.follow(host: "localhost", token: 1, mailbox: mailbox)
        resolver.follow(host: "name.invalid", token: 2, mailbox: mailbox)
        let news = try updates(2, in: mailbox, of: loop).sorted { $0.token < $1.token }
        try #require(news.count == 2)
        let loopback = try ["127.0.0.1", "::1"].map { try #require(IPAddress($0)) }
        #expect(try news[0].outcome.get().contains { loopback.contains($0) })
        #expect(throws: NameFailure.self) { try news[1].outcome.get() }
    }

    @Test(
        "a host's name is known from the URL",
        arguments: [
            ("http://Example.COM:80/x", "example.com"), ("https://xn--bcher-kva.example/", "xn--bcher-kva.example"),
            ("http://127.0.0.1/", nil), ("http://[::1]:8080/", nil), ("http://2130706433/", nil),
        ] as [(String, String?)]
    )
    func hosts(_ url: String, _ host: String?) throws {
        #expect(try EndpointSettings(url: url).hostName == host)
    }

    @Test(
        "no host is known of other URLs",
        arguments: [
            "https://bücher.example/", "", "ftp://a.test/", "http:///a", "http://u:p@a.test/", "a.test",
        ]
    )
    func noHosts(_ url: String) {
        let error = #expect(throws: TransportError.self) { try EndpointSettings(url: url).hostName }
        #expect(error?.code == .invalidValue)
    }
}
