import FanfarePayload
import Testing

@Suite("What is secret in a webhook is covered wherever a receiver repeats it")
struct SecretMaskTests {
    private func covered(_ text: String, _ definition: WebhookDefinition) -> String {
        var bytes = Array(text.utf8)
        bytes.withUnsafeMutableBytes { SecretMask(definition).cover($0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func webhook(
        _ authorization: WebhookDefinition.Authorization? = nil,
        headers: [WebhookDefinition.Header] = [],
        signing: String? = nil
    ) -> WebhookDefinition {
        WebhookDefinition(
            url: "https://example.com/",
            authorization: authorization,
            headers: headers,
            body: .none,
            signing: signing.map { .init(secrets: [Secret($0)]) }
        )
    }

    @Test("a password is covered alone and in the header's Base64, at the same length")
    func basic() {
        let definition = webhook(.basic(username: "ada", password: Secret("pa/s\"s")))
        #expect(covered("no pa/s\"s, Basic YWRhOnBhL3Micw==!", definition) == "no ******, Basic ****************!")
        #expect(covered(#"{"p":"pa/s\"s","q":"pa\/s\"s"}"#, definition) == #"{"p":"*******","q":"********"}"#)
        #expect(covered("/login?p=pa%2Fs%22s&x", definition) == "/login?p=**********&x")
        #expect(covered("ada may not", definition) == "ada may not")
    }

    @Test("a token, a secret header and a signing key are covered, each time they occur")
    func others() {
        let definition = webhook(
            .bearer(Secret("tok-1234")),
            headers: [
                .init(name: "X-Team", value: .secret(Secret("Token hunter2 "))),
                .init(name: "X-Api-Key", value: .text("k-9876")),
                .init(name: "X-Campaign", value: .text("summer")),
            ],
            signing: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        )
        #expect(covered("tok-1234tok-1234 tok-123", definition) == "**************** *******")
        #expect(covered("[Token hunter2] (hunter2)", definition) == "[*************] (*******)")
        #expect(covered("k-9876 summer", definition) == "****** summer")
        let stars = String(repeating: "*", count: 32)
        #expect(covered("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw.", definition) == "******\(stars).")
        #expect(covered("key MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw.", definition) == "key \(stars).")
    }

    @Test("a preview has one placeholder for each, for those that overlap one together, and else what it had")
    func redacted() {
        let definition = webhook(
            .bearer(Secret("abcdef")),
            headers: [.init(name: "X-Key", value: .secret(Secret("defghi")))]
        )
        func shown(_ text: String) -> String {
            String(decoding: SecretMask(definition).redacted(Array(text.utf8)), as: UTF8.self)
        }
        #expect(shown("xabcdefy") == "x[secret]y")
        #expect(shown("abcdefabcdef") == "[secret][secret]" || shown("abcdefabcdef") == "[secret]")
        #expect(shown("abcdefghi!") == "[secret]!")
        #expect(shown("é nothing ü") == "é nothing ü")
        #expect(SecretMask(webhook()).redacted([0, 255, 10]) == [0, 255, 10])
    }

    @Test("occurrences that overlap, and one that the end of the text cuts off, are covered whole")
    func overlapping() {
        let headers = ["abcabc", "bcabcd"].map { WebhookDefinition.Header(name: "X-\($0)", value: .secret(Secret($0))) }
        let definition = webhook(headers: headers)
        #expect(covered("-abcabcabc-", definition) == "-*********-")
        #expect(covered("-abcabcd-", definition) == "-*******-")
        #expect(covered("-abcab", definition) == "-*****")
        #expect(covered("-abc", definition) == "-abc")
        #expect(covered("abcab-", definition) == "abcab-")
        #expect(covered("", definition) == "")
    }

    @Test("what is too short to be told from other text is left, and nothing is covered without secrets")
    func short() {
        #expect(covered("abc abc", webhook(.bearer(Secret("abc")))) == "abc abc")
        #expect(covered("abcd abc", webhook(.bearer(Secret("abcd")))) == "**** abc")
        #expect(covered("all of it", webhook()) == "all of it")
    }

    @Test("it prints none of the secrets it knows")
    func printsNothing() throws {
        let definition = webhook(.bearer(Secret("hunter2")))
        let mask = SecretMask(definition)
        let template = try RequestTemplate.compile(definition, fields: [])
        var dumped = ""
        dump(mask, to: &dumped)
        dump(template, to: &dumped)
        #expect("\(mask)" == "[secret]" && String(reflecting: mask) == "[secret]")
        // An array of bytes prints as numbers.
        #expect(!dumped.contains("hunter2") && !dumped.contains("104"))
        #expect(Mirror(reflecting: mask).children.isEmpty)
    }
}
