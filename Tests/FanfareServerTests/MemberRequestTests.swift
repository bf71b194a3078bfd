import Fanfare
import FanfareDelivery
import HTTPTypes
import Testing

/// What `/3.0` answers to those who read and write members.
@Suite struct MemberRequestTests {
    private func add(_ members: [String], to fixture: MarketingFixture) async throws {
        for member in members { try await fixture.ask(.post, "/lists/\(fixture.list)/members", member) }
    }

    @Test func `members are picked by whether they came since the last campaign`() async throws {
        try await MarketingFixture.with { fixture in
            let path = "/lists/\(fixture.list)/members"
            let members = [
                #"{"email_address": "old@x.org", "status": "subscribed", "timestamp_opt": "2020-01-01 00:00:00"}"#,
                #"{"email_address": "new@example.com", "status": "subscribed"}"#,
                #"{"email_address": "gone@example.com", "status": "unsubscribed"}"#,
            ]
            try await add(members, to: fixture)
            func addresses(_ query: String) async throws -> [String] {
                try await fixture.ask(.get, path + query).each("email_address", of: "members")
            }
            // Nothing was sent yet.
            #expect(try await addresses("?status=subscribed&since_last_campaign=true").count == 2)
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
            record.startedAt = 1_700_000_000
            record.counts = StateCounts()
            try fixture.daemon.installation.fanOuts().save(record)
            #expect(try await addresses("?status=subscribed&since_last_campaign=true") == ["new@example.com"])
            #expect(try await addresses("?status=unsubscribed&since_last_campaign=true") == ["gone@example.com"])
            #expect(try await addresses("?status=subscribed&since_last_campaign=false").count == 2)
            try await fixture.ask(.get, "\(path)?since_last_campaign=true", status: 400)
            try await fixture.ask(.get, "\(path)?status=subscribed&since_last_campaign=perhaps", status: 400)
            let since = "unsubscribed_since=2020-01-01T00:00:00Z"
            #expect(try await addresses("?status=unsubscribed&\(since)") == ["gone@example.com"])
            try await fixture.ask(.get, "\(path)?\(since)", status: 400)
            try await fixture.ask(.get, "\(path)?status=subscribed&\(since)", status: 400)
        }
    }

    @Test func `an address that a batch repeats is an error, or passed over where that is asked for`() async throws {
        try await MarketingFixture.with { fixture in
            let list = "/lists/\(fixture.list)"
            func batch(_ address: String) -> String {
                """
                {"members": [
                    {"email_address": "\(address)", "status": "pending", "language": "fr"},
                    {"email_address": "\(address.uppercased())", "status": "subscribed", "language": "de"}
                ]}
                """
            }
            let strict = try await fixture.ask(.post, list, batch("a@example.com"))
            #expect(strict["total_created"] as? Int == 1 && strict["error_count"] as? Int == 1)
            let lenient = try await fixture.ask(.post, "\(list)?skip_duplicate_check=true", batch("b@example.com"))
            #expect(lenient["total_created"] as? Int == 1 && lenient["error_count"] as? Int == 0)
            #expect(lenient["total_updated"] as? Int == 0)
            let kept = try await fixture.ask(.get, "\(list)/members/b@example.com")
            #expect(kept["status"] as? String == "pending" && kept["language"] as? String == "fr")
            try await fixture.ask(.post, "\(list)?skip_duplicate_check=perhaps", batch("c@example.com"), status: 400)
        }
    }

    @Test func `all merge fields that are invalid are told, and only what is required is skipped`() async throws {
        try await MarketingFixture.with { fixture in
            let list = "/lists/\(fixture.list)"
            for field in [
                #"{"tag": "MUST", "name": "M", "type": "text", "required": true}"#,
                #"{"tag": "SITE", "name": "S", "type": "url"}"#, #"{"tag": "ZIP", "name": "Z", "type": "zip"}"#,
            ] {
                try await fixture.ask(.post, "\(list)/merge-fields", field)
            }
            let odd = #"{"email_address": "a@x.org", "status": "subscribed", "merge_fields": {"SITE": 1, "ZIP": 2}}"#
            for (query, expected) in [
                ("", ["SITE", "ZIP", "MUST"]), ("?skip_merge_validation=true", ["SITE", "ZIP"]),
            ] {
                let problem = try await fixture.ask(.post, "\(list)/members\(query)", odd, status: 400)
                #expect(problem["detail"] as? String == "Your merge fields were invalid.")
                let fields: [String] = problem.each("field", of: "errors")
                #expect(fields == expected, "\(query)")
            }
            let plain = #"{"email_address": "a@x.org", "status": "subscribed"}"#
            try await fixture.ask(.post, "\(list)/members?skip_merge_validation=true", plain)
        }
    }

    @Test func `what a change of a member refuses is named as it was written`() async throws {
        try await MarketingFixture.with { fixture in
            let member = "/lists/\(fixture.list)/members/a@example.com"
            try await add([#"{"email_address": "a@example.com", "status": "subscribed"}"#], to: fixture)
            for (body, expected) in [
                (#"{"status": "transactional"}"#, "status"), (#"{"timestamp_opt": "soon"}"#, "timestamp_opt"),
                (#"{"timestamp_signup": "soon"}"#, "timestamp_signup"), (#"{"ip_opt": "x"}"#, "ip_opt"),
                (#"{"language": "english"}"#, "language"), (#"{"location": {"latitude": 91}}"#, "location.latitude"),
            ] {
                let problem = try await fixture.ask(.patch, member, body, status: 400)
                let fields: [String] = problem.each("field", of: "errors")
                #expect(fields == [expected], "\(body)")
            }
            try await fixture.ask(.put, member, #"{"status": "transactional"}"#)
        }
    }
}
