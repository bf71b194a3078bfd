import Fanfare
import FanfareAudience
import FanfareCampaigns
import FanfareJob
import Foundation
import GRDB
import Hummingbird

/// Segments, saved and static; the latter are tags.
extension MarketingAPI {
    /// A segment as a caller gives it.
    private struct Input: Decodable, Sendable {
        var name: String?
        var staticSegment: [String]?

        enum CodingKeys: String, CodingKey {
            case name
            case staticSegment = "static_segment"
        }
    }

    private struct Changes: Decodable, Sendable {
        var membersToAdd: [String]?
        var membersToRemove: [String]?

        enum CodingKeys: String, CodingKey {
            case membersToAdd = "members_to_add", membersToRemove = "members_to_remove"
        }
    }

    private struct MemberAddress: Decodable, Sendable {
        var emailAddress: String

        enum CodingKeys: String, CodingKey { case emailAddress = "email_address" }
    }

    /// Who is in a segment by Mailchimp's count: those that may be written to, or yet have to confirm, and whom else the
    /// caller asks for.
    private static func counted(_ request: Request) throws -> Set<ContactStatus> {
        var statuses: Set<ContactStatus> = [.subscribed, .pending]
        if try request.flag("include_cleaned") { statuses.insert(.cleaned) }
        if try request.flag("include_unsubscribed") { statuses.insert(.unsubscribed) }
        if try request.flag("include_transactional") { statuses.formUnion([.transactional, .nonsubscribed]) }
        return statuses
    }

    /// Addresses of one call at most.
    private static let largestBatch = 500

    func addSegments(to root: RouterGroup<APIContext>) {
        let path = "/lists/{list_id}/segments"
        root.get("\(path)") { request, context in try await segments(request, context) }
        root.post("\(path)") { request, context in try await addSegment(request, context) }
        root.get("\(path)/{segment_id}") { request, context in
            try await answer(try context.number("segment_id"), request, context)
        }
        root.patch("\(path)/{segment_id}") { request, context in try await changeSegment(request, context) }
        root.delete("\(path)/{segment_id}") { _, context in
            let (list, id) = (try await list(context), try context.number("segment_id"))
            try await webhooks.write(list.id) { try Audience.remove(segment: id, $0) }
            return JSONAnswer.none
        }
        root.post("\(path)/{segment_id}") { request, context in try await changeMembers(request, context) }
        root.get("\(path)/{segment_id}/members") { request, context in try await segmentMembers(request, context) }
        root.post("\(path)/{segment_id}/members") { request, context in
            let list = try await list(context)
            let tag = try await tag(context)
            let address = try await request.decode(MemberAddress.self, context).emailAddress
            let contact = try await webhooks.write(list.id) { db in
                try Audience.change(tag: tag.id, of: [address], isActive: true, now: currentUnixTime(), db).contacts
                    .first
            }
            guard let contact else { throw Problem.notFound }
            let value = try await reading(list) { audience in
                guard let member = try audience.member(.id(contact)) else { throw Problem.notFound }
                return try MemberJSON(audience).value(member)
            }
            return try JSONAnswer.make(value, for: request)
        }
        root.delete("\(path)/{segment_id}/members/{member}") { _, context in
            let list = try await list(context)
            let tag = try await tag(context)
            let key = try await key(of: try context.part("member"), in: list)
            guard let address = try await reading(list, { try $0.member(key)?.email }) else {
                throw Problem.notFound
            }
            _ = try await webhooks.write(list.id) {
                try Audience.change(tag: tag.id, of: [address], isActive: false, now: currentUnixTime(), $0)
            }
            return JSONAnswer.none
        }
    }

    // MARK: Reading

    private func segments(_ request: Request, _ context: APIContext) async throws -> Response {
        let list = try await list(context)
        let page = try request.page()
        let type = request.value("type")
        let statuses = try Self.counted(request)
        let (made, changed) = (try request.period("created_at"), try request.period("updated_at"))
        let (total, shown) = try await reading(list) { audience in
            let all = try audience.listedSegments().filter {
                (type == nil || $0.type == type) && made.contains($0.created) && changed.contains($0.updated)
            }
            return (all.count, try page.of(all).map { ($0, try Self.count($0, statuses, audience)) })
        }
        return try JSONAnswer.make(
            .object([
                "segments": .array(shown.map { json($0.0, count: $0.1, list.id) }), "list_id": .string(list.id),
                "total_items": .whole(total), "_links": [],
            ]),
            for: request
        )
    }

    /// Who is in a segment; nobody where its conditions ask for what is there no longer.
    private static func count(
        _ segment: ListedSegment,
        _ statuses: Set<ContactStatus>,
        _ audience: Audience
    ) throws -> Int {
        do throws(AudienceError) {
            return try audience.count(.init(segment.part, statuses: statuses))
        } catch {
            if [.invalidSegment, .unknownTag, .unknownSegment].contains(error.code) { return 0 }
            throw error
        }
    }

    private func segment(_ id: Int64, _ list: AudienceCatalogue.Entry) async throws -> ListedSegment {
        guard let segment = try await reading(list, { try $0.listedSegments() }).first(where: { $0.id == id }) else {
            throw Problem.notFound
        }
        return segment
    }

    /// The segment that the path names, which must be a tag.
    private func tag(_ context: APIContext) async throws -> ListedSegment {
        let segment = try await segment(try context.number("segment_id"), try await list(context))
        guard segment.definition == nil else {
            throw Problem.badRequest("The members of a saved segment are those that meet its conditions.")
        }
        return segment
    }

    private func answer(_ id: Int64, _ request: Request, _ context: APIContext) async throws -> Response {
        let list = try await list(context)
        let segment = try await segment(id, list)
        let statuses = try Self.counted(request)
        let count = try await reading(list) { try Self.count(segment, statuses, $0) }
        return try JSONAnswer.make(json(segment, count: count, list.id), for: request)
    }

    private func segmentMembers(_ request: Request, _ context: APIContext) async throws -> Response {
        let list = try await list(context)
        let segment = try await segment(try context.number("segment_id"), list)
        let page = try request.page()
        let selection = RecipientSelection(segment.part, statuses: try Self.counted(request))
        let (members, total) = try await reading(list) { audience in
            let json = try MemberJSON(audience)
            let members = try audience.contacts(of: selection, offset: page.offset, count: page.count)
            return (try members.map(json.value), try audience.count(selection))
        }
        return try JSONAnswer.make(
            .object(["members": .array(members), "total_items": .whole(total), "_links": []]),
            for: request
        )
    }

    // MARK: Writing

    private func addSegment(_ request: Request, _ context: APIContext) async throws -> Response {
        let list = try await list(context)
        let (input, definition) = try await read(request, context)
        guard let name = input.name, !name.isEmpty else {
            throw Problem.unfit("name", "This value is required.")
        }
        guard (definition == nil) != (input.staticSegment == nil) else {
            throw Problem.badRequest("Either options or static_segment is needed.")
        }
        let addresses = input.staticSegment ?? []
        let now = currentUnixTime()
        let id = try await webhooks.write(list.id) { db in
            if let definition { return try Audience.addSegment(definition, named: name, now: now, db) }
            let id = try Audience.addTag(named: name, now: now, db)
            _ = try Audience.change(tag: id, of: addresses, isActive: true, now: now, db)
            return id
        }
        return try await answer(id, request, context)
    }

    private func changeSegment(_ request: Request, _ context: APIContext) async throws -> Response {
        let list = try await list(context)
        let before = try await segment(try context.number("segment_id"), list)
        let (input, definition) = try await read(request, context)
        if definition != nil, before.definition == nil {
            throw Problem.badRequest("A static segment has no conditions.")
        }
        if input.staticSegment != nil, before.definition != nil {
            throw Problem.badRequest("A saved segment has no members of its own.")
        }
        let now = currentUnixTime()
        try await webhooks.write(list.id) { db in
            try Audience.change(segment: before.id, name: input.name, definition: definition, now: now, db)
            guard let addresses = input.staticSegment else { return }
            try Audience.empty(tag: before.id, db)
            _ = try Audience.change(tag: before.id, of: addresses, isActive: true, now: now, db)
        }
        return try await answer(before.id, request, context)
    }

    private func changeMembers(_ request: Request, _ context: APIContext) async throws -> Response {
        let list = try await list(context)
        let tag = try await tag(context)
        let changes = try await request.decode(Changes.self, context)
        guard changes.membersToAdd != nil || changes.membersToRemove != nil else {
            throw Problem.badRequest("members_to_add or members_to_remove is needed.")
        }
        let (add, remove) = (changes.membersToAdd ?? [], changes.membersToRemove ?? [])
        guard add.count <= Self.largestBatch, remove.count <= Self.largestBatch else {
            throw Problem.badRequest("At most \(Self.largestBatch) members are added and as many removed at a time.")
        }
        let now = currentUnixTime()
        let (added, removed) = try await webhooks.write(list.id) { db in
            (
                try Audience.change(tag: tag.id, of: add, isActive: true, now: now, db),
                try Audience.change(tag: tag.id, of: remove, isActive: false, now: now, db)
            )
        }
        let (shown, gone) = try await reading(list) { audience in
            let json = try MemberJSON(audience)
            func values(_ contacts: [Int64]) throws -> [JSONValue] {
                try audience.members(contacts).map(json.value)
            }
            return (try values(added.contacts), try values(removed.contacts))
        }
        let errors = [("added", added.unknown), ("removed", removed.unknown)].filter { !$0.1.isEmpty }.map {
            what,
            who in
            JSONValue.object([
                "email_addresses": .array(who.map { .string($0) }),
                "error": .string("Emails could not be \(what): they are no members of the list."),
            ])
        }
        return try JSONAnswer.make(
            .object([
                "members_added": .array(shown), "members_removed": .array(gone), "errors": .array(errors),
                "total_added": .whole(added.contacts.count), "total_removed": .whole(removed.contacts.count),
                "error_count": .whole(errors.count), "_links": [],
            ]),
            for: request
        )
    }

    /// The body, and the conditions in it, which have a reader of their own.
    private func read(_ request: Request, _ context: APIContext) async throws -> (Input, SegmentDefinition?) {
        let body = try await request.text(context)
        let input = try Request.decode(Input.self, from: body)
        if (input.staticSegment?.count ?? 0) > Self.largestBatch {
            throw Problem.unfit(
                "static_segment",
                "At most \(Self.largestBatch) addresses are taken at a time; more are added to the segment later."
            )
        }
        return (input, try SegmentInput.definition(in: body, member: "options", limits: .mailchimp))
    }

    private func json(_ segment: ListedSegment, count: Int, _ list: String) -> JSONValue {
        let value = JSONValue.object([
            "id": .whole(segment.id), "name": .string(segment.name), "member_count": .whole(count),
            "type": .string(segment.type), "created_at": .time(segment.created), "updated_at": .time(segment.updated),
            "list_id": .string(list), "_links": [],
        ])
        guard let definition = segment.definition else { return value }
        return value.adding(["options": SegmentText.value(of: definition)])
    }
}

extension ListedSegment {
    fileprivate var type: String { definition == nil ? "static" : "saved" }
}
