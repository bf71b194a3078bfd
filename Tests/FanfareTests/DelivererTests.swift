import Fanfare
import FanfareReceiver
import FanfareTesting
import NIOHTTP1
import Testing

@Suite("A deliverer of requests of one's own", .timeLimit(.minutes(2)))
struct DelivererTests {
    private static let secret = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    @Test("each request is sent once, as it was given, and has one outcome")
    func once() async throws {
        try await withScriptedReceiver(keepsBodies: true) { receiver in
            let (outcomes, error) = await readAll(try Deliverer(receiver).deliver(numbered(500)))
            #expect(error == nil)
            #expect(outcomes.count == 500)
            #expect(Set(outcomes.map(\.id)) == Set(numbered(500).map(\.id)))
            #expect(outcomes.allSatisfy { $0.isDelivered && $0.status == 200 && $0.attempts == 1 })
            #expect(outcomes.allSatisfy { $0.response == Array("ok\n".utf8) && $0.duration > .zero })
            #expect(receiver.received.requests == 500)
            #expect(receiver.received.entries(of: "r17").first?.body == Array("17".utf8))
            #expect(receiver.peakOpenRequests <= 8)
        }
    }

    @Test("an asynchronous sequence is taken as it comes, and its outcomes do not wait for the next request")
    func asIsComes() async throws {
        try await withScriptedReceiver { receiver in
            let (requests, source) = AsyncStream.makeStream(of: Deliverer.Request.self)
            var outcomes = try Deliverer(receiver).deliver(requests).makeAsyncIterator()
            for request in numbered(3) {
                source.yield(request)
                #expect(try await outcomes.next()?.id == request.id)
            }
            source.finish()
            #expect(try await outcomes.next() == nil)
            #expect(try await outcomes.next() == nil)
        }
    }

    @Test("a request is signed, and carries its own headers and the endpoint's")
    func headers() async throws {
        let seen = Mailbox<ReceivedRequest>()
        try await withScriptedReceiver({ request, _ in
            seen.post(request)
            return .status(204)
        }) { receiver in
            let deliverer = try Deliverer(receiver, signing: Self.secret)
            let request = Deliverer.Request(
                id: "order-17",
                headers: [.init(name: "X-Order", value: "17"), .init(name: "X-Nothing", value: "")],
                text: #"{"order":17}"#
            )
            let (outcomes, error) = await readAll(deliverer.deliver([request]))
            #expect(error == nil && outcomes.first?.isDelivered == true)
            let got = try #require(seen.all.first)
            #expect(got.method == .POST && got.target == "/hook" && got.webhookID == "order-17")
            #expect(got.headers["Content-Type"] == ["application/json"])
            #expect(got.headers["X-Order"] == ["17"] && got.headers["X-Nothing"] == [""])
            let time = try #require(got.headers.first(name: "webhook-timestamp"))
            let signature = try #require(got.headers.first(name: "webhook-signature"))
            let verifier = try WebhookVerifier(secrets: [Self.secret])
            let verdict = Array(#"{"order":17}"#.utf8).withUnsafeBytes { body in
                verifier.verify(
                    id: "order-17",
                    timestamp: time,
                    signature: signature,
                    body: body,
                    now: currentUnixTime()
                )
            }
            #expect(verdict == .valid)
        }
    }

    @Test("what fails is tried again with the same id, until it is delivered or its attempts are used up")
    func retries() async throws {
        try await withScriptedReceiver({ request, earlier in
            request.webhookID == "r1" ? .status(500) : .status(earlier < 2 ? 500 : 200)
        }) { receiver in
            let (outcomes, _) = await readAll(try Deliverer(receiver).deliver(numbered(2)))
            let first = try #require(outcomes.first { $0.id == "r1" })
            #expect(first.state == .dead && first.reason == .attemptsUsedUp && first.status == 500)
            #expect(first.attempts == 3)
            #expect("\(first)" == "r1: dead after 3 attempts: all attempts failed (last status 500)")
            let second = try #require(outcomes.first { $0.id == "r2" })
            #expect(second.isDelivered && second.attempts == 3 && second.reason == nil)
            #expect(receiver.received.entries(of: "r2").count == 3)
        }
    }

    @Test("a refusal ends that request alone, and says what the receiver said without the secrets it repeats")
    func refusal() async throws {
        let words = "no such order; your key is MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        try await withScriptedReceiver({ request, _ in
            request.webhookID == "r2"
                ? Reply(.answer(status: 301, headers: ["Location": "https://new.example.com/"], body: words))
                : .status(200)
        }) { receiver in
            let deliverer = try Deliverer(receiver, signing: Self.secret)
            let (outcomes, error) = await readAll(deliverer.deliver(numbered(3)))
            #expect(error == nil)
            #expect(outcomes.count { $0.isDelivered } == 2)
            let refused = try #require(outcomes.first { $0.id == "r2" })
            #expect(refused.state == .dead && refused.reason == .status && refused.status == 301)
            #expect(refused.location == "https://new.example.com/")
            let response = String(decoding: refused.response, as: UTF8.self)
            #expect(response.hasPrefix("no such order; your key is ***") && !response.contains("MfKQ"))
        }
    }

    @Test(
        "a request that cannot be sent is dead, with what is wrong, and the others go on",
        arguments: [
            (Deliverer.Request(id: "a b", body: []), "an id is 1 to 200 visible ASCII characters, without spaces"),
            (Deliverer.Request(id: "", body: []), "an id is 1 to 200 visible ASCII characters, without spaces"),
            (
                Deliverer.Request(id: "x", headers: [.init(name: "X-A", value: "1\r\nX-B: 2")], body: []),
                "X-A holds a control character"
            ),
            (
                Deliverer.Request(id: "x", headers: [.init(name: "Host", value: "elsewhere")], body: []),
                "Host is set by the agent itself"
            ),
            (
                Deliverer.Request(id: "x", headers: [.init(name: "content-type", value: "text/plain")], body: []),
                "content-type is a header of all requests already"
            ),
            (
                Deliverer.Request(
                    id: "x",
                    headers: [.init(name: "X-A", value: "1"), .init(name: "x-a", value: "2")],
                    body: []
                ),
                "x-a is given twice"
            ),
            (
                Deliverer.Request(id: "x", headers: [.init(name: "X A", value: "1")], body: []),
                "a header's name is not made of letters, digits and !#$%&'*+-.^_`|~"
            ),
        ]
    )
    func malformed(_ request: Deliverer.Request, _ fault: String) async throws {
        try await withScriptedReceiver { receiver in
            let requests = [request] + numbered(2)
            let (outcomes, error) = await readAll(try Deliverer(receiver).deliver(requests))
            #expect(error == nil)
            let outcome = try #require(outcomes.first { $0.id == request.id })
            #expect(outcome.state == .dead && outcome.reason == .rejected && outcome.fault == fault)
            #expect(outcome.attempts == 0)
            #expect(outcomes.count { $0.isDelivered } == 2)
            #expect(receiver.received.requests == 2)
        }
    }

    @Test("addresses that are not public are refused unless opened")
    func policy() async throws {
        try await withScriptedReceiver { receiver in
            let deliverer = try Deliverer(to: receiver.url(), settings: quickSettings())
            let (outcomes, _) = await readAll(deliverer.deliver(numbered(1)))
            #expect(outcomes.map(\.reason) == [.policy])
            #expect(receiver.acceptedConnections == 0)
        }
    }

    @Test("a webhook that needs contacts, or settings that need a fixed number of them, are refused at once")
    func refusedSettings() throws {
        let url = "https://receiver.example.com/"
        func message(_ make: () throws -> Deliverer) -> String? {
            do {
                _ = try make()
                return nil
            } catch {
                return "\(error)"
            }
        }
        let withBody = WebhookDefinition(url: url, body: .json(.null))
        #expect(message { try Deliverer(to: withBody) }?.contains("body") == true)
        #expect(message { try Deliverer(to: url + "?to=*|EMAIL|*") }?.contains("merge tags") == true)
        let tagged = WebhookDefinition.Header(name: "X-To", value: .text("*|EMAIL|*"))
        let withTags = WebhookDefinition(url: url, headers: [tagged])
        #expect(message { try Deliverer(to: withTags) }?.contains("merge tags") == true)
        #expect(message { try Deliverer(to: "receiver") } != nil)
        #expect(message { try Deliverer(to: url, signing: Secret("whsec_x")) } != nil)
        var settings = DeliverySettings()
        settings.canary = .init(contacts: 3, proceedAt: 1)
        #expect(message { try Deliverer(to: url, settings: settings) }?.contains("canary") == true)
        settings = DeliverySettings()
        settings.maxInFlight = 0
        #expect(message { try Deliverer(to: url, settings: settings) }?.contains("max_in_flight") == true)
        #expect(message { try Deliverer(to: url, configuration: .init(window: 0)) }?.contains("window") == true)
    }

    @Test("a receiver that goes away is waited for, and everything is delivered when it is back")
    func outage() async throws {
        try await withScriptedReceiver { receiver in
            await receiver.refuse()
            let settings = quickSettings { $0.retries = Array(repeating: .seconds(1), count: 5) }
            let deliverer = try Deliverer(receiver, settings)
            async let reading = readAll(deliverer.deliver(numbered(200)))
            try await eventually("the lane to find it down", within: .seconds(60)) { deliverer.lane.state == .down }
            try await receiver.listenAgain()
            let (outcomes, error) = await reading
            #expect(error == nil)
            #expect(outcomes.count == 200 && outcomes.allSatisfy(\.isDelivered))
            #expect(receiver.received.requests == 200)
        }
    }

    @Test("a name that is not found in time ends the sequence with an error that names it")
    func missingName() async throws {
        let deliverer = try Deliverer(
            to: "http://nowhere.invalid/",
            configuration: .init(namePatience: .milliseconds(50))
        )
        let (outcomes, error) = await readAll(deliverer.deliver(numbered(3)))
        #expect(outcomes.allSatisfy { $0.state == .cancelled && $0.reason == .resolve })
        #expect((error as? DeliveryError)?.code == .nameNotFound)
        #expect("\(try #require(error))".contains("nowhere.invalid"))
    }
}
