import FanfarePayload
import FanfareReceiver
import FanfareTesting
import FanfareTransport
import NIOHTTP1
import Testing

@testable import FanfareDelivery

@Suite("What a webhook says is what the receiver gets")
struct WireTests {
    @Test("a webhook without any merge tag is checked and delivered like others")
    func noMergeTags() async throws {
        let result = try await WireDelivery.of { port in
            WebhookDefinition(url: "http://127.0.0.1:\(port)/same", body: .json(.object([.init("a", .bool(true))])))
        }
        #expect(result.dryRun.rendered == 2)
        #expect(result.isDelivered)
        #expect(result.targets == ["/same", "/same"])
    }

    @Test("a URL with merge tags is delivered however its host is spelled", arguments: ["127.0.0.1", "LOCALHOST"])
    func spelledHost(host: String) async throws {
        let result = try await WireDelivery.of { port in
            WebhookDefinition(url: "HTTP://\(host):\(port)/*|FNAME|*?to=*|EMAIL|*", body: .none)
        }
        #expect(result.isDelivered)
        #expect(result.targets == ["/Ada?to=0%40example.com", "/Bob?to=1%40example.com"])
    }

    @Test("what never left counts neither as a request nor in the latency")
    func neverSent() async throws {
        let blocked = try await WireDelivery.of { _ in WebhookDefinition(url: "http://192.0.2.1/", body: .none) }
        #expect(blocked.end.progress.counts[.dead] == 2)
        #expect(blocked.end.snapshot.attempts == 0)
        let sent = try await WireDelivery.of { port in
            WebhookDefinition(url: "http://127.0.0.1:\(port)/", body: .none)
        }
        #expect(sent.end.snapshot.attempts == 2)
        #expect(sent.end.snapshot.latency.p50 > .zero)
    }

    @Test("a header that is empty, for all or for one contact, arrives empty")
    func emptyHeaders() async throws {
        let values = [
            "X-Constant": "", "X-Blank": " \t", "X-Own": "*|LNAME|*", "X-Full": "<*|FNAME|*>",
        ]
        let result = try await WireDelivery.of(["Ada"]) { port in
            WebhookDefinition(
                url: "http://127.0.0.1:\(port)/",
                headers: values.map { .init(name: $0.key, value: .text($0.value)) },
                body: .none
            )
        }
        #expect(result.isDelivered)
        let headers = try #require(result.requests.first?.headers)
        for name in ["X-Constant", "X-Blank", "X-Own"] { #expect(headers[name] == [""], "\(name)") }
        #expect(headers["X-Full"] == ["<Ada>"])
    }

    @Test("what a receiver repeats of the webhook's secrets is kept nowhere, neither of its answer nor of its Location")
    func echoedSecrets() async throws {
        let echo: ScriptedReceiver.Behaviour = { request, _ in
            let sent = request.headers.map { "\($0.name)=\($0.value)" }.joined(separator: "; ")
            let answer = "you sent \(sent), hunter2 is not the password of \(EngineFixture.secret)"
            return request.target == "/Ada"
                ? Reply(.answer(status: 400, headers: [:], body: answer))
                : .status(308, headers: ["Location": "https://example.com/hunter2/hunter3"])
        }
        var attempts: [FanOutResult.Attempt] = []
        let inspect = { (ledger: Ledger) in attempts = try FanOutResult(of: ledger).attempts }
        let result = try await WireDelivery.of(["Ada", "Bob"], echo, inspect: inspect) { port in
            WebhookDefinition(
                url: "http://127.0.0.1:\(port)/*|FNAME|*",
                authorization: .basic(username: "ada", password: Secret("hunter2")),
                headers: [.init(name: "X-Team", value: .secret(Secret("hunter3")))],
                body: .none,
                signing: .init(secrets: [Secret(EngineFixture.secret)])
            )
        }
        #expect(result.requests.count == 2 && attempts.count == 2)
        let excerpt = try #require(attempts.first { $0.status == 400 }?.excerpt)
        for secret in ["hunter", "YWRhOmh1bnRlcjI=", "whsec", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
            #expect(!excerpt.contains(secret), "\(secret)")
            #expect(!"\(result.end.cause)".contains(secret))
        }
        #expect(excerpt.contains("X-Team=*******") && excerpt.contains("Basic ****************"))
        #expect(excerpt.contains(", ******* is not the password of **************************************"))
        #expect(attempts.first { $0.status == 308 }?.location == "https://example.com/*******/*******")
    }

    @Test("an endpoint prints neither its headers' values nor its query")
    func printsNoSecret() throws {
        let definition = WebhookDefinition(
            url: "https://sms.example.com/v2?key=hunter2",
            authorization: .bearer(Secret("hunter3")),
            headers: [.init(name: "X-Campaign", value: .text("hunter4"))],
            body: .none
        )
        let endpoint = EndpointSettings(try RequestTemplate.compile(definition, fields: []))
        var dumped = ""
        dump(endpoint, to: &dumped)
        for text in ["\(endpoint)", "\(endpoint.headers)", dumped] { #expect(!text.contains("hunter"), "\(text)") }
        #expect("\(endpoint)" == "POST https://sms.example.com/v2")
    }

    @Test(
        "an endpoint is spelled as the URLs of its requests begin",
        arguments: [
            ("https://sms.example.com/v2?ref=*|EMAIL|*", "https://sms.example.com/"),
            ("https://sms.example.com?ref=*|EMAIL|*", "https://sms.example.com/"),
            ("HTTPS://SMS.Example.com:0443/*|EMAIL|*", "HTTPS://SMS.Example.com:0443/"),
            ("http://[::1]/*|EMAIL|*", "http://[::1]/"),
            ("https://sms.example.com?ref=1", "https://sms.example.com/?ref=1"),
        ]
    )
    func endpointSpelling(url: String, endpoint: String) throws {
        let template = try RequestTemplate.compile(WebhookDefinition(url: url, body: .none), fields: [])
        #expect(EndpointSettings(template).url == endpoint)
    }
}
