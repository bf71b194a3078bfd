import Fanfare
import FanfareAudience
import FanfareCampaigns
import FanfareJob
import Foundation
import GRDB
import Hummingbird

extension MarketingAPI {
    func addMembers(to root: RouterGroup<APIContext>) {
        let path = "/lists/{list_id}/members"
        root.get("\(path)") { request, context in try await members(request, context) }
        root.post("\(path)") { request, context in
            let list = try await list(context)
            let input = try await request.decode(MemberInput.self, context)
            guard let address = input.emailAddress, input.status != nil else {
                let missing = input.emailAddress == nil ? "email_address" : "status"
                throw Problem.unfit(
                    missing,
                    "This value is required."
                )
            }
            // Nobody is archived who is not a member yet.
            _ = try MemberInput.status(input.status, "status", except: .archived)
            return try await store(input, list, request) { _ in ContactEdit(.address(address), .mustBeNew) }
        }
        root.get("\(path)/{member}") { request, context in
            let list = try await list(context)
            let key = try await key(of: try context.part("member"), in: list)
            return try await answer(key, list, request)
        }
        root.put("\(path)/{member}") { request, context in try await put(request, context) }
        root.patch("\(path)/{member}") { request, context in
            let list = try await list(context)
            let key = try await key(of: try context.part("member"), in: list)
            let input = try await request.decode(MemberInput.self, context)
            // Mailchimp has members become transactional by POST and PUT alone.
            _ = try MemberInput.status(input.status, "status", except: .transactional)
            return try await store(input, list, request) { _ in Self.edit(of: key, input) }
        }
        root.post("\(path)/{member}/actions/delete-permanent") { _, context in
            try context.requireAdmin()
            let list = try await list(context)
            _ = try await daemon.erase(try await key(of: try context.part("member"), in: list), in: list.id)
            return JSONAnswer.none
        }
        root.delete("\(path)/{member}") { _, context in
            let list = try await list(context)
            let key = try await key(of: try context.part("member"), in: list)
            _ = try await webhooks.edit(ContactEdit(key, .mustExist, status: .archived), in: list.id, by: .api)
            return JSONAnswer.none
        }
    }

    // MARK: Reading

    private func members(_ request: Request, _ context: APIContext) async throws -> Response {
        let list = try await list(context)
        let query = try await query(request, list)
        let ids = request.value("interest_ids")?.split(separator: ",").map(String.init) ?? []
        let page = try await reading(list) { audience in
            var query = query
            let groups = ids.isEmpty ? [:] : try audience.groupIDs()
            query.groups = try ids.map { id in
                guard let group = groups[id] else { throw Problem.notFound }
                return group
            }
            let page = try audience.members(query)
            let json = try MemberJSON(audience)
            return (page.total, try page.members.map(json.value))
        }
        return try JSONAnswer.make(
            .object([
                "members": .array(page.1), "list_id": .string(list.id), "total_items": .whole(page.0), "_links": [],
            ]),
            for: request
        )
    }

    private func query(_ request: Request, _ list: AudienceCatalogue.Entry) async throws -> MemberQuery {
        var query = try MemberQuery(request)
        guard query.unsubscribedSince == nil || query.status == .unsubscribed else {
            throw Problem.unfit("status", "It has to be unsubscribed where unsubscribed_since is given.")
        }
        guard try request.flag("since_last_campaign") else { return query }
        guard query.status != nil else {
            throw Problem.unfit("status", "This value is required where since_last_campaign is given.")
        }
        let installation = daemon.installation
        let sent = ListJSON(try await onDisk { try installation.fanOutRecords(named: nil) }).sent(to: list.id)
        // Where nothing was ever sent everybody has come since.
        query.statusSetAfter = sent.last
        return query
    }

    private func answer(
        _ key: ContactEdit.Key,
        _ list: AudienceCatalogue.Entry,
        _ request: Request
    ) async throws -> Response {
        let value = try await reading(list) { audience in
            guard let member = try audience.member(key) else { throw Problem.notFound }
            return try MemberJSON(audience).value(member)
        }
        return try JSONAnswer.make(value, for: request)
    }

    /// The contact that a part of the path names: by its address, by the MD5 of that, or by its `contact_id`.
    ///
    /// - Throws: ``Problem`` when there is none.
    func key(of text: String, in list: AudienceCatalogue.Entry) async throws -> ContactEdit.Key {
        guard let key = try await knownKey(of: text, in: list) else { throw Problem.notFound }
        return key
    }

    private func knownKey(of text: String, in list: AudienceCatalogue.Entry) async throws -> ContactEdit.Key? {
        if text.contains("@") {
            return try await reading(list) { try $0.contact(address: text) }.map { .id($0) }
        }
        return try await contact(hash: text, in: list).map { .id($0) }
    }

    private func contact(hash: String, in list: AudienceCatalogue.Entry) async throws -> Int64? {
        var isLast = false
        while true {
            // One that is not found may be one that nobody has asked for by hash yet.
            let (found, isNew) = try await reading(list) { audience in
                let found = try audience.contact(hash: hash)
                return (found, try found == nil && audience.hasUnhashedContacts())
            }
            if let found { return found }
            if !isNew || isLast { return nil }
            // Where nothing is left to be hashed somebody else has hashed it since.
            isLast = try await !webhooks.write(list.id) { try Audience.hashContacts($0) }
        }
    }

    // MARK: Writing

    private func put(_ request: Request, _ context: APIContext) async throws -> Response {
        let list = try await list(context)
        let input = try await request.decode(MemberInput.self, context)
        let part = try context.part("member")
        // Who is put where the address leads is looked up by it in the write itself, and need not be hashed.
        let address = try input.emailAddress.flatMap { address in
            try Audience.subscriberHash(of: address) == part.lowercased() ? address : nil
        }
        if address == nil, let key = try await knownKey(of: part, in: list) {
            return try await store(input, list, request) { _ in Self.edit(of: key, input) }
        }
        guard let new = input.emailAddress ?? (part.contains("@") ? part : nil) else {
            throw Problem.unfit(
                "email_address",
                "This value is required."
            )
        }
        return try await store(input, list, request) { db in
            if let address, let id = try Audience.contact(address: address, db) { return Self.edit(of: .id(id), input) }
            guard input.statusIfNew != nil || input.status != nil else {
                throw Problem.unfit(
                    "status_if_new",
                    "This value is required."
                )
            }
            return ContactEdit(.address(new), .either)
        }
    }

    /// What is to be changed of a contact that is there.
    private static func edit(of key: ContactEdit.Key, _ input: MemberInput) -> ContactEdit {
        var edit = ContactEdit(key, .mustExist)
        edit.newAddress = input.emailAddress
        return edit
    }

    /// Makes a change, and answers with the member as it is then: over one transaction, in which nobody else's change
    /// comes between, and which costs less than three.
    ///
    /// - Parameter edit: Of whom, and whether it must be new; made within the transaction.
    private func store(
        _ input: MemberInput,
        _ list: AudienceCatalogue.Entry,
        _ request: Request,
        _ edit: @escaping @Sendable (Database) throws -> ContactEdit
    ) async throws -> Response {
        let asksForRequired = try !request.flag("skip_merge_validation")
        let now = currentUnixTime()
        let value: JSONValue
        do {
            let forms = try webhooks.writing(list.id).forms
            value = try await webhooks.write(list.id) { db in
                let form = try forms.form(db)
                var (input, edit) = (input, try edit(db))
                let isNew = edit.presence != .mustExist
                try input.resolveFields(form.listed, isNew: isNew, asksForRequired: asksForRequired)
                try input.apply(to: &edit, groups: form.groups)
                guard let member = try Audience.edit(edit, by: .api, now: now, form, db) else {
                    throw Problem.notFound
                }
                return try MemberJSON(list: list.id, form.groups).value(member)
            }
        } catch let error as AudienceError where error.code == .contactExists {
            throw Problem(
                status: .badRequest,
                title: "Member Exists",
                detail: "\(input.emailAddress ?? "The address") is already a list member. Use PUT to insert or update "
                    + "list members."
            )
        }
        return try JSONAnswer.make(value, for: request)
    }
}

extension MemberQuery {
    /// - Throws: ``Problem`` for a parameter that is none.
    fileprivate init(_ request: Request) throws {
        self.init()
        let page = try request.page()
        (count, offset) = (page.count, page.offset)
        status = try MemberInput.status(request.value("status"), "status")
        emailType = request.value("email_type")
        (optSince, optBefore) = (try request.time("since_timestamp_opt"), try request.time("before_timestamp_opt"))
        (changedSince, changedBefore) = (
            try request.time("since_last_changed"), try request.time("before_last_changed")
        )
        unsubscribedSince = try request.time("unsubscribed_since")
        uniqueEmailID = request.value("unique_email_id")
        isVIP = try request.flag("vip_only")
        groupMatch = try request.word("interest_match", of: GroupMatch.self) ?? .any
        order = try request.word("sort_field", of: Order.self)
        isDescending = try request.isDescending()
    }
}
