import FanfareTesting
import Testing

@testable import FanfareDelivery

private let head = "HTTP/1.1 200 OK\r\n"
private let chunked = head + "Transfer-Encoding: chunked\r\n\r\n"

@Suite("A receiver that misbehaves over TLS harms its own deliveries alone", .serialized)
struct HostileTLSTests {
    @Test(
        "answers that never end, or are no HTTP",
        arguments: [
            Misbehaviour.endless("headers", head, "X-Header: value\r\n", .dead(.headersTooLong, 200)),
            .endless("body of a length", head + "Content-Length: 999999999999\r\n\r\n", "body ", .cutShort()),
            .endless("chunk extension", chunked + "5;", "extension", .cutShort()),
            .endless("answers of 103", "", "HTTP/1.1 103 Early Hints\r\n\r\n", .dead(.headersTooLong)),
            .dripping("drips its header", head + "X: ", String(repeating: "y", count: 40), .dead(.timeout, 200)),
            .always(chunked + "no size\r\n", .cutShort()),
            .always("the answer is yes\r\n\r\n", .dead(.malformed)),
        ]
    )
    func answers(_ misbehaviour: Misbehaviour) async throws {
        let hostility = try await Hostility.of(security: .init(), script: misbehaviour.script)
        #expect(hostility.endings == [misbehaviour.ending])
        #expect(hostility.took < Hostility.timeout + .seconds(4))
    }

    @Test("one whose certificate is refused is sent nothing")
    func untrusted() async throws {
        let hostility = try await Hostility.of(security: .init(isTrusted: false)) { connection in
            while connection.read() != nil { connection.send(answer(200)) }
        }
        #expect(hostility.endings == [.dead(.certificateSelfSigned)])
        #expect(hostility.requests.isEmpty)
    }
}
