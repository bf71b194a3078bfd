import Fanfare
import FanfareAudience
import FanfareDelivery
import HTTPTypes
import Testing

@testable import FanfareServer

/// What `/3.0` tells of merge fields, lists and the account.
@Suite struct MarketingShapesTests {
    @Test func `what a merge field's input looks like is kept`() async throws {
        try await MarketingFixture.with { fixture in
            let path = "/lists/\(fixture.list)/merge-fields"
            let phone = try await fixture.ask(
                .post,
                path,
                #"{"name": "Phone", "type": "phone", "options": {"phone_format": "US", "size": 25}}"#
            )
            let id = try #require(phone["merge_id"] as? Int)
            #expect(phone.object("options")["phone_format"] as? String == "US")
            #expect(phone.object("options")["size"] as? Int == 25)
            #expect(phone.object("options")["default_country"] == nil)

            let changed = try await fixture.ask(.patch, "\(path)/\(id)", #"{"options": {"default_country": 164}}"#)
            #expect(changed.object("options")["default_country"] as? Int == 164)
            #expect(changed.object("options")["phone_format"] as? String == "US")
            let read = try await fixture.ask(.get, "\(path)/\(id)")
            #expect(read.object("options")["size"] as? Int == 25)

            let plain = try await fixture.ask(.post, path, #"{"name": "Plain", "type": "text"}"#)
            #expect(plain.object("options").keys.sorted() == ["choices", "date_format"])
        }
    }

    @Test func `a number that none can hold is refused`() async throws {
        try await MarketingFixture.with { fixture in
            let fields = "/lists/\(fixture.list)/merge-fields"
            let categories = "/lists/\(fixture.list)/interest-categories"
            for (path, body) in [
                (fields, #"{"name": "A", "type": "text", "display_order": 1e400}"#),
                (fields, #"{"name": "A", "type": "text", "options": {"size": 1e400}}"#),
                (fields, #"{"name": "A", "type": "address", "options": {"default_country": 1e400}}"#),
                (categories, #"{"title": "A", "type": "radio", "display_order": 1e400}"#),
            ] {
                try await fixture.ask(.post, path, body, status: 400)
            }
            let all = try await fixture.ask(.get, fields)
            #expect(all["total_items"] as? Int == 0)
        }
    }

    @Test func `the account has every member that Mailchimp's has`() async throws {
        try await MarketingFixture.with { fixture in
            let root = try await fixture.ask(.get, "")
            for name in ["avatar_url", "member_since", "account_industry", "last_login"] {
                #expect(root[name] as? String == "", "\(name)")
            }
            let contact = try #require(root["contact"] as? [String: String])
            #expect(contact["company"] == "" && contact["country"] == "")
            #expect((root["industry_stats"] as? MarketingFixture.Object)?.isEmpty == true)
        }
    }

    @Test func `until something is sent to a list, all of its members came since`() async throws {
        try await MarketingFixture.with { fixture in
            let list = "/lists/\(fixture.list)"
            for (address, status) in [("a", "subscribed"), ("b", "subscribed"), ("c", "unsubscribed")] {
                let body = #"{"email_address": "\#(address)@example.com", "status": "\#(status)"}"#
                try await fixture.ask(.post, "\(list)/members", body)
            }
            let before = try await fixture.ask(.get, list).object("stats")
            #expect(before["member_count_since_send"] as? Int == 2)
            #expect(before["unsubscribe_count_since_send"] as? Int == 1)
            #expect(before["cleaned_count_since_send"] as? Int == 0)

            var record = FanOutRecord(
                id: "0123456789",
                name: "news",
                run: 1,
                identity: "",
                state: .ended,
                audience: fixture.list,
                jobFingerprint: "",
                contactsFingerprint: "",
                createdAt: 1
            )
            record.startedAt = 2
            record.counts = StateCounts()
            try fixture.daemon.installation.fanOuts().save(record)
            let after = try await fixture.ask(.get, list).object("stats")
            #expect(after["member_count_since_send"] as? Int == 0 && after["member_count"] as? Int == 2)
        }
    }
}
