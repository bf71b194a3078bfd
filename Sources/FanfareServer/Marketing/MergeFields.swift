import Fanfare
import FanfareAudience
import FanfareCampaigns
import FanfareJob
import FanfarePayload
import Hummingbird

extension MarketingAPI {
    /// A merge field as a caller gives it.
    private struct Input: Decodable, Sendable {
        struct Options: Decodable, Sendable {
            var choices: [String]?
            var dateFormat: String?
            var phoneFormat: String?
            var defaultCountry: Int64?
            var size: Int64?

            enum CodingKeys: String, CodingKey {
                case choices, size
                case dateFormat = "date_format", phoneFormat = "phone_format", defaultCountry = "default_country"
            }
        }

        var tag: String?
        var name: String?
        var type: String?
        var required: Bool?
        var isPublic: Bool?
        var defaultValue: String?
        var helpText: String?
        var options: Options?
        var displayOrder: Int64?

        enum CodingKeys: String, CodingKey {
            case tag, name, type, required, options
            case isPublic = "public", defaultValue = "default_value", helpText = "help_text"
            case displayOrder = "display_order"
        }

        var change: FieldChange {
            var change = FieldChange()
            (change.name, change.defaultValue, change.isRequired) = (name, defaultValue, required)
            (change.helpText, change.choices, change.dateFormat) = (helpText, options?.choices, options?.dateFormat)
            (change.isPublic, change.displayOrder) = (isPublic, displayOrder)
            return change
        }

        var look: FieldOptions {
            var look = FieldOptions()
            look.phoneFormat = options?.phoneFormat
            (look.defaultCountry, look.size) = (options?.defaultCountry, options?.size)
            return look
        }
    }

    func addMergeFields(to root: RouterGroup<APIContext>) {
        let path = "/lists/{list_id}/merge-fields"
        root.get("\(path)") { request, context in
            let list = try await list(context)
            let (all, looks) = try await reading(list) { (try $0.listedFields(), try $0.fieldOptions()) }
            let type = request.value("type")
            // Without the parameter both kinds are asked for.
            let required = try request.value("required") == nil ? nil : request.flag("required")
            let fields = all.inDisplayOrder().filter { listed in
                (type == nil || listed.field.kind.rawValue == type)
                    && (required == nil || listed.isRequired == required)
            }
            let page = try request.page()
            return try JSONAnswer.make(
                .object([
                    "merge_fields": .array(page.of(fields).map { json($0, looks[$0.id], list.id) }),
                    "list_id": .string(list.id), "total_items": .whole(fields.count), "_links": [],
                ]),
                for: request
            )
        }
        root.post("\(path)") { request, context in try await addField(request, context) }
        root.get("\(path)/{merge_id}") { request, context in
            try await answer(try context.number("merge_id"), request, context)
        }
        root.patch("\(path)/{merge_id}") { request, context in
            try context.requireAdmin()
            let (list, id) = (try await list(context), try context.number("merge_id"))
            let input = try await request.decode(Input.self, context)
            if input.tag != nil || input.type != nil {
                let fixed = input.tag == nil ? "type" : "tag"
                throw Problem.unfit(fixed, "It cannot be changed.")
            }
            try await webhooks.write(list.id) { db in
                try Audience.change(field: id, input.change, db)
                try Audience.change(optionsOf: id, input.look, db)
            }
            return try await answer(id, request, context)
        }
        root.delete("\(path)/{merge_id}") { _, context in
            try context.requireAdmin()
            let (list, id) = (try await list(context), try context.number("merge_id"))
            try await webhooks.write(list.id) { try Audience.remove(field: id, $0) }
            return JSONAnswer.none
        }
    }

    private func addField(_ request: Request, _ context: APIContext) async throws -> Response {
        try context.requireAdmin()
        let list = try await list(context)
        let input = try await request.decode(Input.self, context)
        guard let name = input.name, let type = input.type else {
            let missing = input.name == nil ? "name" : "type"
            throw Problem.unfit(missing, "This value is required.")
        }
        guard let kind = MergeField.Kind(rawValue: type) else {
            let accepted = MergeField.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem.unfit(
                "type",
                "Value must be one of: \(accepted)."
            )
        }
        let id = try await webhooks.write(list.id) { db in
            let tag = try input.tag?.uppercased() ?? Audience.freeTag(db)
            let id = try Audience.add(MergeField(tag: tag, name: name, kind: kind), input.change, db)
            try Audience.change(optionsOf: id, input.look, db)
            return id
        }
        return try await answer(id, request, context)
    }

    private func answer(_ id: Int64, _ request: Request, _ context: APIContext) async throws -> Response {
        let list = try await list(context)
        let (all, looks) = try await reading(list) { (try $0.listedFields(), try $0.fieldOptions()) }
        guard let field = all.first(where: { $0.id == id }) else { throw Problem.notFound }
        return try JSONAnswer.make(json(field, looks[id], list.id), for: request)
    }

    private func json(_ listed: ListedField, _ look: FieldOptions?, _ list: String) -> JSONValue {
        let field = listed.field
        return .object([
            "merge_id": .whole(listed.id), "tag": .string(field.tag), "name": .string(field.name),
            "type": .string(field.kind.rawValue), "required": .bool(listed.isRequired),
            "default_value": .string(field.defaultValue), "public": .bool(listed.isPublic),
            "display_order": .whole(listed.displayOrder),
            "options": options(field, look),
            "help_text": .string(listed.helpText), "list_id": .string(list), "_links": [],
        ])
    }

    /// What was never given is not shown.
    private func options(_ field: MergeField, _ look: FieldOptions?) -> JSONValue {
        var options = JSONValue.object([
            "choices": .array(field.choices.map { .string($0) }), "date_format": .string(field.dateFormat),
        ])
        if let format = look?.phoneFormat { options = options.adding(["phone_format": .string(format)]) }
        if let country = look?.defaultCountry { options = options.adding(["default_country": .whole(country)]) }
        if let size = look?.size { options = options.adding(["size": .whole(size)]) }
        return options
    }
}
