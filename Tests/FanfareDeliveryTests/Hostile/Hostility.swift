import FanfareAudience
import FanfarePayload
import FanfareTesting
import FanfareTransport
import Glibc
import Testing

@testable import FanfareDelivery

/// What became of a fan-out whose receiver misbehaves, beside a healthy one on the same single loop.
///
/// ``of(contacts:scheme:security:padding:receiveBuffer:settings:script:)`` itself checks that the healthy one did not
/// notice, that nothing hung beyond its time-out, and what it cost in processor time and memory.
struct Hostility {
    /// One attempt, unless the test changes it.
    static let timeout = Duration.seconds(1)

    var result: FanOutResult
    var requests: [HostileRequest]
    var connections: Int
    var bytesSent: Int
    /// From its start to its end.
    var took: Duration

    /// How each delivery ended and why, with all the same; what differs is listed.
    var endings: Set<Ending> {
        Set(
            result.deliveries.map { ordinal, delivery in
                let attempt = result.attempts.last { $0.ordinal == ordinal }
                return Ending(
                    state: delivery.state,
                    status: delivery.status,
                    reason: attempt?.reason ?? delivery.reason
                )
            }
        )
    }

    /// Bytes that this system's sockets take at most on both sides of a connection.
    static var socketBuffers: Int {
        ["/proc/sys/net/ipv4/tcp_rmem", "/proc/sys/net/ipv4/tcp_wmem"].reduce(0) { sum, path in
            sum + (Cost.text(path).split { $0 == "\t" || $0 == "\n" }.last.flatMap { Int($0) } ?? 0)
        }
    }

    /// TLS before the hostile receiver.
    struct Security {
        /// What it offers; HTTP/2 is offered to it where this has `h2`.
        var protocols: [String] = []
        var isTrusted = true
    }

    /// - Parameters:
    ///   - contacts: Few, so that neither breaker nor first answers end it.
    ///   - scheme: Of the hostile receiver's URL.
    ///   - security: What is before it; nil: nothing.
    ///   - padding: Bytes that are added to each request's body.
    ///   - receiveBuffer: As in ``HostileReceiver``.
    ///   - settings: Changes the hostile fan-out's settings: one attempt each, all at once.
    ///   - script: What the hostile receiver does.
    static func of(
        contacts: Int = 6,
        scheme: String = "http",
        security: Security? = nil,
        padding: Int = 0,
        receiveBuffer: Int32? = nil,
        settings: (inout DeliverySettings) -> Void = { _ in },
        script: @escaping HostileReceiver.Script
    ) async throws -> Hostility {
        try await withHostileReceiver(receiveBuffer: receiveBuffer, script) { hostile in
            guard let security else {
                let url = hostile.url(scheme: scheme)
                return try await run(contacts, padding, at: url, settings, { _ in }, against: hostile)
            }
            return try await withSecureFront(before: hostile.port, protocols: security.protocols) { front in
                let secure = { (endpoint: inout EndpointSettings) in
                    endpoint.certificateAuthorityFile = security.isTrusted ? front.authorityFile : nil
                    endpoint.offersHTTP2 = security.protocols.contains("h2")
                }
                return try await run(contacts, padding, at: front.url, settings, secure, against: hostile)
            }
        }
    }

    private static func run(
        _ contacts: Int,
        _ padding: Int,
        at url: String,
        _ settings: (inout DeliverySettings) -> Void,
        _ endpoint: (inout EndpointSettings) -> Void,
        against hostile: HostileReceiver
    ) async throws -> Hostility {
        try await withTemporaryFolder { folder in
            try await withScriptedReceiver { healthy in
                let fixture = try EngineFixture(contacts: contacts, url: url, in: folder, name: "hostile") {
                    $0.timeout = timeout
                    $0.retries = []
                    $0.concurrency = .fixed
                    settings(&$0)
                }
                let neighbour = try EngineFixture(contacts: 200, url: healthy.url(""), in: folder, name: "healthy")
                var plan = try fixture.plan(padding: padding, url: url)
                endpoint(&plan.endpoint)
                return try await run(plan, of: fixture, against: hostile, beside: neighbour)
            }
        }
    }

    private static func run(
        _ plan: FanOutPlan,
        of fixture: EngineFixture,
        against hostile: HostileReceiver,
        beside neighbour: EngineFixture
    ) async throws -> Hostility {
        var hostility: Hostility?
        try await withEngine(loops: 1) { engine in
            let cost = Cost.now()
            let clock = ContinuousClock()
            let start = clock.now
            let run = try engine.start(plan)
            try await eventually("a connection to the hostile receiver") { hostile.connections > 0 }
            let healthyEnd = try await engine.start(neighbour.plan()).end()
            let healthyTook = clock.now - start
            let end = try await run.end()
            let took = clock.now - start
            // A flood over HTTP/2 holds the loop up until its connection is cut, a quarter of a second and a bit.
            let heldUp: Duration = plan.endpoint.offersHTTP2 ? .milliseconds(500) : .zero
            cost.check(heldUp: heldUp)
            #expect(healthyEnd.progress.counts[.delivered] == 200)
            #expect(healthyEnd.snapshot.latency.p99 < timeout / 2 + heldUp)
            #expect(healthyTook < .seconds(10))
            hostility = Hostility(
                result: try FanOutResult(end, fixture),
                requests: hostile.requests,
                connections: hostile.connections,
                bytesSent: hostile.bytesSent,
                took: took
            )
        }
        return try #require(hostility)
    }
}

/// How a delivery ended: its state, its last status, and the reason of its last attempt.
struct Ending: Hashable, CustomStringConvertible {
    var state: DeliveryState
    var status = 0
    var reason: Reason?

    /// Delivered, and nothing to remark.
    static func delivered(_ status: Int = 200) -> Ending { Ending(state: .delivered, status: status) }
    /// Delivered, but the body was not whole.
    static func cutShort(_ status: Int = 200) -> Ending {
        Ending(state: .delivered, status: status, reason: .answerCutShort)
    }
    /// Given up after one attempt.
    static func dead(_ reason: Reason, _ status: Int = 0) -> Ending {
        Ending(state: .dead, status: status, reason: reason)
    }

    var description: String { "\(state.name) \(status) \(reason.map { "\($0)" } ?? "-")" }
}

/// Processor time of the loops and memory of the process, at a moment.
private struct Cost {
    var loops: Duration
    var memory: Int

    static func now() -> Cost { Cost(loops: loopTime(), memory: residentBytes()) }

    /// Checks what was spent since; a flood may hold the loop up so long.
    func check(heldUp: Duration) {
        let now = Cost.now()
        // What the two fan-outs need is 0.2 s, of an unoptimised build; a loop that turns round and round needs it all.
        #expect(now.loops - loops < .milliseconds(700) + heldUp, "the loop spins")
        #expect(now.memory - memory < 48 << 20, "memory grows")
    }

    /// Of all threads that are named as loops are and still live.
    private static func loopTime() -> Duration {
        var ticks = 0
        for thread in contents(of: "/proc/self/task") {
            let folder = "/proc/self/task/\(thread)"
            guard text("\(folder)/comm").hasPrefix("fanfare-loop") else { continue }
            // Fields 14 and 15, counted behind the name, which may hold blanks.
            let fields = text("\(folder)/stat").split(separator: ")").last?.split(separator: " ") ?? []
            if fields.count > 12 { ticks += (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0) }
        }
        return .milliseconds(ticks * 1000 / sysconf(Int32(_SC_CLK_TCK)))
    }

    private static func residentBytes() -> Int {
        let fields = text("/proc/self/statm").split(separator: " ")
        return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * sysconf(Int32(_SC_PAGESIZE))
    }

    private static func contents(of folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { name in
                String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.first != "." { names.append(name) }
        }
        return names
    }

    static func text(_ path: String) -> String {
        let file = open(path, O_RDONLY)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }
}

extension EngineFixture {
    /// The plan, with so many bytes more in each request's body.
    fileprivate func plan(padding: Int, url: String) throws -> FanOutPlan {
        var plan = try plan()
        guard padding > 0 else { return plan }
        let padding = String(repeating: "x", count: padding)
        let definition = WebhookDefinition(
            url: url + "/?n=*|NUMBER|*",
            body: .json(.object([.init("to", .string("*|EMAIL|*")), .init("padding", .string(padding))]))
        )
        plan.template = try RequestTemplate.compile(definition, fields: audience.fields())
        plan.endpoint = EndpointSettings(plan.template)
        return plan
    }
}
