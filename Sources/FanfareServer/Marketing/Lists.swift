import Fanfare
import FanfareAudience
import FanfareCampaigns
import FanfareJob
import Hummingbird

/// Lists, which are audiences: what Fanfare does not know of them is empty.
extension MarketingAPI {
    func addLists(to root: RouterGroup<APIContext>) {
        root.get("/lists") { request, _ in
            let count = try request.number("count", default: 10, in: 0...1000)
            let offset = try request.number("offset", default: 0, in: 0...Int(Int32.max))
            let all = try daemon.installation.audiences.all().filter { $0.name != nil }
            var lists: [JSONValue] = []
            for entry in all.dropFirst(offset).prefix(count) { lists.append(try await json(entry)) }
            return try JSONAnswer.make(
                .object([
                    "lists": .array(lists), "total_items": .whole(all.count),
                    "constraints": .object([
                        "may_create": false, "max_instances": .whole(all.count),
                        "current_total_instances": .whole(all.count),
                    ]),
                    "_links": [],
                ]),
                for: request
            )
        }
        root.get("/lists/{list_id}") { request, context in
            try JSONAnswer.make(try await json(try list(context)), for: request)
        }
        root.post("/lists/{list_id}") { request, context in
            try await batchSubscribe(request, context)
        }
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
                "merge_field_count": .whole(fields),
            ]),
            "_links": [],
        ])
    }
}
