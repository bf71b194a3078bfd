import FanfareJob
import Hummingbird

/// Which fields of an answer a caller wants: `fields` or `exclude_fields`, comma-separated, with dots into objects and
/// into the objects of lists (`members.id,total_items`).
struct FieldSelection {
    /// Paths of one request at most.
    private static let limit = 100

    private let paths: Set<String>
    /// Every path that leads to one of them.
    private let ways: Set<String>
    private let excludes: Bool

    /// - Returns: Nil when the caller wants all.
    /// - Throws: ``Problem`` when both are given.
    init?(_ request: Request) throws {
        // Most requests ask for nothing.
        if request.uri.query == nil { return nil }
        let query = request.uri.queryParameters
        let (wanted, unwanted) = (query["fields"] ?? "", query["exclude_fields"] ?? "")
        if !wanted.isEmpty, !unwanted.isEmpty {
            throw Problem.badRequest("fields and exclude_fields cannot be given together.")
        }
        excludes = wanted.isEmpty
        paths = Set((excludes ? unwanted : wanted).split(separator: ",").map { $0.filter { $0 != " " } })
        if paths.isEmpty { return nil }
        guard paths.count <= Self.limit else { throw Problem.badRequest("At most \(Self.limit) fields are picked.") }
        var ways: Set<String> = []
        for path in paths {
            let parts = path.split(separator: ".")
            for length in 1..<max(1, parts.count) { ways.insert(parts[..<length].joined(separator: ".")) }
        }
        self.ways = ways
    }

    /// Refuses a field that no such answer has, as Mailchimp does.
    ///
    /// That can be told of what is beside the items of a page, which is always the same. Items have some fields at times
    /// alone, an empty list has none, and Mailchimp's have more than ours.
    ///
    /// - Throws: ``Problem`` that names one.
    func check(_ value: JSONValue) throws {
        guard !excludes, case .object(let members) = value, value["total_items"] != nil else { return }
        let known = members.map(\.key) + ["list_id", "constraints", "_links"]
        for path in paths.sorted() {
            let first = path.prefix { $0 != "." }
            if known.contains(String(first)) { continue }
            let accepted = members.map(\.key).joined(separator: ", ")
            throw Problem.unfit("fields", "There is no field \(path.prefix(60)); accepted: \(accepted).")
        }
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
                    if ways.contains(name) { return .init(key: member.key, value: apply(to: member.value, at: name)) }
                    return excludes ? member : nil
                }
            )
        default: value
        }
    }
}
