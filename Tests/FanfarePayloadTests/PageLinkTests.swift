import FanfarePayload
import Testing

@Suite("Links to hosted pages")
struct PageLinkTests {
    private static let audience = "8a6d823488"
    private let key = PageKey(sealingKey: [UInt8](repeating: 7, count: 32))

    private func links(_ url: String = "https://news.example.com/x") throws -> PageLinks {
        PageLinks(try #require(PublicURL(url)), audience: Self.audience, key: key)
    }

    private func token(_ page: ContactPage, contact: Int64 = 42, uniqueID: String = "00ff00ff00ff00ff") -> String {
        key.token(for: page, audience: Self.audience, contact: contact, uniqueID: uniqueID)
    }

    private let contact: [ContactColumn: String] = [.key: "42", .uniqueID: "00ff00ff00ff00ff", .email: "a@example.com"]

    // MARK: Tokens

    @Test("a token is the same whenever it is made, of plain characters, and opens the page it was made for")
    func made() throws {
        let text = token(.unsubscribe)
        #expect(text == token(.unsubscribe))
        #expect(text.hasPrefix("8a6d823488-42-") && text.wholeMatch(of: /[0-9a-f]{10}-[0-9]+-[a-z2-7]{26}/) != nil)
        let read = try #require(PageToken(text))
        #expect(read.audience == Self.audience && read.contact == 42)
        #expect(key.signs(read, for: .unsubscribe, uniqueID: "00ff00ff00ff00ff"))
        // It is fixed for good: links that were sent are to work after an update of the program.
        #expect(text == "8a6d823488-42-c4kjf7kefb62wycir5gts4m6kq")
    }

    @Test("it opens no other page, no other contact, nothing of another audience, and nothing under another key")
    func others() throws {
        let read = try #require(PageToken(token(.unsubscribe)))
        #expect(!key.signs(read, for: .preferences, uniqueID: "00ff00ff00ff00ff"))
        // A contact that has the number of one that a restoration has lost.
        #expect(!key.signs(read, for: .unsubscribe, uniqueID: "00ff00ff00ff00fe"))
        #expect(!key.signs(read, for: .unsubscribe, uniqueID: ""))
        let stranger = PageKey(sealingKey: [UInt8](repeating: 8, count: 32))
        #expect(!stranger.signs(read, for: .unsubscribe, uniqueID: "00ff00ff00ff00ff"))
        for forged in [
            token(.unsubscribe).replacing("-42-", with: "-43-"),
            token(.unsubscribe).replacing("8a6d823488", with: "8a6d823489"),
            token(.unsubscribe).replacing("-42-", with: "-4-"),
        ] {
            let read = try #require(PageToken(forged))
            #expect(!key.signs(read, for: .unsubscribe, uniqueID: "00ff00ff00ff00ff"), "\(forged)")
        }
        var changed = Array(token(.unsubscribe))
        changed[changed.count - 1] = changed[changed.count - 1] == "a" ? "b" : "a"
        let last = try #require(PageToken(String(changed)))
        #expect(!key.signs(last, for: .unsubscribe, uniqueID: "00ff00ff00ff00ff"))
    }

    @Test(
        "what is no token is told by its form",
        arguments: [
            "", "-", "--", "8a6d823488", "8a6d823488-42", "8a6d823488-42-abc",
            "8A6D823488-42-aaaaaaaaaaaaaaaaaaaaaaaaaa",
            "8a6d823488-042-aaaaaaaaaaaaaaaaaaaaaaaaaa", "8a6d823488-0-aaaaaaaaaaaaaaaaaaaaaaaaaa",
            "8a6d823488-+2-aaaaaaaaaaaaaaaaaaaaaaaaaa", "8a6d823488--2-aaaaaaaaaaaaaaaaaaaaaaaaaa",
            "8a6d823488-99999999999999999999-aaaaaaaaaaaaaaaaaaaaaaaaaa", "../8a6d823-4-aaaaaaaaaaaaaaaaaaaaaaaaaa",
            "8a6d823488-42-aaaaaaaaaaaaaaaaaaaaaaaaaa-x", String(repeating: "a", count: 100_000),
        ]
    )
    func malformed(text: String) { #expect(PageToken(text) == nil) }

    @Test("a key shows nothing of itself")
    func secret() {
        #expect("\(key)" == "[secret]" && String(reflecting: key) == "[secret]")
        #expect(Mirror(reflecting: key).children.isEmpty)
    }

    // MARK: URLs

    @Test(
        "a public URL is one of http or https with a host, and ends with its path",
        arguments: [
            ("https://news.example.com", "https://news.example.com"),
            ("http://127.0.0.1:8686/", "http://127.0.0.1:8686"),
            ("https://x.org/a/b//", "https://x.org/a/b"), ("HTTPS://X.org", "HTTPS://X.org"),
            ("http://[::1]:80/n", "http://[::1]:80/n"),
        ]
    )
    func accepted(text: String, expected: String) { #expect(PublicURL(text)?.text == expected) }

    @Test(
        "anything else is none",
        arguments: [
            "", "news.example.com", "ftp://x.org", "https://", "https:///x", "https://u:p@x.org", "https://x.org/?a=b",
            "https://x.org/#a", "https://x.org:0", "https://x.org:99999", "https://x.org:", "https://x.org/a//b",
            "https://x.org/../a", "https://x y.org", "https://x.org/\u{E9}", "https://[::1", "https://[]x/",
            "https://x.org/\"onload=", "https://x.org\\@y.org", "https://" + String(repeating: "x", count: 600),
        ]
    )
    func refused(text: String) { #expect(PublicURL(text) == nil) }

    // MARK: Templates

    @Test("each tag is a link of the contact's own, whole in every place a template has")
    func rendered() throws {
        let (leave, change) = (token(.unsubscribe), token(.preferences))
        let text = "*|UNSUB|* *|UPDATE_PROFILE|* *|LIST:SUBSCRIBE|*"
        let base = "https://news.example.com/x"
        let plain = "\(base)/unsubscribe/\(leave) \(base)/preferences/\(change) \(base)/subscribe/8a6d823488"
        let json = try compile(.json(.object([.init("text", .string(text))])), links: links())
        #expect(json.text(contact)?.bodyText == #"{"text":"\#(plain)"}"#)
        let raw = try compile(.raw("*|EMAIL|* " + text, contentType: nil), links: links())
        #expect(raw.text(contact)?.bodyText == "a@example.com " + plain)
        let header = WebhookDefinition.Header(name: "List-Unsubscribe", value: .text("<*|UNSUB|*>"))
        let headed = try compile(.none, headers: [header], links: links())
        #expect(headed.text(contact)?.header("List-Unsubscribe") == "<\(base)/unsubscribe/\(leave)>")
        let url = try compile(url: "https://s.example/?u=*|UNSUB|*", links: links())
        let encoded = "https%3A%2F%2Fnews.example.com%2Fx%2Funsubscribe%2F\(leave)"
        #expect(url.text(contact)?.url == "https://s.example/?u=\(encoded)")
        let form = try compile(.form(.object([.init("u", .string("*|UNSUB|*"))])), links: links())
        #expect(form.text(contact)?.bodyText == "u=\(encoded)")
    }

    @Test("a campaign stands behind the token of links for unsubscribing, in every place, and of no others")
    func campaign() throws {
        let publicURL = try #require(PublicURL("https://n.example"))
        let links = PageLinks(publicURL, audience: Self.audience, key: key, campaign: "5aa2102003")
        let leave = "https://n.example/unsubscribe/\(token(.unsubscribe))/5aa2102003"
        let change = "https://n.example/preferences/\(token(.preferences))"
        let json = try compile(json: "*|UNSUB|*?a=b *|UPDATE_PROFILE|* *|LIST:SUBSCRIBE|* *|UNSUB|*", links: links)
        let join = "https://n.example/subscribe/8a6d823488"
        #expect(json.text(contact)?.bodyText == "\"\(leave)?a=b \(change) \(join) \(leave)\"")
        let header = WebhookDefinition.Header(name: "List-Unsubscribe", value: .text("<*|UNSUB|*>"))
        let headed = try compile(.none, headers: [header], links: links)
        #expect(headed.text(contact)?.header("List-Unsubscribe") == "<\(leave)>")
        let form = try compile(.form(.object([.init("u", .string("*|UNSUB|*"))])), links: links)
        let encoded = "https%3A%2F%2Fn.example%2Funsubscribe%2F\(token(.unsubscribe))%2F5aa2102003"
        #expect(form.text(contact)?.bodyText == "u=\(encoded)")
    }

    @Test("a link tells of a campaign by ten hexadecimal digits in lower case alone")
    func campaigns() {
        #expect(PageLinks.campaign(in: "5aa2102003") == "5aa2102003")
        for other in [nil, "", "5aa210200", "5aa21020033", "5AA2102003", "5ga2102003", "5aa2102003 ", "../5aa2102"] {
            #expect(PageLinks.campaign(in: other) == nil, "\(other ?? "nil")")
        }
    }

    @Test("every contact has a token of its own, which is that of the page's server")
    func perContact() throws {
        let template = try compile(json: "*|UNSUB|*", links: links())
        var seen: Set<String> = []
        for number in [1, 9, 10, 99, 1_000_000, Int64.max] {
            let id = String(repeating: "a", count: 15) + String(number % 10)
            let body = try #require(template.text([.key: String(number), .uniqueID: id])?.bodyText)
            #expect(body.contains("/unsubscribe/\(token(.unsubscribe, contact: number, uniqueID: id))\""))
            seen.insert(body)
        }
        #expect(seen.count == 6)
    }

    @Test("within a condition, and twice in one text")
    func conditional() throws {
        let template = try compile(json: "*|IF:FNAME|**|UNSUB|**|ELSE:|*-*|UNSUB|**|END:IF|*", links: links())
        let link = "https://news.example.com/x/unsubscribe/\(token(.unsubscribe))"
        #expect(template.text(contact)?.bodyText == "\"-\(link)\"")
        #expect(template.text(contact.merging([.field("FNAME"): "A"]) { $1 })?.bodyText == "\"\(link)\"")
    }

    @Test("where no links can be had, each use is told with its place and the reason")
    func unavailable() throws {
        let body = WebhookDefinition.Body.json(.string("line\n a *|UNSUB|* *|LIST:SUBSCRIBE|*"))
        do throws(PayloadErrors) {
            _ = try RequestTemplate.compile(
                WebhookDefinition(url: "http://x.example", body: body),
                fields: [],
                links: .none("needs this and that")
            )
            Issue.record("it was taken")
        } catch {
            #expect(error.all.map(\.code) == [.unavailableTag, .unavailableTag])
            let first = try #require(error.all.first)
            #expect(first.message == "*|UNSUB|* needs this and that")
            #expect(first.position?.line == 2 && first.position?.column == 4)
        }
    }

    @Test("a field of that name goes before the link, and a slip of the pen is told")
    func names() throws {
        let fields = [MergeField(tag: "UNSUB")]
        let webhook = WebhookDefinition(url: "http://x.example", body: .json(.string("*|UNSUB|*")))
        let links = try links()
        let template = try RequestTemplate.compile(webhook, fields: fields, links: .links(links))
        #expect(template.text([.field("UNSUB"): "mine"])?.bodyText == #""mine""#)
        do throws(PayloadErrors) {
            let slip = WebhookDefinition(url: "http://x.example", body: .json(.string("*|UNSUBS|*")))
            _ = try RequestTemplate.compile(slip, fields: [], links: .links(links))
            Issue.record("it was taken")
        } catch {
            #expect(error.all.first?.message.contains("did you mean UNSUB?") == true)
        }
    }
}
