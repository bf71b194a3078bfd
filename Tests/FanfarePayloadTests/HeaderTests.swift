import FanfarePayload
import Testing

@Suite struct `Headers` {
    @Test func `that are the same for all are made once, secret ones marked`() throws {
        let definition = WebhookDefinition(
            url: "http://x.example",
            authorization: .basic(username: "Aladdin", password: Secret("open sesame")),
            headers: [
                .init(name: "X-Campaign", value: .text("black friday")), .init(name: "X-Empty", value: .text("")),
                .init(name: "X-Key", value: .secret(Secret("k1"))),
            ],
            body: .json(.null)
        )
        let template = try RequestTemplate.compile(definition, fields: [])
        #expect(
            template.constantHeaders.map { String(decoding: $0.line, as: UTF8.self) } == [
                "Content-Type: application/json", "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
                "X-Campaign: black friday", "X-Empty;", "X-Key: k1",
            ]
        )
        #expect(template.constantHeaders.map(\.isSecret) == [false, true, false, false, true])
        #expect(template.constantHeaders[1].description == "Authorization: [secret]")
        #expect(template.constantURL.map { String(decoding: $0, as: UTF8.self) } == "http://x.example/")
        #expect(template.origin == .init(scheme: "http", host: "x.example", port: 80))
    }

    @Test(arguments: [
        ("X-Api-Key", true), ("apikey", true), ("X-AUTH-TOKEN", true), ("Proxy-Password", true), ("Cookie", true),
        ("X-Client-Secret", true), ("Authorization", true), ("X-Campaign", false), ("Accept", false),
    ])
    func `that sound like secrets are shown by name alone`(name: String, isSecret: Bool) throws {
        let header = WebhookDefinition.Header(name: name, value: .text("sk_live_1"))
        let template = try compile(headers: [header])
        #expect(template.constantHeaders.map(\.isSecret) == [isSecret])
        let definition = WebhookDefinition(url: "", headers: [header], body: .none)
        for shown: Any in [template.constantHeaders, header, definition] as [Any] {
            var dumped = ""
            dump(shown, to: &dumped)
            #expect("\(shown)".contains("sk_live_1") == !isSecret)
            #expect(dumped.contains("sk_live_1") == !isSecret)
        }
        #expect(String(decoding: template.constantHeaders[0].line, as: UTF8.self) == "\(name): sk_live_1")
    }

    @Test func `with tags are made for each contact, in the definition's order`() throws {
        let template = try compile(
            headers: [
                .init(name: "X-Name", value: .text("<*|FNAME|*>")), .init(name: "X-Same", value: .text("s")),
                .init(name: "Idempotency-Key", value: .text("*|DELIVERY_ID|*")),
                .init(name: "X-Phone", value: .text(" *|PHONE|*\t")),
            ]
        )
        #expect(
            template.text([.field("FNAME"): "Zoë", .field("PHONE"): "1"])?.headers == [
                "webhook-id: \(someID)", "X-Name: <Zoë>", "Idempotency-Key: \(someID)", "X-Phone:  1\t",
            ]
        )
        // libcurl drops "X-Phone:  " but sends "X-Phone;" as an empty header.
        #expect(template.text()?.headers.last == "X-Phone;")
        #expect(template.constantHeaders.map(\.description) == ["X-Same: s"])
    }

    @Test(
        arguments: [
            (.json(.null), [], "application/json"), (.form(.object([])), [], "application/x-www-form-urlencoded"),
            (.raw("a", contentType: nil), [], "text/plain; charset=utf-8"),
            (.raw("<a/>", contentType: "text/xml"), [], "text/xml"),
            (.none, [], nil), (.multipart(.object([])), [], nil),
            (
                .json(.null), [.init(name: "content-type", value: .text("application/vnd.x+json"))],
                "application/vnd.x+json"
            ),
        ] as [(WebhookDefinition.Body, [WebhookDefinition.Header], String?)]
    )
    func `name the body's type once`(
        body: WebhookDefinition.Body,
        headers: [WebhookDefinition.Header],
        type: String?
    ) throws {
        let lines = try compile(body, headers: headers).constantHeaders.filter {
            $0.name.lowercased() == "content-type"
        }
        #expect(lines.map { String($0.description.dropFirst(14)) } == (type.map { [$0] } ?? []))
    }

    @Test func `hold a bearer token`() throws {
        let definition = WebhookDefinition(
            url: "http://x.example",
            authorization: .bearer(Secret("a.b-c~d+e/f==")),
            body: .none
        )
        let line = try #require(try RequestTemplate.compile(definition, fields: []).constantHeaders.first)
        #expect(String(decoding: line.line, as: UTF8.self) == "Authorization: Bearer a.b-c~d+e/f==" && line.isSecret)
    }

    @Test func `and templates print no secret`() throws {
        let definition = WebhookDefinition(
            url: "http://x.example",
            authorization: .bearer(Secret("hunter2")),
            headers: [.init(name: "X-Key", value: .secret(Secret("hunter3")))],
            body: .none,
            signing: .init(secrets: [Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")])
        )
        let template = try RequestTemplate.compile(definition, fields: [])
        var dumped = ""
        dump(template, to: &dumped)
        dump(template.constantHeaders, to: &dumped)
        dump(definition, to: &dumped)
        let texts = [
            dumped, "\(template)", String(reflecting: template), "\(template.constantHeaders)", "\(definition)",
        ]
        for text in texts {
            #expect(!text.contains("hunter") && !text.contains("MfKQ9r8") && !text.contains("104, 117, 110"))
        }
    }
}
