import FanfareTesting
import Testing

@testable import FanfareDelivery

@Suite("A receiver that takes HTTP/2 up and does not do it", .serialized)
struct HostileHTTP2Tests {
    typealias Frame = HostileConnection.Frame

    /// Does to HTTP/2 what is said, and answers over HTTP/1.1 what is asked.
    private static func of(
        contacts: Int = 30,
        settings: (inout DeliverySettings) -> Void = { _ in },
        _ abuse: @escaping HostileReceiver.Script
    ) async throws -> Hostility {
        let retries = { (it: inout DeliverySettings) in
            it.retries = [.zero, .zero, .zero]
            settings(&it)
        }
        return try await Hostility.of(
            contacts: contacts,
            security: .init(protocols: ["h2", "http/1.1"]),
            settings: retries
        ) { connection in
            guard !connection.beginsHTTP2() else { return abuse(connection) }
            while connection.read() != nil { connection.send(answer(200)) }
        }
    }

    private static func refuse(_ connection: HostileConnection) {
        while let stream = connection.readStream() {
            connection.send(HostileConnection.frame(.reset, stream: stream, HostileConnection.bytes(7)))
        }
    }

    private static func sayGoodbye(_ connection: HostileConnection) {
        let calm = HostileConnection.bytes(0) + HostileConnection.bytes(11)
        connection.send(HostileConnection.frame(.goodbye, calm))
        connection.halfClose()
        connection.waitForEnd()
    }

    @Test("one that refuses every stream is gone on with over HTTP/1.1", arguments: [1, 30])
    func refuses(maxInFlight: Int) async throws {
        let settings = { (it: inout DeliverySettings) in
            it.maxInFlight = maxInFlight
            it.retries = []
        }
        let hostility = try await Self.of(contacts: 12, settings: settings, Self.refuse)
        #expect(hostility.endings == [.delivered()])
        #expect(hostility.requests.count == 12)
        #expect(hostility.result.end?.snapshot.http2Loss == .refused)
    }

    @Test("one that says goodbye before the first request is gone on with over HTTP/1.1")
    func goodbye() async throws {
        let hostility = try await Self.of(Self.sayGoodbye)
        #expect(hostility.result.states == [.delivered: 30])
        #expect(hostility.requests.count == 30)
        #expect(hostility.result.end?.snapshot.http2Loss != nil)
    }

    @Test("frames without end cost their connection, and a moment", arguments: [.data, .windowUpdate] as [Frame])
    func storms(kind: Frame) async throws {
        let hostility = try await Self.of(contacts: 5, settings: { $0.timeout = .seconds(4) }) { connection in
            guard let stream = connection.readStream() else { return }
            if kind == .data { connection.send(Self.headers(stream, HostileConnection.status200)) }
            let frame =
                kind == .data
                ? HostileConnection.frame(.data, stream: stream)
                : HostileConnection.frame(.windowUpdate, HostileConnection.bytes(1))
            Self.storm(frame, over: connection)
        }
        #expect(hostility.result.states == [.delivered: 5])
        #expect(hostility.result.end?.snapshot.http2Loss == .broken, "\(hostility.result.attempts)")
        #expect(hostility.took < .seconds(3))
    }

    @Test("interim answers without end are no answer")
    func interim() async throws {
        let hostility = try await Self.of { connection in
            guard let stream = connection.readStream() else { return }
            Self.storm(Self.headers(stream, HostileConnection.status103), over: connection)
        }
        #expect(hostility.result.states == [.delivered: 30])
        #expect(hostility.result.end?.snapshot.http2Loss != nil)
        #expect(hostility.took < .seconds(4))
    }

    private static func headers(_ stream: UInt32, _ block: [UInt8]) -> [UInt8] {
        HostileConnection.frame(.headers, flags: 4, stream: stream, block)
    }

    private static func storm(_ frame: [UInt8], over connection: HostileConnection) {
        let many = Array(repeatElement(frame, count: 4000).joined())
        while connection.send(many) {}
    }
}
