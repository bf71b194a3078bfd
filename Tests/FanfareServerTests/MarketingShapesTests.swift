import Fanfare
import FanfareAudience
import FanfareJob
import FanfarePayload
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

    @Test func `lists that were made within one second have web ids of their own`() async throws {
        try await MarketingFixture.with { fixture in
            _ = try fixture.daemon.installation.makeAudience(named: "others", details: .init(), fields: [])
            let lists = try await fixture.ask(.get, "/lists")
            let (ids, webIDs): ([String], [Int]) = (lists.each("id", of: "lists"), lists.each("web_id", of: "lists"))
            #expect(Set(webIDs).count == 2 && webIDs == ids.compactMap { Int($0, radix: 16) })
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

            try send(to: "customers", fixture)
            let after = try await fixture.ask(.get, list).object("stats")
            #expect(after["member_count_since_send"] as? Int == 0 && after["member_count"] as? Int == 2)
            #expect(after["unsubscribe_count_since_send"] as? Int == 0)
        }
    }

    @Test func `who came and went since a list was sent to is counted, with the time of the last`() async throws {
        try await MarketingFixture.with { fixture in
            let list = "/lists/\(fixture.list)"
            let empty = try await fixture.ask(.get, list).object("stats")
            #expect(empty["last_sub_date"] as? String == "" && empty["last_unsub_date"] as? String == "")
            for address in ["a", "b", "c"] {
                let body = #"{"email_address": "\#(address)@example.com", "status": "subscribed"}"#
                try await fixture.ask(.post, "\(list)/members", body)
            }
            try send(to: "customers", fixture)
            let body = #"{"email_address": "d@example.com", "status": "subscribed"}"#
            try await fixture.ask(.post, "\(list)/members", body)
            let joined = try await fixture.ask(.get, list).object("stats")
            #expect(joined["member_count_since_send"] as? Int == 1 && joined["member_count"] as? Int == 4)
            #expect((joined["last_sub_date"] as? String)?.hasPrefix("20") == true)
            #expect(joined["last_unsub_date"] as? String == "")

            try await fixture.ask(.patch, "\(list)/members/a@example.com", #"{"status": "unsubscribed"}"#)
            try await fixture.ask(.patch, "\(list)/members/b@example.com", #"{"status": "cleaned"}"#)
            let left = try await fixture.ask(.get, list).object("stats")
            #expect(left["member_count_since_send"] as? Int == 1 && left["member_count"] as? Int == 2)
            #expect(left["unsubscribe_count_since_send"] as? Int == 1)
            #expect(left["cleaned_count_since_send"] as? Int == 1)
            #expect((left["last_unsub_date"] as? String)?.hasPrefix("20") == true)
        }
    }

    /// Begins a fan-out up to where it is fixed who receives.
    private func send(to audience: String, _ fixture: MarketingFixture) throws {
        let webhook = WebhookDefinition(url: "http://127.0.0.1:9/", body: .json(["to": "*|EMAIL|*"]))
        let job = JobFile(name: "news", toAudience: audience, webhook: webhook)
        var run = try JobRun(LoadedJob(job, environment: [:]), in: fixture.daemon.installation)
        _ = try run.freeze()
    }
}
