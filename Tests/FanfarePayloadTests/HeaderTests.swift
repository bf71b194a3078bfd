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
}
