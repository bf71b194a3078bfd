import FanfareTransport
import Glibc
import Testing

@Suite("A loop that inspects keeps all of its last transfer")
struct InspectionTests {
    private func inspection(
        of url: String,
        authority: String? = nil,
        verifies: Bool = true,
        connectsOnly: Bool = false
    ) throws -> (completion: TransferCompletion, inspection: TransferInspection) {
        let loop = try DeliveryLoop(LoopConfiguration(egress: EgressPolicy(allowed: [try .init("127.0.0.0/8")])))
        try loop.inspect(connectsOnly: connectsOnly)
        let settings = EndpointSettings(url: url, certificateAuthorityFile: authority, verifiesCertificates: verifies)
        let endpoint = try loop.addEndpoint(settings)
        if try settings.hostName != nil {
            try loop.setAddresses([try #require(IPAddress("127.0.0.1"))], of: endpoint)
        }
        var request = TransferRequest()
        request.endpoint = endpoint
        _ = try withUnsafePointer(to: request) { try loop.submit(UnsafeBufferPointer(start: $0, count: 1)) }
        var ended: TransferCompletion?
        try withUnsafeTemporaryAllocation(of: TransferCompletion.self, capacity: 1) { buffer in
            for _ in 1...100 where ended == nil {
                if try loop.poll(into: buffer, timeoutMilliseconds: 100) > 0 { ended = buffer[0] }
            }
        }
        // Taken out of the loop first: the macro cannot look into what is not copyable.
        let inspection = loop.inspection
        return (try #require(ended), try #require(inspection))
    }

    @Test("headers as they came, body, version and address of a plain answer")
    func plain() throws {
        let answer = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.0 404 No Way\r\nX-B:  c \r\n\r\nbody"
        let receiver = try LoopbackReceiver(answer: answer + "\r\n")
        defer { receiver.stop() }
        let (_, seen) = try inspection(of: "http://127.0.0.1:\(receiver.port)/", connectsOnly: false)
        let headers = String(decoding: seen.headers, as: UTF8.self)
        #expect(headers == "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.0 404 No Way\r\nX-B:  c \r\n\r\n")
        #expect(String(decoding: seen.body, as: UTF8.self).hasPrefix("body"))
        #expect(seen.httpVersion == "1.0")
        #expect(seen.address == IPAddress("127.0.0.1"))
        #expect(seen.tlsVersion == nil)
    }

    @Test("version, cipher and certificates of TLS")
    func secure() throws {
        let receiver = try SecureReceiver()
        defer { receiver.stop() }
        let url = "https://receiver.test:\(receiver.port)/"
        let (completion, seen) = try inspection(of: url, authority: receiver.authorityFile)
        #expect(completion.httpStatus == 200)
        #expect(seen.tlsVersion?.hasPrefix("TLSv1.") == true)
        #expect(seen.cipher?.isEmpty == false)
        let certificate = try #require(seen.certificates.first)
        #expect(certificate.subject.contains("receiver.test"))
        #expect(certificate.issuer.contains("authority"))
        #expect(certificate.names == "DNS:receiver.test")
        #expect(certificate.expires.hasSuffix("GMT"))
        #expect(seen.error == nil)
    }

    @Test("a certificate that is refused is named by libcurl, and shown to a connection that sends nothing")
    func refused() throws {
        let receiver = try SecureReceiver()
        defer { receiver.stop() }
        let url = "https://receiver.test:\(receiver.port)/"
        let (completion, seen) = try inspection(of: url)
        #expect(completion.curlCode == 60)
        #expect(seen.error?.contains("certificate") == true)
        #expect(seen.certificates.isEmpty && seen.headers.isEmpty)
        let (probe, shown) = try inspection(of: url, verifies: false, connectsOnly: true)
        #expect(probe.curlCode == 0 && probe.httpStatus == 0)
        #expect(!probe.flags.contains(.statusArrived))
        #expect(shown.certificates.first?.subject.contains("receiver.test") == true)
        #expect(shown.headers.isEmpty && shown.body.isEmpty)
    }

    @Test("nothing of a request leaves on a connection that sends nothing")
    func connectsOnly() throws {
        let receiver = try LoopbackReceiver()
        defer { receiver.stop() }
        let (probe, _) = try inspection(of: "http://127.0.0.1:\(receiver.port)/secret", connectsOnly: true)
        #expect(probe.curlCode == 0)
        #expect(receiver.received.isEmpty)
    }

    @Test("a loop that was not told to keeps nothing")
    func notInspecting() throws {
        let loop = try DeliveryLoop()
        let inspection = loop.inspection
        #expect(inspection == nil)
    }

    @Test(
        "what libcurl makes of a URL",
        arguments: [
            ("http://0x7f.1:8080/a/../b?c=%41", "127.0.0.1:8080", "/a/../b?c=%41"),
            ("https://Example.COM:443?q", "Example.COM", "/?q"), ("http://[::1]/", "[::1]", "/"),
        ]
    )
    func parts(url: String, host: String, target: String) throws {
        let parts = try EndpointSettings.parts(of: url)
        #expect(parts.host.lowercased() == host.lowercased())
        #expect(parts.target == target)
        #expect(throws: TransportError.self) { try EndpointSettings.parts(of: "http://user:pass@host/") }
    }
}
