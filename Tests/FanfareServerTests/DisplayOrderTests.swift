import HTTPTypes
import Testing

/// `/3.0` lists what people see in the order that the team gives it.
@Suite struct DisplayOrderTests {
    @Test func `merge fields stand where they were put, the others at their number`() async throws {
        try await MarketingFixture.with { fixture in
            let path = "/lists/\(fixture.list)/merge-fields"
            func tags(_ query: String = "") async throws -> [String] {
                try await fixture.ask(.get, path + query).each("tag", of: "merge_fields")
            }
            let first = try await fixture.ask(.post, path, field("A", displayOrder: 3))
            #expect(first["merge_id"] as? Int == 1 && first["display_order"] as? Int == 3)
            try await fixture.ask(.post, path, field("B", displayOrder: 1))
            let third = try await fixture.ask(.post, path, #"{"tag": "C", "name": "C", "type": "text"}"#)
            #expect(third["merge_id"] as? Int == 3 && third["display_order"] as? Int == 3)
            #expect(try await tags() == ["B", "A", "C"])

            let moved = try await fixture.ask(.patch, "\(path)/3", #"{"display_order": 2}"#)
            #expect(moved["display_order"] as? Int == 2 && moved["merge_id"] as? Int == 3)
            try await fixture.ask(.patch, "\(path)/3", #"{"name": "Sea"}"#)
            let read = try await fixture.ask(.get, "\(path)/3")
            #expect(read["display_order"] as? Int == 2 && read["name"] as? String == "Sea")
            #expect(try await tags() == ["B", "C", "A"])
            #expect(try await tags("?count=1&offset=1") == ["C"])
            try await fixture.ask(.patch, "\(path)/3", #"{"display_order": "first"}"#, status: 400)
        }
    }

    private func field(_ tag: String, displayOrder: Int) -> String {
        #"{"tag": "\#(tag)", "name": "\#(tag)", "type": "text", "display_order": \#(displayOrder)}"#
    }

    @Test func `categories and groups stand where they were put, the others at their number`() async throws {
        try await MarketingFixture.with { fixture in
            let path = "/lists/\(fixture.list)/interest-categories"
            let category = try await check(path, "categories", "title", fixture)
            _ = try await check("\(path)/\(category)/interests", "interests", "name", fixture)
        }
    }

    /// - Returns: The id of the one that was made first.
    private func check(
        _ path: String,
        _ list: String,
        _ name: String,
        _ fixture: MarketingFixture
    ) async throws -> String {
        func names() async throws -> [String] { try await fixture.ask(.get, path).each(name, of: list) }
        let first = try await fixture.ask(.post, path, #"{"\#(name)": "a", "display_order": 3}"#)
        let second = try await fixture.ask(.post, path, #"{"\#(name)": "b"}"#)
        #expect(first["display_order"] as? Int == 3 && second["display_order"] as? Int == 2)
        try await fixture.ask(.post, path, #"{"\#(name)": "c", "display_order": 1}"#)
        #expect(try await names() == ["c", "b", "a"])

        let (a, b) = (try #require(first["id"] as? String), try #require(second["id"] as? String))
        let moved = try await fixture.ask(.patch, "\(path)/\(b)", #"{"display_order": 0}"#)
        #expect(moved[name] as? String == "b" && moved["display_order"] as? Int == 0)
        let read = try await fixture.ask(.get, "\(path)/\(b)")
        #expect(read["display_order"] as? Int == 0)
        #expect(try await names() == ["b", "c", "a"])
        try await fixture.ask(.patch, "\(path)/\(b)", #"{"\#(name)": "B"}"#)
        #expect(try await names() == ["B", "c", "a"])
        try await fixture.ask(.post, path, #"{"display_order": 1}"#, status: 400)
        return a
    }
}
