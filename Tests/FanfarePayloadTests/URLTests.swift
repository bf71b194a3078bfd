import FanfarePayload
import Testing

@Suite struct `URLs` {
    @Test(arguments: [
        ("http://x.example", "http://x.example/", "http x.example 80"),
        ("HTTPS://API.Example.COM?a=b", "HTTPS://API.Example.COM/?a=b", "https api.example.com 443"),
        ("https://x.example:8443/a/b?c=d&e=%20", "https://x.example:8443/a/b?c=d&e=%20", "https x.example 8443"),
        ("http://127.0.0.1:9/", "http://127.0.0.1:9/", "http 127.0.0.1 9"),
        ("http://[2001:DB8::1]:80/é x|y", "http://[2001:DB8::1]:80/%C3%A9%20x%7Cy", "http [2001:db8::1] 80"),
        ("https://x.example/a/../b", "https://x.example/a/../b", "https x.example 443"),
    ])
    func `without tags are constant`(url: String, sent: String, origin: String) throws {
        let template = try compile(url: url)
        #expect(template.constantURL.map { String(decoding: $0, as: UTF8.self) } == sent)
        #expect("\(template.origin.scheme) \(template.origin.host) \(template.origin.port)" == origin)
        #expect(template.text()?.url == nil)
    }

    @Test(arguments: [
        ("https://x.example/*|FNAME|*/v?r=*|PHONE|*", "a b/c", "?&#", "https://x.example/a%20b%2Fc/v?r=%3F%26%23"),
        ("https://x.example?r=*|FNAME|*", "é", "", "https://x.example/?r=%C3%A9"),
        ("https://x.example/*|FNAME|*", "", "", "https://x.example/"),
        ("https://x.example/*|IF:PHONE|*p?x=*|PHONE|**|ELSE:|*none*|END:IF|*", "", "1", "https://x.example/p?x=1"),
        ("https://x.example/*|DATE:Y/m|*", "", "", "https://x.example/2024%2F06"),
        ("https://x.example/*|LNAME|*", "", "", "https://x.example/friend"),
        ("HTTPS://API.Example.COM?r=*|FNAME|*", "1", "", "HTTPS://API.Example.COM/?r=1"),
        ("http://[2001:DB8::1]:080/*|FNAME|*", "1", "", "http://[2001:DB8::1]:080/1"),
    ])
    func `with tags hold each value as one part`(url: String, first: String, phone: String, sent: String) throws {
        let template = try compile(url: url)
        #expect(template.constantURL == nil)
        #expect(template.text([.field("FNAME"): first, .field("PHONE"): phone])?.url == sent)
        #expect(sent.hasPrefix(String(decoding: template.urlBase, as: UTF8.self) + "/"))
    }

    @Test(arguments: ["/*|FNAME|*/b", "/a/*|FNAME|*", "/a/.*|FNAME|*?b", "/*|FNAME|**|LNAME|*"])
    func `never take a value for a step up the path`(path: String) throws {
        let template = try compile(url: "https://x.example\(path)")
        for (value, isDots) in [(".", true), ("..", true), ("...", false), ("a", false), ("", false)] {
            var buffer = RequestBuffer()
            let last = path.contains("LNAME") ? "." : "x"
            let contact = [ContactColumn.field("FNAME"): Array(value.utf8), .field("LNAME"): Array(last.utf8)]
            let outcome = template.render(contact, into: &buffer)
            let text = (path.contains("/.*") ? "." : "") + value + (path.contains("LNAME") ? last : "")
            let expected = text == "." || text == ".."
            #expect((outcome == .skipped(.dotSegmentInURL)) == expected, "\(path) with \(value), \(isDots)")
        }
    }
}
