import Fanfare
import FanfareAudience
import FanfareCampaigns
import FanfarePayload
import HTTPTypes
import Hummingbird

extension HostedPages {
    /// A category of groups that contacts may choose among.
    struct Choice {
        let category: GroupCategory
        let groups: [ListedGroup]
    }

    /// What stands on a contact's page.
    private struct Sheet {
        var form: FieldForm
        let choices: [Choice]
        /// The groups that are chosen, by their keys.
        var chosen: Set<Int64>
        var language: String

        /// Takes what a form chose of a category.
        mutating func choose(_ choice: Choice, _ form: PageForm) {
            guard let chosen = choice.chosen(in: form) else { return }
            self.chosen = self.chosen.subtracting(choice.groups.map(\.id)).union(chosen)
        }
    }

    func addPreferences(to pages: RouterGroup<APIContext>) {
        let path: RouterPath = "/preferences/{token}"
        pages.get(path) { _, context in
            let visitor = try await whoIsKept(context)
            return preferencesPage(visitor, try await sheet(of: visitor))
        }
        pages.post(path) { request, context in try await change(request, context) }
    }

    /// One who was put away is shown nothing: its owner counts it as gone.
    private func whoIsKept(_ context: APIContext) async throws -> Visitor {
        let visitor = try await visitor(of: .preferences, context)
        if visitor.member.status == .archived { throw PageProblem.gone }
        return visitor
    }

    private func sheet(of visitor: Visitor) async throws -> Sheet {
        let member = visitor.member
        return try await reading(visitor.list) { audience in
            // Names are a person's own, whether or not they are asked for at sign-up.
            let names: Set = ["FNAME", "LNAME"]
            let fields = try audience.listedFields().inDisplayOrder()
                .filter { $0.isPublic || names.contains($0.field.tag) }
            let categories = try audience.groupCategories().inDisplayOrder().filter { $0.kind != .hidden }
            let choices = try categories.map { category in
                Choice(category: category, groups: try audience.groups(of: category.id).inDisplayOrder())
            }
            return Sheet(
                form: FieldForm(fields, values: member.values(of: fields.map(\.field.tag))),
                choices: choices.filter { !$0.groups.isEmpty },
                chosen: member.groups,
                language: member[.language] ?? ""
            )
        }
    }

    private func change(_ request: Request, _ context: APIContext) async throws -> Response {
        let visitor = try await whoIsKept(context)
        let sent = try await PageForm(request)
        var sheet = try await sheet(of: visitor)
        sheet.form.read(sent)
        sheet.language = sent["language"] ?? sheet.language
        for choice in sheet.choices { sheet.choose(choice, sent) }
        guard sheet.form.faults.isEmpty else { return preferencesPage(visitor, sheet, answer: .badRequest) }
        var edit = ContactEdit(.id(visitor.member.id), .mustExist)
        edit.fields = sheet.form.values
        if PageLanguage.isCode(sheet.language) { edit.details[.language] = sheet.language }
        for group in sheet.choices.flatMap(\.groups) { edit.groups[group.id] = sheet.chosen.contains(group.id) }
        do {
            _ = try await webhooks.edit(edit, in: visitor.list.id, by: .user)
        } catch let error as AudienceError where error.code == .unknownContact {
            throw PageProblem.gone
        } catch let error as AudienceError where error.code == .invalidValue {
            guard let tag = error.field else { throw error }
            sheet.form.note(faultOf: tag)
            return preferencesPage(visitor, sheet, answer: .badRequest)
        }
        return preferencesPage(visitor, sheet, isSaved: true)
    }

    private func preferencesPage(
        _ visitor: Visitor,
        _ sheet: Sheet,
        answer: HTTPResponse.Status = .ok,
        isSaved: Bool = false
    ) -> Response {
        let status = visitor.member.status
        let isMember = status == .subscribed || status == .pending
        let standing = isMember ? "Your sign-up is not confirmed yet." : "You are not subscribed."
        var language = FieldControl(name: "language", label: "Language")
        language.look = .select(PageLanguage.options(chosen: sheet.language))
        let controls = sheet.form.controls + sheet.choices.map { $0.control(chosen: sheet.chosen) } + [language]
        return templates.page(
            "preferences",
            title: "Your preferences",
            audience: visitor.audience,
            status: answer,
            [
                "address": visitor.member.email,
                "saved": isSaved,
                "faults": !sheet.form.faults.isEmpty,
                "controls": controls.map(\.context),
                "standing": status == .subscribed ? "" : standing,
                "signUp": isMember ? "" : publicURL.signUp(to: visitor.list.id),
                "unsubscribe": isMember ? link(to: .unsubscribe, visitor) : "",
            ]
        )
    }
}

extension HostedPages.Choice {
    /// The control's name, and of checkboxes the beginning of it.
    private var name: String { "c." + category.uniqueID }

    private func name(of group: ListedGroup) -> String { "g." + group.uniqueID }

    func control(chosen: Set<Int64>) -> FieldControl {
        var control = FieldControl(name: name, label: category.title)
        switch category.kind {
        case .checkboxes, .hidden:
            control.look = .boxes(
                groups.map { .init(name: name(of: $0), value: "1", label: $0.name, isChosen: chosen.contains($0.id)) }
            )
        case .radio, .dropdown:
            let isFree = !groups.contains { chosen.contains($0.id) }
            let none = FieldControl.Option(name: name, value: "", label: "None", isChosen: isFree)
            let options = groups.map { group in
                FieldControl.Option(
                    name: name,
                    value: group.uniqueID,
                    label: group.name,
                    isChosen: chosen.contains(group.id)
                )
            }
            control.look = category.kind == .radio ? .radios([none] + options) : .select([none] + options)
        }
        return control
    }

    /// The groups of the category that a form chose; nil: it says nothing of them.
    func chosen(in form: PageForm) -> Set<Int64>? {
        switch category.kind {
        case .checkboxes, .hidden: return Set(groups.filter { form[name(of: $0)] != nil }.map(\.id))
        case .radio, .dropdown:
            guard let wanted = form[name] else { return nil }
            return Set(groups.filter { $0.uniqueID == wanted }.map(\.id))
        }
    }
}
