@preconcurrency import Dispatch
import Fanfare
import FanfareReceiver
import FanfareTesting
import Foundation
import Testing

@Suite("A trial sends one request, and nobody else knows of it")
struct TrialTests {
    /// A trial of a fixture's job with one contact, `a@example.com`.
    private func trial(
        of host: String,
        webhook: String = "",
        delivery: String = "",
        lookUp: LookUp = .system,
        allowing networks: String...
    ) async throws -> JobTrial {
        try await withTemporaryFolder { folder in
            var fixture = try RunFixture(folder)
            fixture.job = fixture.job.replacing("127.0.0.1:9", with: host).replacing("{url:", with: "{\(webhook)url:")
            fixture.job += delivery.isEmpty ? "" : "\ndelivery: {\(delivery)}"
            let job = try fixture.load()
            let before = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            let trial = try JobTrial(
                job,
                contact: "a@example.com",
                dataDirectory: fixture.data,
                egress: EgressPolicy(allowed: try networks.map { try .init($0) }),
                lookUp: lookUp
            )
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == before)
            return trial
        }
    }

    @Test("it shows the whole answer, and what a run would do with it")
    func accepted() async throws {
        let reply: ScriptedReceiver.Behaviour = { _, _ in Reply(.answer(status: 201, headers: [:], body: "thanks")) }
        try await withScriptedReceiver(reply) { receiver in
            let trial = try await trial(of: "127.0.0.1:\(receiver.port)", allowing: "127.0.0.0/8")
            #expect(trial.isDelivered)
            let result = try #require(trial.result)
            let seen = try #require(result.inspection)
            #expect(String(decoding: seen.headers, as: UTF8.self).hasPrefix("HTTP/1.1 201 Created\r\n"))
            #expect(String(decoding: seen.body, as: UTF8.self) == "thanks")
            #expect(seen.httpVersion == "1.1")
            #expect(seen.address == IPAddress("127.0.0.1"))
            #expect(seen.tlsVersion == nil && seen.certificates.isEmpty)
            #expect(result.addresses.map(\.isPermitted) == [true])
            #expect(result.timings.name == nil)
            let total = try #require(result.timings.total)
            #expect(total >= (try #require(result.timings.firstByte)))
        }
    }

    @Test("its id is marked, another each time, and what it shows is what was sent")
    func ids() async throws {
        let receiver = try RawReceiver()
        defer { receiver.stop() }
        var shown: [[UInt8]] = []
        for _ in 1...2 {
            let trial = try await trial(of: "127.0.0.1:\(receiver.port)", allowing: "127.0.0.0/8")
            let request = try #require(trial.request)
            #expect(request.id.description.hasPrefix("msg_test"))
            shown.append(request.bytes)
        }
        #expect(receiver.received == shown)
        #expect(shown[0] != shown[1])
    }

    @Test(
        "statuses mean what they mean to a run",
        arguments: [
            (404, "", DeliveryTrial.Consequence.dead(.status)), (301, "", .dead(.status)),
            (500, "retries: []", .dead(.attemptsUsedUp)), (500, "when_uncertain: hold", .uncertain(.status)),
        ]
    )
    func consequences(status: Int, delivery: String, expected: DeliveryTrial.Consequence) async throws {
        try await withScriptedReceiver({ _, _ in .status(status) }) { receiver in
            let trial = try await trial(of: "127.0.0.1:\(receiver.port)", delivery: delivery, allowing: "127.0.0.0/8")
            #expect(trial.result?.consequence == expected)
            #expect(!trial.isDelivered)
        }
    }

    @Test("what is to be sent again waits as a run's retry would")
    func retry() async throws {
        try await withScriptedReceiver({ _, _ in .status(500) }) { receiver in
            let trial = try await trial(
                of: "127.0.0.1:\(receiver.port)",
                delivery: "retries: [100s]",
                allowing: "127.0.0.0/8"
            )
            guard case .retryable(let wait) = trial.result?.consequence else {
                Issue.record("\(String(describing: trial.result?.consequence))")
                return
            }
            #expect((.seconds(80)...(.seconds(121))).contains(wait))
        }
    }

    @Test("an address that is not allowed gets no connection, and its name shows the verdict on each")
    func blocked() async throws {
        try await withScriptedReceiver { receiver in
            let literal = try await trial(of: "127.0.0.1:\(receiver.port)")
            #expect(literal.result?.consequence == .dead(.policy))
            #expect(literal.result?.addresses.map(\.isPermitted) == [false])
            let addresses = ["10.1.2.3", "127.0.0.1"].compactMap { IPAddress($0) }
            let host = "hooks.example.com:\(receiver.port)"
            let lookUp = LookUp { _ in .success(addresses) }
            let named = try await trial(of: host, lookUp: lookUp)
            #expect(named.result?.consequence == .dead(.policy))
            #expect(named.result?.addresses.map(\.address) == addresses)
            #expect(receiver.received.requests == 0)
            let allowed = try await trial(of: host, lookUp: lookUp, allowing: "127.0.0.0/8")
            #expect(allowed.isDelivered)
            #expect(allowed.result?.addresses.map(\.isPermitted) == [false, true])
            #expect(allowed.result?.inspection?.address == addresses[1])
            #expect(allowed.result?.timings.name != nil)
        }
    }

    @Test("a name that is not found is said, and is to be tried again")
    func unknownName() async throws {
        let lookUp = LookUp { _ in .failure(NameFailure(code: -2, message: "Name or service not known")) }
        let trial = try await trial(of: "nowhere.example.com", lookUp: lookUp)
        #expect(trial.result?.nameFailure == "Name or service not known")
        #expect(trial.result?.reason == .resolve)
        guard case .retryable = trial.result?.consequence else {
            Issue.record("\(String(describing: trial.result?.consequence))")
            return
        }
    }

    @Test("a look-up that hangs ends with the time-out of an attempt")
    func hangingName() async throws {
        let ended = DispatchSemaphore(value: 0)
        defer { ended.signal() }
        let lookUp = LookUp { _ in
            ended.wait()
            return .failure(NameFailure(code: -3, message: "too late"))
        }
        let trial = try await trial(of: "slow.example.com", delivery: "timeout: 1s", lookUp: lookUp)
        #expect(trial.result?.nameFailure?.contains("within the time-out") == true)
    }

    @Test("secrets that the receiver repeats are covered")
    func repeatedSecret() async throws {
        let reply: ScriptedReceiver.Behaviour = { _, _ in
            Reply(.answer(status: 200, headers: [:], body: "you said tok-secret-1"))
        }
        try await withScriptedReceiver(reply) { receiver in
            let trial = try await trial(
                of: "127.0.0.1:\(receiver.port)",
                webhook: "auth: {bearer: tok-secret-1}, ",
                allowing: "127.0.0.0/8"
            )
            let body = String(decoding: trial.result?.inspection?.body ?? [], as: UTF8.self)
            #expect(body == "you said ************")
        }
    }

    @Test("an answer without end is cut off at 64 KiB")
    func endless() async throws {
        let reply: ScriptedReceiver.Behaviour = { _, _ in
            Reply(.answer(status: 200, headers: [:], body: String(repeating: "x", count: 300_000)))
        }
        try await withScriptedReceiver(reply) { receiver in
            let trial = try await trial(of: "127.0.0.1:\(receiver.port)", allowing: "127.0.0.0/8")
            #expect(trial.isDelivered)
            #expect(trial.result?.isAnswerCut == true)
            #expect((trial.result?.inspection?.body.count ?? 0) <= 65_536)
        }
    }

    @Test("a contact that would get nothing gets nothing")
    func skipped() async throws {
        try await withScriptedReceiver { receiver in
            let trial = try await trial(
                of: "127.0.0.1:\(receiver.port)/*|UNIQID|*?a=",
                webhook: "require: [MC_LANGUAGE], ",
                allowing: "127.0.0.0/8"
            )
            #expect(trial.request == nil && trial.result == nil && !trial.isDelivered)
            #expect(trial.passedOver?.contains("MC_LANGUAGE") == true)
            #expect(receiver.received.requests == 0)
        }
    }

    @Test("a stored audience is used beside the process that owns the data directory")
    func besideOwner() async throws {
        try await withScriptedReceiver { receiver in
            try await withTemporaryFolder { folder in
                var fixture = try RunFixture(folder)
                try fixture.process { installation in
                    let audience = try installation.openAudience(named: "people", makesIt: true)
                    _ = try audience.importContacts(from: folder.path("contacts.csv"))
                    fixture.job = fixture.job.replacing("import: contacts.csv", with: "name: people")
                        .replacing("127.0.0.1:9", with: "127.0.0.1:\(receiver.port)")
                    let trial = try JobTrial(
                        fixture.load(),
                        contact: "B@example.com",
                        dataDirectory: fixture.data,
                        egress: EgressPolicy(allowed: [try .init("127.0.0.0/8")])
                    )
                    #expect(trial.isDelivered)
                    #expect(trial.request?.address == "b@example.com")
                    #expect(try installation.fanOuts().latest(named: "news") == nil)
                }
            }
            #expect(receiver.received.requests == 1)
        }
    }
}
