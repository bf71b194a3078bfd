import Fanfare
import FanfareAudience
import FanfareCampaigns
import FanfareDelivery
import FanfareJob
import FanfarePayload
import Hummingbird

/// Lists, which are audiences.
extension MarketingAPI {
    func addLists(to root: RouterGroup<APIContext>) {
        root.get("/lists") { request, _ in try await lists(request) }
        root.post("/lists") { request, context in try await makeList(request, context) }
        root.get("/lists/{list_id}") { request, context in try await answer(try await list(context), request) }
        root.patch("/lists/{list_id}") { request, context in try await changeList(request, context) }
        root.delete("/lists/{list_id}") { _, context in
            try context.requireAdmin()
            try await webhooks.deleteAudience(try await list(context).id)
            return JSONAnswer.none
        }
        root.post("/lists/{list_id}") { request, context in
            try await batchSubscribe(request, context)
        }
    }

    // MARK: Reading

    private func lists(_ request: Request) async throws -> Response {
        let page = try request.page()
        let all = try await self.lists()
        let json = try await listJSON()
        var wanted = try Self.sorted(all, request)
        let (made, sent) = (try request.period("date_created"), try request.period("campaign_last_sent"))
        wanted = wanted.filter { made.contains($0.created) }
        // One to which nothing was sent was not sent to in any period.
        if request.asksForPeriod("campaign_last_sent") {
            wanted = wanted.filter { json.sent(to: $0.id).last.map { sent.contains($0) } ?? false }
        }
        if try request.flag("has_ecommerce_store") { wanted = [] }
        if let address = request.value("email") { wanted = try await withMember(address, of: wanted) }
        var lists: [JSONValue] = []
        for entry in page.of(wanted) {
            guard let value = try await webhooks.readUnlessGone(entry.id, { try json.value(entry, $0) }) else {
                continue
            }
            lists.append(value)
        }
        return try JSONAnswer.make(
            .object([
                "lists": .array(lists), "total_items": .whole(wanted.count),
                "constraints": .object([
                    "may_create": true, "max_instances": .whole(Self.mostLists),
                    "current_total_instances": .whole(all.count),
                ]),
                "_links": [],
            ]),
            for: request
        )
    }

    /// Audiences may be as many as the disk holds.
    private static var mostLists: Int { Int(Int32.max) }

    private func listJSON() async throws -> ListJSON {
        let installation = daemon.installation
        return ListJSON(try await onDisk { try installation.fanOutRecords(named: nil) })
    }

    private func answer(_ entry: AudienceCatalogue.Entry, _ request: Request) async throws -> Response {
        let json = try await listJSON()
        return try JSONAnswer.make(try await reading(entry) { try json.value(entry, $0) }, for: request)
    }

    /// The lists of which an address is a member, archived or not.
    private func withMember(
        _ address: String,
        of lists: [AudienceCatalogue.Entry]
    ) async throws -> [AudienceCatalogue.Entry] {
        var found: [AudienceCatalogue.Entry] = []
        for list in lists {
            let isThere = try await webhooks.readUnlessGone(list.id) { try $0.member(.address(address)) != nil }
            if isThere == true { found.append(list) }
        }
        return found
    }

    private static func sorted(
        _ lists: [AudienceCatalogue.Entry],
        _ request: Request
    ) throws -> [AudienceCatalogue.Entry] {
        let isDescending = try request.isDescending()
        guard try request.word("sort_field", of: ListOrder.self) != nil else { return lists }
        return lists.sorted { isDescending ? $0.created > $1.created : $0.created < $1.created }
    }

    // MARK: Writing

    /// What a new list has, after Mailchimp.
    private static let newFields = [
        MergeField(tag: "FNAME", name: "First Name"), MergeField(tag: "LNAME", name: "Last Name"),
        MergeField(tag: "ADDRESS", name: "Address", kind: .address),
        MergeField(tag: "PHONE", name: "Phone Number", kind: .phone),
        MergeField(tag: "BIRTHDAY", name: "Birthday", kind: .birthday),
    ]

    private func makeList(_ request: Request, _ context: APIContext) async throws -> Response {
        try context.requireAdmin()
        let input = try await request.decode(ListInput.self, context)
        guard input.missing.isEmpty, let name = input.name else { throw Problem.missing(input.missing) }
        var details = AudienceDetails()
        try input.apply(to: &details)
        let (installation, whole) = (daemon.installation, details)
        let entry = try await onDisk {
            try installation.makeAudience(named: name, details: whole, fields: Self.newFields)
        }
        return try await answer(entry, request)
    }

    private func changeList(_ request: Request, _ context: APIContext) async throws -> Response {
        try context.requireAdmin()
        let input = try await request.decode(ListInput.self, context)
        let before = try await list(context)
        let audiences = daemon.installation.audiences
        let entry = try await onDisk {
            try audiences.change(before.id, name: input.name) { try input.apply(to: &$0) }
        }
        return try await answer(entry, request)
    }
}

private enum ListOrder: String, CaseIterable {
    case created = "date_created"
}
