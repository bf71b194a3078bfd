import Testing

@testable import FanfareCampaigns

/// Which URLs are one receiver's.
@Suite struct WebhookURLTests {
    @Test(arguments: [
        ("https://a.example.com/hook", "https://a.example.com/hook?x=1"),
        ("https://a.example.com/hook", "HTTPS://A.Example.com/hook"),
        ("https://a.example.com/hook", "https://a.example.com:443/hook#part"),
        ("http://a.example.com", "http://a.example.com:80/"),
        ("http://User:Pass@a.example.com/", "http://User:Pass@A.example.com"),
    ])
    func `what is written otherwise is the same`(one: String, other: String) {
        #expect(AudienceWebhookCatalogue.key(of: one) == AudienceWebhookCatalogue.key(of: other))
    }

    @Test(arguments: [
        ("https://a.example.com/hook", "https://a.example.com/Hook"),
        ("https://a.example.com/hook", "http://a.example.com/hook"),
        ("https://a.example.com/hook", "https://a.example.com:80/hook"),
        ("https://a.example.com/", "https://b.example.com/"),
        ("http://User@a.example.com/", "http://user@a.example.com/"),
    ])
    func `others are others`(one: String, other: String) {
        #expect(AudienceWebhookCatalogue.key(of: one) != AudienceWebhookCatalogue.key(of: other))
    }
}
