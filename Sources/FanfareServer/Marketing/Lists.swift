import Fanfare
import FanfareAudience
import FanfareCampaigns
import FanfareJob
import Hummingbird

/// Lists, which are audiences: what Fanfare does not know of them is empty.
extension MarketingAPI {
    func addLists(to root: RouterGroup<APIContext>) {
        root.get("/lists") { request, _ in try await lists(request) }
        root.get("/lists/{list_id}") { request, context in
            try JSONAnswer.make(try await json(try await list(context)), for: request)
        }
        root.post("/lists/{list_id}") { request, context in
            try await batchSubscribe(request, context)
        }
    }

    private func lists(_ request: Request) async throws -> Response {
        let count = try request.number("count", default: 10, in: 0...1000)
        let offset = try request.number("offset", default: 0, in: 0...Int(Int32.max))
        let all = try await self.lists()
        let made = try request.period("date_created")
        var wanted = try Self.sorted(all.filter { made.contains($0.created) }, request)
        if let address = request.value("email") { wanted = try await withMember(address, of: wanted) }
        var lists: [JSONValue] = []
        for entry in wanted.dropFirst(offset).prefix(count) { lists.append(try await json(entry)) }
        return try JSONAnswer.make(
            .object([
                "lists": .array(lists), "total_items": .whole(wanted.count),
                "constraints": .object([
                    "may_create": false, "max_instances": .whole(all.count),
                    "current_total_instances": .whole(all.count),
                ]),
                "_links": [],
            ]),
            for: request
        )
    }

    /// The lists of which an address is a member, archived or not.
    private func withMember(
        _ address: String,
        of lists: [AudienceCatalogue.Entry]
    ) async throws -> [AudienceCatalogue.Entry] {
        var found: [AudienceCatalogue.Entry] = []
        for list in lists where try await reading(list, { try $0.member(.address(address)) != nil }) {
            found.append(list)
        }
        return found
    }

    private static func sorted(
        _ lists: [AudienceCatalogue.Entry],
        _ request: Request
    ) throws -> [AudienceCatalogue.Entry] {
        guard try request.word("sort_field", of: ListOrder.self) != nil else { return lists }
        let isDescending = request.value("sort_dir")?.uppercased() == "DESC"
        return lists.sorted { isDescending ? $0.created > $1.created : $0.created < $1.created }
    }

    private func json(_ entry: AudienceCatalogue.Entry) async throws -> JSONValue {
        let (counts, fields) = try await reading(entry) { audience in
            (try ContactStatus.allCases.map { ($0, try audience.count(of: $0)) }, try audience.fields().count)
        }
        let count = Dictionary(uniqueKeysWithValues: counts)
        let total = counts.reduce(0) { $0 + $1.1 } - (count[.archived] ?? 0)
        return .object([
            "id": .string(entry.id), "web_id": .whole(entry.created), "name": .text(entry.name),
            "contact": .object([
                "company": "", "address1": "", "address2": "", "city": "", "state": "", "zip": "", "country": "",
                "phone": "",
            ]),
            "permission_reminder": "", "use_archive_bar": false,
            "campaign_defaults": .object(["from_name": "", "from_email": "", "subject": "", "language": ""]),
            "notify_on_subscribe": "", "notify_on_unsubscribe": "", "date_created": .time(entry.created),
            "list_rating": 0, "email_type_option": false, "subscribe_url_short": "", "subscribe_url_long": "",
            "beamer_address": "", "visibility": "prv", "double_optin": false, "has_welcome": false,
            "marketing_permissions": false, "modules": [],
            "stats": .object([
                "member_count": .whole(count[.subscribed] ?? 0), "total_contacts": .whole(total),
                "unsubscribe_count": .whole(count[.unsubscribed] ?? 0), "cleaned_count": .whole(count[.cleaned] ?? 0),
                "member_count_since_send": 0, "unsubscribe_count_since_send": 0, "cleaned_count_since_send": 0,
                "campaign_count": 0, "campaign_last_sent": "", "merge_field_count": .whole(fields),
                "avg_sub_rate": 0, "avg_unsub_rate": 0, "target_sub_rate": 0, "open_rate": 0, "click_rate": 0,
                "last_sub_date": "", "last_unsub_date": "",
            ]),
            "_links": [],
        ])
    }
}

private enum ListOrder: String, CaseIterable {
    case created = "date_created"
}
