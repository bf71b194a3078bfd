import Fanfare
import Foundation

/// What a person or a program reads of an audience.
struct AudienceText: Encodable {
    private struct Field: Encodable {
        var tag: String
        var name: String
        var type: String
    }

    private let id: String
    private let name: String?
    private let job: String?
    private let contacts: [String: Int]
    private let fields: [Field]
    private let tags: [String: Int]
    private let segments: [String]

    init(_ entry: AudienceCatalogue.Entry, _ installation: Installation) throws {
        (id, name, job) = (entry.id, entry.name, entry.owner)
        let path = installation.directory.audiencePath(entry.id)
        // It is noted before its file is made: one that is being imported has none for a moment.
        guard Durability.fileExists(path) else {
            (contacts, fields, tags, segments) = ([:], [], [:], [])
            return
        }
        let audience = try Audience(path: path, id: entry.id, mode: .readOnly)
        contacts = Dictionary(
            uniqueKeysWithValues: try audience.countByStatus().map { ($0.key.rawValue, $0.value) }
        )
        fields = try audience.fields().map { Field(tag: $0.tag, name: $0.name, type: $0.kind.rawValue) }
        tags = Dictionary(try audience.tags().map { ($0.name, $0.contacts) }) { first, _ in first }
        segments = try audience.savedSegments()
    }

    private var title: String { name ?? "(of the job \(job ?? "?"))" }
    private var total: Int { contacts.values.reduce(0, +) }

    var line: String { "\(id)  \(title)  \(HumanText.count(total, "contact"))" }

    var page: String {
        var lines = [line, ""]
        for (status, count) in contacts.sorted(by: { $0.value > $1.value }) {
            lines.append("  \(status) \(HumanText.count(Int64(count)))")
        }
        lines += ["", "fields"] + fields.map { "  \($0.tag)  \($0.type)  \($0.name)" }
        if !tags.isEmpty {
            lines += ["", "tags"]
            lines += tags.sorted { ($0.value, $1.key) > ($1.value, $0.key) }
                .map { "  \($0.key)  \(HumanText.count(Int64($0.value)))" }
        }
        if !segments.isEmpty { lines += ["", "segments"] + segments.map { "  \($0)" } }
        return lines.joined(separator: "\n")
    }

    var json: String {
        get throws { try JSONLine.text(self) }
    }

    static func json(_ summary: ImportSummary) throws -> String {
        try JSONLine.text([
            "rows": summary.rows, "created": summary.created, "updated": summary.updated,
            "repeated": summary.repeated, "rejected": summary.rejected, "status_kept": summary.statusKept,
            "suppressed": summary.suppressed,
        ])
    }
}

/// What a person or a program reads of one contact.
struct ContactText: Encodable {
    private let email: String
    private let status: String
    private let fields: [String: String]
    private let details: [String: String]
    private let tags: [String]
    private let groups: [String: [String]]

    init(_ contact: Contact) {
        email = contact.email
        status = contact.status.rawValue
        fields = contact.fields
        details = contact.details
        tags = contact.tags
        groups = contact.groups
    }

    var page: String {
        var lines = ["\(email)  \(status)"]
        lines += fields.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }
        lines += details.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }
        if !tags.isEmpty { lines.append("  tags: \(tags.joined(separator: ", "))") }
        lines += groups.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value.joined(separator: ", "))" }
        return lines.joined(separator: "\n")
    }

    var json: String {
        get throws { try JSONLine.text(self) }
    }
}

extension ImportSummary.Reject {
    /// `contacts.csv:4: the row has 2 cells, the header 4`.
    var text: String { "\(place): \(reason)" }
}
