import FanfareTesting
import Testing

@testable import FanfareDelivery

private let gone = answer(410, body: "not yours")

@Suite("An answer belongs to the request that it answers, whatever else a receiver sends", .serialized)
struct UnaskedAnswerTests {
    @Test(
        "a second answer in the same breath is not taken for the next request's",
        arguments: [
            answer(200), answer(200, body: ""), "HTTP/1.1 204 None\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        ],
        [gone, String(gone.dropLast(12)), "HTTP/1.1 100 Continue\r\n\r\n" + gone, "\r\n", "x"]
    )
    func twice(first: String, second: String) async throws {
        let hostility = try await Hostility.of(contacts: 15, settings: { $0.maxInFlight = 1 }) { connection in
            while connection.read() != nil { connection.send(first + second) }
        }
        #expect(hostility.result.states == [.delivered: 15])
        #expect(hostility.result.deliveries.values.allSatisfy { $0.attempts == 1 && $0.reason == nil })
        #expect(hostility.requests.count == 15)
    }

    @Test("nor is one in the record that ends an answer over TLS, when it says that all is well", arguments: [0, 4096])
    func twiceInARecord(padding: Int) async throws {
        let body = "no" + String(repeating: "x", count: padding)
        let settings = { (settings: inout DeliverySettings) in settings.maxInFlight = 1 }
        let hostility = try await Hostility.of(contacts: 5, security: .init(), settings: settings) { connection in
            while connection.read() != nil {
                connection.send("HTTP/1.1 400 No\r\nContent-Length: \(body.utf8.count)\r\n\r\n")
                connection.pause(milliseconds: 10)
                connection.send(body + answer(200))
            }
        }
        #expect(hostility.endings == [.dead(.status, 400)])
        #expect(hostility.requests.count == 5)
    }

    @Test(
        "what comes over a kept connection unasked ends that, and the next request goes over another",
        arguments: [gone, "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 408 Slow\r\nConnection: close\r\n\r\n", "x"],
        [false, true]
    )
    func unasked(text: String, closes: Bool) async throws {
        let settings = { (settings: inout DeliverySettings) in
            settings.maxInFlight = 1
            settings.ratePerSecond = 10
        }
        let hostility = try await Hostility.of(contacts: 10, settings: settings) { connection in
            guard connection.read() != nil else { return }
            connection.send(answer(200))
            connection.pause(milliseconds: 30)
            connection.send(text)
            if closes { return }
            while connection.read() != nil { connection.send(gone) }
        }
        #expect(hostility.result.states == [.delivered: 10])
        #expect(hostility.result.deliveries.values.allSatisfy { $0.attempts == 1 && $0.status == 200 })
        #expect(hostility.requests.count == 10)
        #expect(hostility.connections == 10)
    }

    @Test("a connection that closes after every answer: each contact once", arguments: ["", "Connection: close\r\n"])
    func closes(header: String) async throws {
        let retries = { (settings: inout DeliverySettings) in settings.retries = [.zero, .zero, .zero] }
        let hostility = try await Hostility.of(contacts: 40, settings: retries) { connection in
            if connection.read() != nil { connection.send(answer(200, header)) }
        }
        #expect(hostility.result.states == [.delivered: 40])
        #expect(hostility.requests.count == 40)
        // One that is written just as the connection closes was an attempt of which the receiver knows nothing.
        #expect(hostility.result.deliveries.values.allSatisfy { $0.attempts <= 2 })
    }

    @Test("an answer that says close is the last over its connection, though that stays open")
    func saysClose() async throws {
        let hostility = try await Hostility.of(contacts: 10, settings: { $0.maxInFlight = 1 }) { connection in
            while connection.read() != nil { connection.send(answer(200, "Connection: close\r\n")) }
        }
        #expect(hostility.endings == [.delivered()])
        #expect(hostility.connections == 10)
    }
}

@Suite("A connection that breaks, stalls or answers too early", .serialized)
struct HostileConnectionTests {
    @Test(
        "connections that end without an answer",
        arguments: [
            Misbehaviour("closed at once", .dead(.lost)) { _ in },
            Misbehaviour("half-closed at once", .dead(.lost)) { connection in
                connection.halfClose()
                connection.waitForEnd()
            },
            .each("closed after the request", .dead(.lost)) { _ in false },
            .each("reset after the request", .dead(.lost)) { connection in
                connection.reset()
                return false
            },
            .each("closed in the header", .dead(.lost, 200)) { $0.send("HTTP/1.1 200 OK\r\nX: y\r\n") && false },
            .each("closed after 100", .dead(.lost)) { $0.send("HTTP/1.1 100 Continue\r\n\r\n") && false },
            .each("silent", .dead(.timeout)) { $0.pause(milliseconds: 3000) && false },
            .each("half-closed, then silent", .dead(.lost)) { connection in
                connection.halfClose()
                return connection.pause(milliseconds: 3000) && false
            },
        ]
    )
    func breaks(_ misbehaviour: Misbehaviour) async throws {
        let hostility = try await Hostility.of(script: misbehaviour.script)
        #expect(hostility.endings == [misbehaviour.ending])
        #expect(hostility.took < Hostility.timeout + .seconds(4))
    }

    @Test(
        "an answer before the body was read decides, also when the connection closes",
        arguments: [200, 413, 503],
        [0, 96 << 10, 2 << 20]
    )
    func earlyAnswer(status: Int, padding: Int) async throws {
        for closes in [false, true] {
            let settings = { (settings: inout DeliverySettings) in settings.retryOn = [] }
            let hostility = try await Hostility.of(padding: padding, settings: settings) { connection in
                guard connection.read(body: false) != nil else { return }
                connection.send(answer(status))
                if !closes { connection.waitForEnd() }
            }
            #expect(hostility.result.deliveries.values.allSatisfy { $0.status == status }, "closes: \(closes)")
            #expect(hostility.result.states == [status == 200 ? .delivered : .dead: 6], "closes: \(closes)")
            #expect(hostility.requests.count == 6)
        }
    }

    @Test("a receiver that accepts and never reads costs a time-out, not memory")
    func neverReads() async throws {
        let hostility = try await Hostility.of(contacts: 4, padding: 6 << 20, receiveBuffer: 4096) { connection in
            connection.waitWithoutReading()
        }
        #expect(hostility.endings == [.dead(.timeout)])
        #expect(hostility.took < Hostility.timeout + .seconds(4))
    }

    @Test(
        "what answers on an https port and is no TLS",
        arguments: [
            Misbehaviour("never shakes hands", .dead(.timeout)) { $0.waitForEnd() },
            Misbehaviour("closes instead", .dead(.tls)) { _ in },
            Misbehaviour("sends garbage", .dead(.noTLS)) { connection in
                connection.send((0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ 7) })
                connection.waitForEnd()
            },
            Misbehaviour("speaks plain HTTP", .dead(.noTLS)) { connection in
                connection.send(answer(200))
                connection.waitForEnd()
            },
            Misbehaviour("drips records", .dead(.timeout)) { connection in
                for byte in [22, 3, 3, 0, 122] + [UInt8](repeating: 2, count: 122) {
                    guard connection.pause(milliseconds: 150), connection.send([byte]) else { return }
                }
            },
            Misbehaviour("sends alerts without end", .dead(.tls)) { connection in
                while connection.send([21, 3, 3, 0, 2, 1, 0]) {}
            },
        ]
    )
    func noTLS(_ misbehaviour: Misbehaviour) async throws {
        let hostility = try await Hostility.of(scheme: "https", script: misbehaviour.script)
        #expect(hostility.endings == [misbehaviour.ending])
        #expect(hostility.took < Hostility.timeout + .seconds(4))
    }
}
