import FanfareTesting
import Testing

@testable import FanfareDelivery

private let dripped = String(repeating: "0123456789", count: 4)
private let head = "HTTP/1.1 200 OK\r\n"
private let chunked = head + "Transfer-Encoding: chunked\r\n\r\n"

@Suite("A receiver that misbehaves harms its own deliveries alone", .serialized)
struct HostileAnswerTests {
    @Test(
        "answers that never end",
        arguments: [
            Misbehaviour.dripping("drips its header", "HTTP/1.1 200 OK\r\nX: ", dripped, .dead(.timeout, 200)),
            .dripping("drips its status line", "", head + dripped, .dead(.timeout)),
            .dripping("drips its body", head + "Content-Length: 1000\r\n\r\n", dripped, .cutShort()),
            .dripping("drips chunks", chunked, String(repeating: "1\r\nx\r\n", count: 20), .cutShort()),
            .dripping("drips its refusal", "HTTP/1.1 400 No\r\n\r\n", dripped, .dead(.status, 400)),
            .endless("body without a length", head + "\r\n", "body ", .cutShort()),
            .endless("body of a length", head + "Content-Length: 999999999999\r\n\r\n", "body ", .cutShort()),
            .endless("chunks", chunked, "5\r\nchunk\r\n", .cutShort()),
            .endless("chunk size", chunked, "0", .cutShort()),
            .endless("chunk extension", chunked + "5;", "extension", .cutShort()),
            .endless("trailers", chunked + "0\r\n", "X: y\r\n", .cutShort()),
            .endless("headers", head, "X-Header: value\r\n", .dead(.headersTooLong, 200)),
            .endless("header line", head + "X-Header: ", "value ", .dead(.headersTooLong, 200)),
            .endless("header of a refusal", "HTTP/1.1 400 No\r\nX: ", "value ", .dead(.status, 400)),
            .endless("status line", "HTTP/1.1 200 ", "fine ", .dead(.headersTooLong)),
            .endless("answers of 103", "", "HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n", .dead(.headersTooLong)),
        ]
    )
    func endless(_ misbehaviour: Misbehaviour) async throws {
        let hostility = try await Hostility.of(script: misbehaviour.script)
        #expect(hostility.endings == [misbehaviour.ending])
        #expect(hostility.took < Hostility.timeout + .seconds(4))
        // What the system takes for a connection that nobody reads any more, for each of six; a second of an answer
        // that is read on and on is far more (without the cap: 620 MB).
        #expect(hostility.bytesSent < 6 * (Hostility.socketBuffers + (1 << 20)))
    }

    @Test(
        "answers that are no HTTP, or hardly",
        arguments: [
            Misbehaviour.always("the answer is yes\r\n\r\n", .dead(.malformed)),
            .always("HTTP/1.1 42 Answer\r\nContent-Length: 0\r\n\r\n", .dead(.malformed)),
            .always("HTTP/1.1 000 None\r\nContent-Length: 0\r\n\r\n", .dead(.malformed)),
            .always("HTTP/1.1 20O Letter\r\nContent-Length: 0\r\n\r\n", .dead(.malformed)),
            .always("HTTP/7.3 200 OK\r\nContent-Length: 0\r\n\r\n", .dead(.malformed)),
            .always("HTTP 200 OK\r\nContent-Length: 0\r\n\r\n", .dead(.malformed)),
            .always("ICY 200 OK\r\n\r\n", .dead(.malformed)),
            .always(answer(999), .dead(.status, 999)),
            .always(answer(299), .delivered(299)),
            .always(head + "X-Nul: a\u{0}b\r\nContent-Length: 0\r\n\r\n", .dead(.malformed, 200)),
            .always(head + "no colon\r\nContent-Length: 0\r\n\r\n", .dead(.malformed, 200)),
            .always(head + "Content-Length: -5\r\n\r\n", .dead(.malformed, 200)),
            .always(head + "Content-Length: many\r\n\r\n", .dead(.malformed, 200)),
            .each("binary garbage", .dead(.malformed)) { connection in
                connection.send((0..<2048).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ 128) })
            },
            .each("TLS alert", .dead(.malformed)) { $0.send([21, 3, 3, 0, 2, 2, 40]) && false },
            .each("HTTP/1.0", .delivered()) { $0.send("HTTP/1.0 200 OK\r\n\r\nbye") && false },
            .each("bare line feeds", .delivered()) { $0.send("HTTP/1.1 200 OK\nContent-Length: 2\n\nok") },
            .each("folded header", .delivered()) { $0.send(answer(200, "X: a\r\n b\r\n")) },
        ]
    )
    func malformed(_ misbehaviour: Misbehaviour) async throws {
        let hostility = try await Hostility.of(script: misbehaviour.script)
        #expect(hostility.endings == [misbehaviour.ending])
        #expect(hostility.requests.count == 6)
    }

    @Test(
        "answers whose body is not what they say",
        arguments: [
            Misbehaviour.each("shorter than its length", .cutShort()) {
                $0.send(head + "Content-Length: 1000\r\n\r\nshort") && false
            },
            .each("longer than its length", .delivered()) { $0.send(head + "Content-Length: 2\r\n\r\nokay, more") },
            .each("204 with a body", .delivered(204)) {
                $0.send("HTTP/1.1 204 None\r\nContent-Length: 9\r\n\r\nsome body")
            },
            .each("205 with a body", .delivered(205)) { $0.send(answer(205, body: "some body")) },
            .each("304", .dead(.status, 304)) { $0.send("HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n") },
            .each("chunks of garbage", .cutShort()) { $0.send(chunked + "no number\r\n") },
            .each("a chunk size that overflows", .cutShort()) { $0.send(chunked + "FFFFFFFFFFFFFFFFFF\r\nx") },
            .each("a negative chunk size", .cutShort()) { $0.send(chunked + "-1\r\nx\r\n") },
            .each("a chunk cut off", .cutShort()) { $0.send(chunked + "10\r\nx") && false },
            .each("a chunk longer than its size", .cutShort()) { $0.send(chunked + "1\r\nxyz\r\n0\r\n\r\n") },
            .each("length and chunks", .delivered()) {
                $0.send(head + "Content-Length: 999\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")
            },
            .each("an encoding nobody knows", .delivered()) { $0.send(answer(200, "Content-Encoding: zip-bomb\r\n")) },
            .each("reset in the body", .cutShort()) { connection in
                connection.send(head + "Content-Length: 1000\r\n\r\nbeginning")
                connection.pause(milliseconds: 50)
                connection.reset()
                return false
            },
            .each("half-closed in the body", .cutShort()) { connection in
                connection.send(head + "Content-Length: 1000\r\n\r\nbeginning")
                connection.halfClose()
                connection.waitForEnd()
                return false
            },
        ]
    )
    func wrongBody(_ misbehaviour: Misbehaviour) async throws {
        let hostility = try await Hostility.of(script: misbehaviour.script)
        #expect(hostility.endings == [misbehaviour.ending])
        #expect(hostility.requests.count == 6)
    }

    @Test("100 Continue and hundreds of 103 before the answer change nothing")
    func interim() async throws {
        let hints = String(repeating: "HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n", count: 500)
        let hostility = try await Hostility.of { connection in
            while connection.read() != nil {
                connection.send("HTTP/1.1 100 Continue\r\n\r\n" + hints + answer(200))
            }
        }
        #expect(hostility.endings == [.delivered()])
        #expect(hostility.result.deliveries.values.allSatisfy { $0.attempts == 1 })
    }

    @Test("a 101 that nobody asked for is not taken for an answer")
    func switching() async throws {
        let hostility = try await Hostility.of { connection in
            while connection.read() != nil {
                connection.send("HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
                connection.waitForEnd()
            }
        }
        #expect(hostility.endings == [.dead(.timeout)])
    }
}
