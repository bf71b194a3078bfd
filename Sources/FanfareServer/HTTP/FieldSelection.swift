import FanfareJob
import Hummingbird

/// Which fields of an answer a caller wants: `fields` or `exclude_fields`, comma-separated, with dots into objects and
/// into the objects of lists (`members.id,total_items`).
struct FieldSelection {
    private let paths: Set<String>
    private let excludes: Bool

    /// - Returns: Nil when the caller wants all.
    /// - Throws: ``Problem`` when both are given.
    init?(_ request: Request) throws {
        let query = request.uri.queryParameters
        let (wanted, unwanted) = (query["fields"] ?? "", query["exclude_fields"] ?? "")
        if !wanted.isEmpty, !unwanted.isEmpty {
            throw Problem.badRequest("fields and exclude_fields cannot be given together.")
        }
        excludes = wanted.isEmpty
        paths = Set((excludes ? unwanted : wanted).split(separator: ",").map { $0.filter { $0 != " " } })
        if paths.isEmpty { return nil }
    }

    func apply(to value: JSONValue) -> JSONValue { apply(to: value, at: "") }

    private func apply(to value: JSONValue, at path: String) -> JSONValue {
        switch value {
        case .array(let items): .array(items.map { apply(to: $0, at: path) })
        case .object(let members):
            .object(
                members.compactMap { member in
                    let name = path.isEmpty ? member.key : "\(path).\(member.key)"
                    if paths.contains(name) { return excludes ? nil : member }
                    let leadsOn = paths.contains { $0.hasPrefix(name + ".") }
                    if leadsOn { return .init(key: member.key, value: apply(to: member.value, at: name)) }
                    return excludes ? member : nil
                }
            )
        default: value
        }
    }
}
