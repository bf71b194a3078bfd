import FanfareAudience
import FanfareCampaigns
import FanfarePayload
import Testing

/// The bodies of audience webhooks, byte for byte as receivers were seen to get them.
struct WebhookBodyTests {
    private static let time: Int64 = 1_413_983_440  // 2014-10-22 13:10:40

    private func body(
        _ kind: ChangeKind,
        fields: [MergeField] = [],
        categories: [GroupCategory] = [],
        _ facts: (inout Change.Facts) -> Void
    ) -> String {
        var all = Change.Facts()
        all.id = "94826aa750"
        all.email = "josh@example.com"
        all.emailType = "html"
        all.optIP = "82.225.169.220"
        all.webID = 203_740_265
        facts(&all)
        let change = Change(number: 1, contact: 1, kind: kind, source: .api, time: Self.time, facts: all)
        let shape = AudienceShape(id: "f1243a3b12", fields: fields, categories: categories)
        return String(decoding: WebhookBody.bytes(of: change, in: shape), as: UTF8.self)
    }

    @Test func `an unsubscribe is written as Mailchimp's was captured`() {
        let fields = [MergeField(tag: "FNAME"), MergeField(tag: "LNAME")]
        let text = body(.unsubscribe, fields: fields) { facts in
            facts.action = "unsub"
            facts.reason = "manual"
            facts.merges = [["FNAME": "Joshua"], ["LNAME": "Beemster"]]
        }
        #expect(
            text == "type=unsubscribe&fired_at=2014-10-22+13%3A10%3A40&data%5Baction%5D=unsub&data%5Breason%5D=manual"
                + "&data%5Bid%5D=94826aa750&data%5Bemail%5D=josh%40example.com&data%5Bemail_type%5D=html"
                + "&data%5Bip_opt%5D=82.225.169.220&data%5Bweb_id%5D=203740265"
                + "&data%5Bmerges%5D%5BEMAIL%5D=josh%40example.com&data%5Bmerges%5D%5BFNAME%5D=Joshua"
                + "&data%5Bmerges%5D%5BLNAME%5D=Beemster&data%5Blist_id%5D=f1243a3b12"
        )
    }

    @Test func `a subscribe has every field, an address in parts, and the groups by category`() {
        let fields = [
            MergeField(tag: "FNAME"), MergeField(tag: "ADDRESS", kind: .address),
            MergeField(tag: "HOME", kind: .address),
        ]
        let categories = [
            GroupCategory(id: 6197, uniqueID: "458a556058", title: "Interested in updates?"),
            GroupCategory(id: 7, uniqueID: "0123456789", title: "Other"),
        ]
        let text = body(.subscribe, fields: fields, categories: categories) { facts in
            facts.signupIP = "192.0.2.1"
            facts.merges = [
                [
                    "ADDRESS": #"{"addr1":"1 R\u00fce \"A\"","city":"Paris","state":"","zip":"75001","country":"FR"}"#,
                    "HOME": "all in one line",
                ]
            ]
            facts.groups = [.init(category: 6197, name: "Yes"), .init(category: 6197, name: "a, b")]
        }
        let pairs = text.split(separator: "&").map { $0.split(separator: "=", omittingEmptySubsequences: false) }
        let decoded = pairs.map { "\($0[0].removingPercent)=\($0[1].removingPercent)" }
        #expect(
            decoded == [
                "type=subscribe", "fired_at=2014-10-22 13:10:40", "data[id]=94826aa750", "data[email]=josh@example.com",
                "data[email_type]=html", "data[ip_opt]=82.225.169.220", "data[ip_signup]=192.0.2.1",
                "data[web_id]=203740265", "data[merges][EMAIL]=josh@example.com", "data[merges][FNAME]=",
                "data[merges][ADDRESS][addr1]=1 Rüe \"A\"", "data[merges][ADDRESS][addr2]=",
                "data[merges][ADDRESS][city]=Paris", "data[merges][ADDRESS][state]=",
                "data[merges][ADDRESS][zip]=75001",
                "data[merges][ADDRESS][country]=FR", "data[merges][HOME]=all in one line",
                "data[merges][INTERESTS]=Yes, a\\, b", "data[merges][GROUPINGS][0][id]=6197",
                "data[merges][GROUPINGS][0][unique_id]=458a556058",
                "data[merges][GROUPINGS][0][name]=Interested in updates?",
                "data[merges][GROUPINGS][0][groups]=Yes, a\\, b", "data[merges][GROUPINGS][1][id]=7",
                "data[merges][GROUPINGS][1][unique_id]=0123456789", "data[merges][GROUPINGS][1][name]=Other",
                "data[list_id]=f1243a3b12",
            ]
        )
    }

    @Test func `an unsubscribe says nothing of the sign-up`() {
        let text = body(.unsubscribe) { $0.signupIP = "192.0.2.1" }
        #expect(!text.contains("ip_signup") && text.contains("data%5Bip_opt%5D=82.225.169.220"))
    }

    @Test func `an unsubscribe names the campaign that led to it, where one did`() {
        let text = body(.unsubscribe) { facts in
            facts.action = "unsub"
            facts.reason = "manual"
            facts.campaign = "5aa2102003"
        }
        let place = "data[web_id]=203740265&data[campaign_id]=5aa2102003&data[merges][EMAIL]=josh@example.com"
        #expect(text.removingPercent.contains(place))
        let bare = body(.unsubscribe) { $0.action = "unsub" }
        #expect(!bare.contains("campaign_id"))
    }

    @Test func `the other events have their own keys`() {
        let rows: [(ChangeKind, String)] = [
            (
                .upemail,
                "data[list_id]=f1243a3b12&data[new_id]=94826aa750&data[new_email]=josh@example.com&data[old_email]=old@example.com"
            ),
            (
                .cleaned,
                "data[list_id]=f1243a3b12&data[campaign_id]=4fjk2ma9xd&data[reason]=abuse&data[email]=josh@example.com"
            ),
            (
                .campaign,
                "data[id]=4fjk2ma9xd&data[subject]=Sale&data[status]=sent&data[reason]=abuse&data[list_id]=f1243a3b12"
            ),
        ]
        for (kind, expected) in rows {
            let text = body(kind) { facts in
                facts.oldEmail = "old@example.com"
                facts.campaign = "4fjk2ma9xd"
                facts.reason = "abuse"
                facts.subject = "Sale"
                facts.status = "sent"
            }
            let decoded = text.removingPercent
            #expect(decoded == "type=\(kind.name)&fired_at=2014-10-22 13:10:40&\(expected)")
        }
        // A profile is a subscribe by another name.
        let profile = body(.profile) { _ in }
        #expect(profile.hasPrefix("type=profile&") && profile.hasSuffix("&data%5Blist_id%5D=f1243a3b12"))
    }

    @Test func `nothing that a contact is called breaks out of its value`() {
        let text = body(.subscribe, fields: [MergeField(tag: "FNAME")]) { facts in
            facts.merges = [["FNAME": "a&data[list_id]=x~é+%\n\u{0}"]]
        }
        #expect(text.contains("FNAME%5D=a%26data%5Blist_id%5D%3Dx%7E%C3%A9%2B%25%0A%00&"))
        #expect(text.split(separator: "&").count { $0.hasPrefix("data%5Blist_id%5D=") } == 1)
    }
}

extension StringProtocol {
    /// What a form's text stands for.
    var removingPercent: String {
        var bytes: [UInt8] = []
        var rest = utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
                rest = rest.dropFirst(2)
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
