import FanfarePayload
import Testing

/// One expected problem: `code path offset`, for example `unknownTag data.text 3`.
private func summary(_ error: PayloadError) -> String {
    let path = error.path.map { element in
        switch element {
        case .key(let key): key
        case .index(let index): "\(index)"
        }
    }
    let place = error.position.map { " \($0.offset)" } ?? ""
    return "\(error.code.rawValue) \(path.joined(separator: "."))\(place)"
}

private func problems(_ definition: WebhookDefinition) -> [PayloadError] {
    do throws(PayloadErrors) {
        _ = try RequestTemplate.compile(definition, fields: someFields)
        return []
    } catch {
        return error.all
    }
}

private func problems(url: String) -> [String] { problems(.init(url: url, body: .none)).map(summary) }

private func problems(text: String) -> [String] {
    problems(.init(url: "http://x.example", body: .json(.string(text)))).map(summary)
}

private func problems(
    _ body: WebhookDefinition.Body = .none,
    method: WebhookDefinition.Method = .post,
    headers: [WebhookDefinition.Header] = [],
    authorization: WebhookDefinition.Authorization? = nil,
    signing: [String]? = nil
) -> [String] {
    let definition = WebhookDefinition(
        method: method,
        url: "http://x.example",
        authorization: authorization,
        headers: headers,
        body: body,
        signing: signing.map { .init(secrets: $0.map { Secret($0) }) }
    )
    return problems(definition).map(summary)
}

@Suite struct `Errors in a definition` {
    @Test(arguments: [
        ("ftp://x.example/", "invalidURL url 0"), ("x.example/a", "invalidURL url 0"), ("", "invalidURL url 0"),
        ("//x.example", "invalidURL url 0"), ("http:x.example", "invalidURL url 0"),
        ("javascript:1", "invalidURL url 0"),
        ("http://", "invalidURL url 7"), ("http:///a", "invalidURL url 7"), ("http://:80/", "invalidURL url 7"),
        ("https://?a", "invalidURL url 8"), ("http://user:secretpw@x.example/", "credentialsInURL url 7"),
        ("http://token@x.example/", "credentialsInURL url 7"), ("http://x y.example/", "invalidURL url 7"),
        ("http://é.example/", "invalidURL url 7"), ("http://a..b/", "invalidURL url 7"),
        ("http://x%2e.example/", "invalidURL url 7"),
        ("http://[::1/", "invalidURL url 7"), ("http://[zz]/", "invalidURL url 7"),
        ("http://[::1]80/", "invalidURL url 12"),
        ("http://x.example:0/", "invalidURL url 16"), ("http://x.example:65536/", "invalidURL url 16"),
        ("http://x.example:/", "invalidURL url 16"), ("http://x.example:8o/", "invalidURL url 16"),
        ("*|URL|*", "mergeTagInOrigin url 0"), ("http*|S|*://x.example/", "mergeTagInOrigin url 4"),
        ("http://*|HOST|*/", "mergeTagInOrigin url 7"), ("http://x.*|DATE:d/m|*.example/", "mergeTagInOrigin url 9"),
        ("http://x.example:*|PORT|*/", "mergeTagInOrigin url 17"),
        ("http://*|FNAME|*@x.example/", "mergeTagInOrigin url 7"),
        ("http://x.example*|FNAME|*", "mergeTagInOrigin url 16"), ("http://x.example/a#b", "invalidURL url 18"),
        ("http://x.example/a\r\nb", "invalidURL url 18"), ("http://x.example/\u{0}", "invalidURL url 17"),
        ("http://x.example/../*|FNAME|*", "invalidURL url 16"), ("http://x.example/*|FNAM|*", "unknownTag url 17"),
        ("http://x\r\n.example/", "invalidURL url 7"),
    ])
    func `of URLs`(url: String, expected: String) {
        #expect(problems(url: url) == [expected])
    }

    @Test func `of one URL are told all at once`() {
        #expect(
            problems(url: "https://user:secretpw@x.example:99999/a#b") == [
                "credentialsInURL url 8", "invalidURL url 31", "invalidURL url 39",
            ]
        )
        let three = ["credentialsInURL url 7", "invalidURL url 9", "invalidURL url 13"]
        #expect(problems(url: "http://u@x..y:0/") == three)
        #expect(problems(url: "http://*|FNAME|*/#") == ["mergeTagInOrigin url 7", "invalidURL url 17"])
    }

    @Test func `never quote a password`() {
        let found = problems(.init(url: "http://user:secretpw@x..example:0/#a", body: .none))
        #expect(found.count == 4)
        #expect(found.allSatisfy { !$0.description.contains("secretpw") && !$0.description.contains("user:") })
    }

    @Test(arguments: [
        ("*|", "unclosedTag data 0"), ("é*|FNAME", "unclosedTag data 2"), ("*|FNAME|", "unclosedTag data 0"),
        ("a*|NOPE|*", "unknownTag data 1"), ("*||*", "unknownTag data 0"), ("*|fname|*", "unknownTag data 0"),
        ("*|UNSUB|*", "unavailableTag data 0"),
        ("*|DATE:|*", "unknownTag data 0"), ("*|LIST:NAME|*", "unknownTag data 0"),
        ("*| FNAME |*", "unknownTag data 0"),
        ("a*|IF:FNAME|*b", "unbalancedBlock data 1"), ("*|END:IF|*", "unbalancedBlock data 0"),
        ("*|ELSE:|*", "unbalancedBlock data 0"),
        ("*|ELSEIF:FNAME|*", "unbalancedBlock data 0"),
        ("*|IF:FNAME|*a*|ELSE:|*b*|ELSE:|*c*|END:IF|*", "unbalancedBlock data 23"),
        ("*|IF:FNAME|*a*|ELSE:|*b*|ELSEIF:FNAME|*c*|END:IF|*", "unbalancedBlock data 23"),
        ("*|INTERESTED:A:B|*a*|ELSEIF:FNAME|*c*|END:INTERESTED|*", "unbalancedBlock data 19"),
        ("*|INTERESTED:A|*a*|END:INTERESTED|*", "invalidCondition data 0"),
        ("*|INTERESTED::B|*a*|END:INTERESTED|*", "invalidCondition data 0"),
        ("*|INTERESTED:A:|*a*|END:INTERESTED|*", "invalidCondition data 0"),
        ("*|IF:NOPE|*a*|END:IF|*", "unknownTag data 0"), ("*|IF:|*a*|END:IF|*", "unknownTag data 0"),
        ("*|IF:DATE=x|*a*|END:IF|*", "unknownTag data 0"),
        ("*|IF:FNAME<3|*a*|END:IF|*", "invalidCondition data 0"),
        ("*|IF:JOINED >= 2024-01-01|*a*|END:IF|*", "invalidCondition data 0"),
        ("*|IF:EMAIL>3|*a*|END:IF|*", "invalidCondition data 0"),
        ("*|IF:SCORE<abc|*a*|END:IF|*", "invalidCondition data 0"),
        ("*|IF:SCORE= |*a*|END:IF|*", "invalidCondition data 0"),
        ("*|IF:ADDRESS=x|*a*|END:IF|*", "invalidCondition data 0"),
    ])
    func `of merge tags`(text: String, expected: String) {
        #expect(problems(text: text) == [expected])
    }

    @Test func `of blocks that overlap are all told`() {
        let text = "*|IF:FNAME|**|INTERESTED:A:B|**|END:IF|**|END:INTERESTED|*"
        #expect(problems(text: text) == ["unbalancedBlock data 30", "unbalancedBlock data 0"])
    }

    @Test(arguments: [
        ("*|FNAM|*", "FNAME"), ("*|FNMAE|*", "FNAME"), ("*|fname|*", "FNAME"), ("*|SCROE|*", "SCORE"),
        ("*|EMIAL|*", "EMAIL"),
        ("*|ENDIF|*", "END:IF"), ("*|UNIQUEID|*", "UNIQID"), ("*|IF:PHNE=1|**|END:IF|*", "PHONE"),
    ])
    func `name what may have been meant`(text: String, name: String) throws {
        let error = try #require(problems(.init(url: "http://x.example", body: .json(.string(text)))).first)
        #expect(error.message.hasSuffix("(did you mean \(name)?)"))
    }

    @Test(arguments: [
        ("*|FI:FNAME|*a*|END:IF|*", "IF:FNAME"), ("*|if:FNAME=1|*a*|ELSE:|*b*|END:IF|*", "IF:FNAME=1"),
        ("*|IFNT:FNAME|*a*|END:IF|*", "IFNOT:FNAME"), ("*|DAET:d/m|*", "DATE:d/m"),
        ("*|INTERESTD:A:B|*a*|END:INTERESTED|*", "INTERESTED:A:B"),
        ("*|IF:FNAME|*a*|ELSIF:FNAME|*b*|END:IF|*", "ELSEIF:FNAME"),
    ])
    func `name the block that may have been meant, and leave its end alone`(text: String, name: String) {
        let found = problems(.init(url: "http://x.example", body: .json(.string(text))))
        #expect(found.count == 1)
        #expect(found.first?.message.hasSuffix("(did you mean \(name)?)") == true, "\(found)")
    }

    @Test func `do not guess wildly`() throws {
        let error = try #require(problems(.init(url: "http://x.example", body: .json(.string("*|XQZW|*")))).first)
        #expect(!error.message.contains("did you mean"))
    }

    @Test func `give line and column`() throws {
        let definition = WebhookDefinition(
            url: "http://x.example",
            body: .json(.object([.init("a", .array([.null, .object([.init("text", .string("one\né *|X|*"))])]))]))
        )
        let error = try #require(problems(definition).first)
        #expect(error.path == ["data", "a", 1, "text"])
        #expect(error.position?.line == 2 && error.position?.column == 3 && error.position?.offset == 7)
        #expect(error.description == "data.a[1].text, line 2, column 3: unknown merge tag *|X|*")
    }

    @Test(arguments: [
        "Host", "content-length", "Transfer-Encoding", "CONNECTION", "Keep-Alive", "TE", "Trailer", "Upgrade", "Expect",
        "Proxy-Connection", "Proxy-Authorization", "webhook-id", "Webhook-Signature", "webhook-timestamp",
    ])
    func `of headers that are not the user's`(name: String) {
        #expect(problems(headers: [.init(name: name, value: .text("a"))]) == ["reservedHeader headers.\(name)"])
    }

    @Test(arguments: ["", "a b", "a:", "é", "a\r\n", "a\0", "(a)", "a\"b", "a/b", "X-*|FNAME|*:"])
    func `of header names`(name: String) {
        #expect(problems(headers: [.init(name: name, value: .text("a"))]) == ["invalidHeaderName headers.\(name)"])
    }

    @Test(arguments: [("a\rb", 1), ("\n", 0), ("ab\0", 2), ("\u{7F}", 0), ("*|FNAME|*\r\nX: y", 9)])
    func `of header values`(value: String, offset: Int) {
        #expect(
            problems(headers: [.init(name: "X", value: .text(value))]) == ["invalidHeaderValue headers.X \(offset)"]
        )
        if !value.contains("*|") {
            #expect(
                problems(headers: [.init(name: "X", value: .secret(Secret(value)))]) == ["invalidHeaderValue headers.X"]
            )
        }
    }

    @Test func `of a default that a header cannot hold`() {
        let fields = [MergeField(tag: "A", defaultValue: "x\ny")]
        let definition = WebhookDefinition(
            url: "http://x.example",
            headers: [.init(name: "X", value: .text("-*|A|*"))],
            body: .none
        )
        #expect(throws: PayloadErrors.self) { try RequestTemplate.compile(definition, fields: fields) }
    }

    @Test func `of headers set twice`() {
        let twice: [WebhookDefinition.Header] = [
            .init(name: "X-A", value: .text("1")), .init(name: "x-a", value: .text("2")),
        ]
        #expect(problems(headers: twice) == ["duplicateHeader headers.x-a"])
        let own: [WebhookDefinition.Header] = [.init(name: "authorization", value: .text("Basic"))]
        #expect(
            problems(headers: own, authorization: .bearer(Secret("t"))) == ["duplicateHeader headers.authorization"]
        )
        let type: [WebhookDefinition.Header] = [.init(name: "Content-Type", value: .text("a/b"))]
        #expect(problems(.multipart(.object([])), headers: type) == ["reservedHeader headers.Content-Type"])
    }

    @Test func `of authorization`() {
        #expect(
            problems(authorization: .basic(username: "a:b", password: Secret("c"))) == [
                "invalidAuthorization auth.username"
            ]
        )
        #expect(
            problems(authorization: .basic(username: "a", password: Secret("c\n"))) == [
                "invalidAuthorization auth.password"
            ]
        )
        for token in ["", "a b", "a\r\nb", "é"] {
            #expect(problems(authorization: .bearer(Secret(token))) == ["invalidAuthorization auth.bearer"])
        }
    }

    @Test func `of bodies`() {
        #expect(problems(.json(.null), method: .get) == ["bodyNotAllowed data"])
        #expect(problems(.none, method: .get) == [])
        #expect(problems(.form(.array([]))) == ["invalidBody data"])
        #expect(problems(.multipart(.string("a"))) == ["invalidBody data"])
        #expect(problems(.raw("a", contentType: "")) == ["invalidHeaderValue content_type"])
        #expect(problems(.raw("a", contentType: "a\r\nb: c")) == ["invalidHeaderValue content_type"])
        for number in ["", "1.", ".5", "0x1F", "1_000", "NaN", "+1", "01", "-", "1e", "1 "] {
            #expect(problems(.json(.object([.init("n", .number(number))]))) == ["invalidNumber data.n"])
        }
        let keys = PayloadNode.object([.init("a", .null), .init("*|FNAME|*", .null), .init("a", .null)])
        #expect(problems(.json(keys)) == ["mergeTagInKey data.*|FNAME|*", "duplicateKey data.a"])
        #expect(
            problems(.form(.object([.init("x", keys)]))) == ["mergeTagInKey data.x.*|FNAME|*", "duplicateKey data.x.a"]
        )
    }

    @Test(arguments: [
        "", "secret", "whsec", "whsec_", "whsec_!!!!", "whsec_c2hvcnQ=", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
        "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", "whpk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "whsec_" + String(repeating: "AAAA", count: 22),
    ])
    func `of signing secrets do not quote them`(secret: String) throws {
        let good = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        #expect(problems(signing: [good, secret]) == ["invalidSigningSecret signing.secrets.1"])
        #expect(problems(signing: []) == ["invalidSigningSecret signing"])
        let definition = WebhookDefinition(
            url: "http://x.example",
            body: .none,
            signing: .init(secrets: [Secret(secret)])
        )
        let error = try #require(problems(definition).first)
        let body = secret.split(separator: "_").last ?? ""
        #expect(body.count < 8 || !error.description.contains(body))
    }

    @Test func `are told all at once, in the definition's order`() {
        let definition = WebhookDefinition(
            method: .get,
            url: "ftp://x",
            headers: [.init(name: "Host", value: .text("*|A|*"))],
            body: .json(.object([.init("a", .string("*|B|* *|C|*")), .init("b", .number("x"))])),
            require: ["PHONE", "PHOEN"],
            signing: .init(secrets: [Secret("x")])
        )
        #expect(
            problems(definition).map(summary) == [
                "invalidURL url 0", "reservedHeader headers.Host", "unknownTag headers.Host 0", "bodyNotAllowed data",
                "unknownTag data.a 0",
                "unknownTag data.a 6", "invalidNumber data.b", "unknownField require.1",
                "invalidSigningSecret signing.secrets.0",
            ]
        )
    }
}
