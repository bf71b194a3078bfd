import FanfareTransport
import Testing

@Suite("HTTPS", .serialized)
struct SecureDeliveryTests {
    func send(
        to url: String,
        authority: String?,
        verifies: Bool = true,
        count: Int = 1,
        bodyLength: Int = 3
    ) throws -> [Ended] {
        let loop = try DeliveryLoop(LoopConfiguration(egress: .loopback()))
        let settings = EndpointSettings(
            url: url,
            certificateAuthorityFile: authority,
            verifiesCertificates: verifies
        )
        let endpoint = try loop.addEndpoint(settings)
        if try settings.hostName != nil {
            try loop.setAddresses([try #require(IPAddress("127.0.0.1"))], of: endpoint)
        }
        let body = String(repeating: "x", count: bodyLength)
        let outgoing = (0..<count).map { Outgoing(token: UInt64($0), endpoint: endpoint, body: body) }
        #expect(try loop.send(outgoing) == count)
        return try loop.collect(count)
    }

    @Test("a receiver whose certificate is in order gets the requests")
    func verified() throws {
        let receiver = try SecureReceiver()
        defer { receiver.stop() }
        let url = "https://receiver.test:\(receiver.port)/"
        for length in [3, 40_000, 300_000] {
            let ended = try send(to: url, authority: receiver.authorityFile, count: 8, bodyLength: length)
            #expect(ended.count == 8)
            for completion in ended {
                #expect(
                    completion.flags.isSuperset(of: [.accepted, .requestSent]),
                    "\(completion.curlCode) \(completion.osErrno) \(url)"
                )
                #expect(completion.excerpt == "\(length)")
            }
            #expect(ended.contains { $0.record.tlsMicroseconds > $0.record.connectMicroseconds })
        }
    }

    @Test("one of an unknown authority gets nothing")
    func unknownAuthority() throws {
        let receiver = try SecureReceiver()
        defer { receiver.stop() }
        let ended = try send(to: "https://receiver.test:\(receiver.port)/", authority: nil)
        #expect(ended.first?.curlCode == 60)  // CURLE_PEER_FAILED_VERIFICATION
        #expect(ended.first?.flags == [])
        let unchecked = try send(to: "https://receiver.test:\(receiver.port)/", authority: nil, verifies: false)
        #expect(unchecked.first?.httpStatus == 200)
    }

    @Test("one of another name gets nothing")
    func otherName() throws {
        let receiver = try SecureReceiver()
        defer { receiver.stop() }
        for host in ["other.test", "127.0.0.1"] {
            let ended = try send(to: "https://\(host):\(receiver.port)/", authority: receiver.authorityFile)
            #expect(ended.first?.curlCode == 60)
            #expect(ended.first?.flags == [])
        }
    }

    @Test("one that speaks nothing newer than TLS 1.1 gets nothing")
    func oldTLS() throws {
        let receiver = try SecureReceiver(tls: "old")
        defer { receiver.stop() }
        let ended = try send(to: "https://receiver.test:\(receiver.port)/", authority: receiver.authorityFile)
        #expect(ended.first?.curlCode == 35)  // CURLE_SSL_CONNECT_ERROR
        #expect(ended.first?.flags == [])
    }

    @Test("a file of authorities that is not there is refused")
    func missingFile() throws {
        let loop = try DeliveryLoop()
        let settings = EndpointSettings(url: "https://receiver.test/", certificateAuthorityFile: "/no/such/file")
        let error = #expect(throws: TransportError.self) { try loop.addEndpoint(settings) }
        #expect(error?.code == .invalidValue)
        #expect(error?.description.contains("/no/such/file: No such file") == true)
    }
}
