import FanfareTesting
import Testing

@testable import FanfareDelivery

@Suite("What a receiver's headers ask for is not simply done", .serialized)
struct HostileHeaderTests {
    @Test(
        "a Location is shown and never followed",
        arguments: [
            ("http://169.254.169.254/latest/meta-data/", "http://169.254.169.254/latest/meta-data/"),
            ("http://admin:secret@10.0.0.1/x?key=1#f", "http://10.0.0.1/x"),
            ("file:///etc/passwd", "file:///etc/passwd"),
            ("//[::1]:22/", "//[::1]:22/"),
            ("/\u{1B}[2Jcleared\u{7}", "/.[2Jcleared."),
        ]
    )
    func redirect(location: String, shown: String) async throws {
        let hostility = try await Hostility.of { connection in
            while connection.read() != nil { connection.send(answer(302, "Location: \(location)\r\n")) }
        }
        #expect(hostility.endings == [.dead(.status, 302)])
        #expect(Set(hostility.result.attempts.map(\.location)) == [shown])
        #expect(hostility.requests.count == 6)
    }

    @Test(
        "a Retry-After that is no time changes nothing; one that is too far ends at the deadline",
        arguments: [
            "-5", "+5", "5 years", "0x10", "", "Fri, 99 Foo 9999 99:99:99 GMT", "Thu, 01 Jan 1970 00:00:00 GMT",
            "1", "99999999999999999999", "4294967297", "Fri, 31 Dec 9999 23:59:59 GMT",
        ]
    )
    func retryAfter(value: String) async throws {
        let retries = { (settings: inout DeliverySettings) in
            settings.retries = [.zero]
            settings.deadline = .seconds(3)
        }
        let hostility = try await Hostility.of(contacts: 2, settings: retries) { connection in
            guard connection.read() != nil else { return }
            let status = connection.number <= 2 ? 500 : 200
            connection.send(answer(status, "Retry-After: \(value)\r\nConnection: close\r\n"))
        }
        #expect(hostility.result.states == [.delivered: 2])
        #expect(hostility.took < .seconds(8))
    }

    @Test("a compressed answer is kept as it came, and not unpacked", arguments: ["gzip", "deflate", "br, gzip"])
    func compressed(encoding: String) async throws {
        // The beginning of a member of gzip (RFC 1952).
        let hostility = try await Hostility.of { connection in
            while connection.read() != nil {
                let body: [UInt8] = [31, 139, 8, 4, 9, 9, 9, 9, 2, 3, 1, 7, 7, 9] + Array("stored".utf8)
                let head = "HTTP/1.1 400 No\r\nContent-Encoding: \(encoding)\r\nContent-Length: \(body.count)\r\n\r\n"
                connection.send(Array(head.utf8) + body)
            }
        }
        #expect(hostility.endings == [.dead(.status, 400)])
        #expect(hostility.result.attempts.allSatisfy { $0.excerpt.hasSuffix("stored") })
        #expect(hostility.requests.allSatisfy { $0.header("accept-encoding") == nil })
    }

    @Test("cookies are not kept, nor other services taken up")
    func cookies() async throws {
        let headers = "Set-Cookie: a=b; Path=/\r\nAlt-Svc: h2=\":443\"\r\nStrict-Transport-Security: max-age=9\r\n"
        let hostility = try await Hostility.of(contacts: 12, settings: { $0.maxInFlight = 1 }) { connection in
            while connection.read() != nil { connection.send(answer(200, headers)) }
        }
        #expect(hostility.endings == [.delivered()])
        #expect(hostility.connections == 1)
        #expect(hostility.requests.count == 12)
        #expect(hostility.requests.allSatisfy { $0.header("cookie") == nil })
    }

    @Test("asked for a name and password, it has none to give", arguments: ["Basic realm=x", "Negotiate", "NTLM"])
    func authentication(scheme: String) async throws {
        let hostility = try await Hostility.of { connection in
            while connection.read() != nil { connection.send(answer(401, "WWW-Authenticate: \(scheme)\r\n")) }
        }
        #expect(hostility.endings == [.dead(.status, 401)])
        #expect(hostility.requests.count == 6)
        #expect(hostility.requests.allSatisfy { $0.header("authorization") == nil })
    }
}
