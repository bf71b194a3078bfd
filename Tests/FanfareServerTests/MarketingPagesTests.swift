import HTTPTypes
import Testing

/// What `/3.0` lists comes in pages, of which the caller says what it wants.
@Suite struct MarketingPagesTests {
    @Test func `merge fields are picked by whether they must be filled in`() async throws {
        try await MarketingFixture.with { fixture in
            let path = "/lists/\(fixture.list)/merge-fields"
            try await fixture.ask(.post, path, #"{"tag": "MUST", "name": "M", "type": "text", "required": true}"#)
            try await fixture.ask(.post, path, #"{"tag": "MAY", "name": "O", "type": "text"}"#)
            for (query, expected) in [
                ("", ["MUST", "MAY"]), ("?required=true", ["MUST"]), ("?required=false", ["MAY"]),
                ("?required=true&type=date", []), ("?type=text&count=1", ["MUST"]),
            ] as [(String, [String])] {
                let tags: [String] = try await fixture.ask(.get, path + query).each("tag", of: "merge_fields")
                #expect(tags == expected, "\(query)")
            }
            try await fixture.ask(.get, path + "?required=maybe", status: 400)
        }
    }

    @Test func `categories and groups come in pages, and categories by their type`() async throws {
        try await MarketingFixture.with { fixture in
            let path = "/lists/\(fixture.list)/interest-categories"
            var category = ""
            for number in 1...12 {
                let type = number == 12 ? "radio" : "checkboxes"
                let made = try await fixture.ask(.post, path, #"{"title": "c\#(number)", "type": "\#(type)"}"#)
                category = try #require(made["id"] as? String)
            }
            try await checkPages(of: path, "categories", "title", "c", fixture)
            let radio = try await fixture.ask(.get, path + "?type=radio")
            let titles: [String] = radio.each("title", of: "categories")
            #expect(titles == ["c12"] && radio["total_items"] as? Int == 1)
            try await fixture.ask(.get, path + "?type=odd", status: 400)

            let groups = "\(path)/\(category)/interests"
            for number in 1...12 { try await fixture.ask(.post, groups, #"{"name": "g\#(number)"}"#) }
            try await checkPages(of: groups, "interests", "name", "g", fixture)
        }
    }

    @Test func `a member's tags come in pages`() async throws {
        try await MarketingFixture.with { fixture in
            let members = "/lists/\(fixture.list)/members"
            try await fixture.ask(.post, members, #"{"email_address": "ada@example.com", "status": "subscribed"}"#)
            let tags = "\(members)/ada@example.com/tags"
            // By name, which is the order in which they are listed.
            let names = (1...12).map { $0 < 10 ? "t0\($0)" : "t\($0)" }
            let changes = names.map { #"{"name": "\#($0)", "status": "active"}"# }.joined(separator: ", ")
            try await fixture.ask(.post, tags, #"{"tags": [\#(changes)]}"#, status: 204)
            let first = try await fixture.ask(.get, tags)
            let last = try await fixture.ask(.get, tags + "?count=1000&offset=10")
            let (firstNames, lastNames): ([String], [String]) = (
                first.each("name", of: "tags"), last.each("name", of: "tags")
            )
            #expect(firstNames == Array(names.prefix(10)) && lastNames == Array(names.suffix(2)))
            #expect(first["total_items"] as? Int == 12 && last["total_items"] as? Int == 12)
            try await fixture.ask(.get, tags + "?count=1001", status: 400)
        }
    }

    /// Of twelve items, in the order of their numbers.
    private func checkPages(
        of path: String,
        _ list: String,
        _ name: String,
        _ prefix: String,
        _ fixture: MarketingFixture
    ) async throws {
        let all = (1...12).map { "\(prefix)\($0)" }
        for (query, expected) in [
            ("", Array(all.prefix(10))), ("?count=1000", all), ("?count=3&offset=10", Array(all.suffix(2))),
            ("?count=0", []),
        ] as [(String, [String])] {
            let answer = try await fixture.ask(.get, path + query)
            let names: [String] = answer.each(name, of: list)
            #expect(names == expected && answer["total_items"] as? Int == 12, "\(path)\(query)")
        }
        for query in ["?count=1001", "?count=-1", "?offset=-1", "?count=x"] {
            try await fixture.ask(.get, path + query, status: 400)
        }
    }
}
