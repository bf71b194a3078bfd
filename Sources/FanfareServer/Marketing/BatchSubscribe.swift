import Fanfare
import FanfareAudience
import FanfareCampaigns
import FanfareJob
import GRDB
import Hummingbird

extension MarketingAPI {
    private struct Batch: Decodable {
        var members: [MemberInput]
        var updateExisting: Bool?
        var syncTags: Bool?

        enum CodingKeys: String, CodingKey {
            case members
            case updateExisting = "update_existing", syncTags = "sync_tags"
        }
    }

    /// What became of one member of a batch.
    private enum Fate: Sendable {
        case added(Int64), updated(Int64)
        case refused(code: String, message: String, field: String?)

        init(_ problem: Problem) {
            let first = problem.errors.first
            self = .refused(code: "ERROR_GENERIC", message: first?.message ?? problem.detail, field: first?.field)
        }

        init(_ made: Result<EditOutcome, AudienceError>, of member: MemberInput) {
            switch made {
            case .success(let outcome): self = outcome.isNew ? .added(outcome.contact) : .updated(outcome.contact)
            case .failure(let error) where error.code == .contactExists:
                let message =
                    "\(member.emailAddress ?? "") is already a list member, do you want to update? please provide "
                    + "update_existing:true in the request body"
                self = .refused(code: "ERROR_CONTACT_EXISTS", message: message, field: nil)
            case .failure(let error): self = .refused(code: "ERROR_GENERIC", message: error.message, field: error.field)
            }
        }
    }

    /// Members a batch has at most.
    private static let largestBatch = 500

    /// Adds members, or updates them where that is asked for, in one transaction; those that cannot be are told, and the
    /// others are taken. A body that cannot be read is refused whole.
    func batchSubscribe(_ request: Request, _ context: APIContext) async throws -> Response {
        let list = try await list(context)
        let batch = try await request.decode(Batch.self, context)
        guard batch.members.count <= Self.largestBatch else {
            throw Problem.unfit(
                "members",
                "A batch has at most \(Self.largestBatch) members; this one has \(batch.members.count)."
            )
        }
        let members =
            try request.flag("skip_duplicate_check") ? Self.firstOfEach(batch.members) : batch.members
        let presence: ContactEdit.Presence = batch.updateExisting == true ? .either : .mustBeNew
        let (groups, fields) = try await reading(list) { (try $0.groupIDs(), try $0.listedFields()) }
        let forms = try webhooks.writing(list.id).forms
        let asksForRequired = try !request.flag("skip_merge_validation")
        let read = members.map { member in
            var member = member
            do {
                // One that is known may lack what it has already.
                let asks = asksForRequired && presence == .mustBeNew
                try member.resolveFields(fields, isNew: true, asksForRequired: asks)
            } catch {
                return Result<ContactEdit, Problem>.failure(Problem(error))
            }
            return Self.edit(member, presence, groups, replacesTags: batch.syncTags ?? false)
        }
        let edits = read.compactMap { if case .success(let edit) = $0 { edit } else { nil } }
        let now = currentUnixTime()
        var made = try await webhooks.write(list.id) { db in
            try Audience.edit(edits, by: .api, now: now, forms.form(db), db)
        }[...]
        let fates = zip(members, read).map { member, edit in
            switch edit {
            case .failure(let problem): Fate(problem)
            // As many were made as were read.
            case .success: made.popFirst().map { Fate($0, of: member) } ?? Fate(.badRequest(""))
            }
        }
        return try await answer(members, fates, list, request)
    }

    /// Members without those whose address one before them has; whoever has none stays, and is told of it.
    ///
    /// - Throws: `AudienceError` when the C library has no C.UTF-8 locale.
    static func firstOfEach(_ members: [MemberInput]) throws -> [MemberInput] {
        var known: Set<String> = []
        return try members.filter { member in
            guard let address = member.emailAddress else { return true }
            return known.insert(try Audience.subscriberHash(of: address)).inserted
        }
    }

    private static func edit(
        _ input: MemberInput,
        _ presence: ContactEdit.Presence,
        _ groups: [String: Int64],
        replacesTags: Bool
    ) -> Result<ContactEdit, Problem> {
        guard let address = input.emailAddress else {
            return .failure(.invalid("This value is required.", "email_address"))
        }
        // Who is known keeps its status; nobody new is subscribed without a word of it.
        guard presence == .either || input.status != nil || input.statusIfNew != nil else {
            return .failure(.invalid("This value is required.", "status"))
        }
        var edit = ContactEdit(.address(address), presence)
        do {
            try input.apply(to: &edit, groups: groups)
            edit.replacesTags = replacesTags && input.tags != nil
            return .success(edit)
        } catch {
            return .failure(Problem(error))
        }
    }

    private func answer(
        _ members: [MemberInput],
        _ fates: [Fate],
        _ list: AudienceCatalogue.Entry,
        _ request: Request
    ) async throws -> Response {
        let added = fates.compactMap { if case .added(let id) = $0 { id } else { nil } }
        let updated = fates.compactMap { if case .updated(let id) = $0 { id } else { nil } }
        let (newMembers, updatedMembers) = try await reading(list) { audience in
            let json = try MemberJSON(audience)
            return (try audience.members(added).map(json.value), try audience.members(updated).map(json.value))
        }
        let errors = zip(members, fates).compactMap { member, fate -> JSONValue? in
            guard case .refused(let code, let message, let field) = fate else { return nil }
            return .object([
                "email_address": .text(member.emailAddress), "error": .string(message), "error_code": .string(code),
                "field": .text(field), "field_message": .string(field == nil ? "" : message),
            ])
        }
        return try JSONAnswer.make(
            .object([
                "new_members": .array(newMembers), "updated_members": .array(updatedMembers),
                "errors": .array(errors), "total_created": .whole(added.count), "total_updated": .whole(updated.count),
                "error_count": .whole(errors.count), "_links": [],
            ]),
            for: request
        )
    }
}
