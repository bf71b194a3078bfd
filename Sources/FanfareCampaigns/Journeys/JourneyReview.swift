import FanfareAudience
import FanfareJob
import FanfarePayload
import Foundation
import GRDB

/// What an audience has against a journey's map: fields, tags, groups and segments that it names and that are not there.
struct JourneyReview {
    private let document: JourneyDocument
    private let audience: Audience
    private let context: SegmentContext

    init(_ document: JourneyDocument, _ audience: Audience, now: Int64) {
        (self.document, self.audience) = (document, audience)
        context = SegmentContext(timeZone: TimeZone(identifier: document.map.timeZone) ?? .gmt, now: now)
    }

    /// Everything that is wrong, in the order of the map.
    ///
    /// - Throws: What reading the audience throws.
    func problems() throws -> [JobProblem] {
        let fields = try audience.fields()
        let groups = try audience.groups()
        let map = document.map
        var problems: [JobProblem] = []
        for start in map.start {
            problems += self.problems(with: start.trigger, of: start.id, fields, groups)
            problems += try self.problems(with: start.part, of: start.id)
        }
        for point in map.points { problems += try self.problems(with: point, fields, groups) }
        return problems
    }

    private func problems(
        with point: JourneyPoint,
        _ fields: [MergeField],
        _ groups: [String: [String]]
    ) throws -> [JobProblem] {
        switch point.step {
        case .condition(let part, _, _): return try problems(with: part, of: point.id)
        case .wait(let trigger, _, _, _): return problems(with: trigger, of: point.id, fields, groups)
        case .webhook(let webhook, _):
            do {
                _ = try RequestTemplate.compile(webhook.webhook, fields: fields, groups: groups)
                return []
            } catch {
                return error.all.map { problem($0, of: point.id) }
            }
        case .field(let tag, let value, _):
            guard let field = fields.first(where: { $0.tag == tag.uppercased() }) else {
                return [unknown(field: tag, of: point.id, fields)]
            }
            var check = ValueCheck()
            guard let fault = check.fault(of: value, in: field) else { return [] }
            return [document.problem(at: path(point.id) + ["value"], fault)]
        case .group(let group, _, _): return problems(with: group, of: point.id, groups)
        case .split, .delay, .tag, .unsubscribe, .archive: return []
        }
    }

    private func problems(
        with trigger: JourneyTrigger,
        of point: String,
        _ fields: [MergeField],
        _ groups: [String: [String]]
    ) -> [JobProblem] {
        switch trigger {
        case .joinsGroup(let group), .leavesGroup(let group): return problems(with: group, of: point, groups)
        case .fieldChanges(let tag, _):
            return fields.contains { $0.tag == tag.uppercased() } ? [] : [unknown(field: tag, of: point, fields)]
        case .birthday(let tag, _): return problems(with: tag, .birthday, of: point, fields)
        case .recurringDate(let tag, _): return problems(with: tag, .date, of: point, fields)
        case .tagAdded, .signsUp, .specificDate, .event, .api, .manual: return []
        }
    }

    private func problems(
        with tag: String,
        _ kind: MergeField.Kind,
        of point: String,
        _ fields: [MergeField]
    ) -> [JobProblem] {
        guard let field = fields.first(where: { $0.tag == tag.uppercased() }) else {
            return [unknown(field: tag, of: point, fields)]
        }
        if field.kind == kind { return [] }
        let message = "the field \(field.tag) is of the type \(field.kind.rawValue)"
        return [
            document.problem(at: path(point) + ["field"], message, accepted: "a field of the type \(kind.rawValue)")
        ]
    }

    private func unknown(field tag: String, of point: String, _ fields: [MergeField]) -> JobProblem {
        let hint = nearestName(to: tag, among: fields.map(\.tag)).map { "; did you mean \($0)?" } ?? ""
        return document.problem(at: path(point) + ["field"], "the audience has no field \(tag)\(hint)")
    }

    private func problems(with group: JourneyGroup, of point: String, _ groups: [String: [String]]) -> [JobProblem] {
        guard let names = groups[group.category] else {
            let hint =
                nearestName(to: group.category, among: groups.keys.sorted()).map { "; did you mean \($0)?" } ?? ""
            return [
                document.problem(at: path(point) + ["category"], "the audience has no groups \(group.category)\(hint)")
            ]
        }
        if names.contains(group.name) { return [] }
        let hint = nearestName(to: group.name, among: names).map { "; did you mean \($0)?" } ?? ""
        return [
            document.problem(
                at: path(point) + ["group"],
                "there is no group \(group.name) in \(group.category)\(hint)"
            )
        ]
    }

    private func problems(with part: RecipientSelection.Part, of point: String) throws -> [JobProblem] {
        do {
            _ = try audience.selectionSQL(RecipientSelection(part), context: context)
            return []
        } catch {
            if let found = error.cause as? SegmentProblems {
                return found.problems.map { problem in
                    let terms: [PathElement] = problem.path.flatMap { ["conditions", .index($0)] }
                    return document.problem(
                        at: path(point) + ["segment"] + terms + [.key(problem.key)],
                        problem.message
                    )
                }
            }
            guard [.unknownTag, .unknownSegment, .invalidSegment].contains(error.code) else { throw error }
            let key: PathElement = error.code == .unknownTag ? "tag" : "segment"
            return [document.problem(at: path(point) + [key], error.message)]
        }
    }

    private func problem(_ error: PayloadError, of point: String) -> JobProblem {
        let path: [PathElement] =
            path(point) + ["webhook"]
            + error.path.map { element in
                switch element {
                case .key(let key): .key(key)
                case .index(let index): .index(index)
                }
            }
        return document.problem(
            at: path,
            line: error.position?.line ?? 1,
            column: error.position?.column ?? 1,
            error.message
        )
    }

    private func path(_ point: String) -> [PathElement] { document.path(of: point) ?? [] }
}
