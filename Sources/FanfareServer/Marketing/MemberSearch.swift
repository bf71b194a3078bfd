import Fanfare
import FanfareAudience
import FanfareCampaigns
import FanfareJob
import Hummingbird

extension MarketingAPI {
    /// Members that are shown of those that are found.
    private static let mostFound = 30

    func addMemberSearch(to root: RouterGroup<APIContext>) {
        root.get("/search-members") { request, _ in
            guard let query = request.value("query") else { throw Problem.missing(["query"]) }
            var lists = try await lists()
            if let id = request.value("list_id") {
                lists = lists.filter { $0.id == id }
                if lists.isEmpty { throw Problem.notFound }
            }
            var exact: [JSONValue] = []
            var others: [JSONValue] = []
            var total: Int64 = 0
            for list in lists {
                let found = try await reading(list) { audience in
                    let json = try MemberJSON(audience)
                    let found = try audience.search(query, limit: Self.mostFound)
                    return (
                        try found.exact.map(json.value), try found.others.members.map(json.value), found.others.total
                    )
                }
                exact += found.0
                others += found.1.prefix(Self.mostFound - others.count)
                total += found.2
            }
            return try JSONAnswer.make(
                .object([
                    "exact_matches": .object(["members": .array(exact), "total_items": .whole(exact.count)]),
                    "full_search": .object(["members": .array(others), "total_items": .whole(total)]), "_links": [],
                ]),
                for: request
            )
        }
    }
}
