import FanfareJob
import Foundation

/// A commented job file for a contact file, as a beginning: it passes a check as it is, and sends nothing anywhere
/// before its URL is changed.
public struct JobSketch: Sendable {
    private let survey: ContactSurvey
    private let contacts: String
    private let name: String

    /// - Parameters:
    ///   - survey: What the contact file has.
    ///   - contacts: Its path, as the job file is to name it.
    ///   - name: The job's name, one that a job file accepts.
    public init(_ survey: ContactSurvey, contacts: String, name: String) {
        self.survey = survey
        self.contacts = contacts
        self.name = name
    }

    /// The file's text.
    public var text: String {
        [head, audience, webhook, schedule, delivery].joined(separator: "\n")
    }

    private var head: String {
        """
        # A job: one request for each contact. Lines that begin with # are off; `fanfare schema` has every key.
        #   fanfare check JOB       renders everybody, sends nothing
        #   fanfare preview JOB     shows requests as they would go out
        #   fanfare run JOB         delivers, and goes on with what was interrupted
        fanfare: 1
        name: \(quoted(name))    # identity of the fan-out: unique, stable

        """
    }

    private var audience: String {
        var lines = ["audience:", "  import: \(quoted(contacts))    # \(seen)"]
        if !columns.isEmpty { lines += ["  columns:    # every other column becomes a text field"] + columns }
        if let tag = survey.tags.first {
            lines.append("  # tag: \(quoted(tag))    # only contacts with this tag; the file has \(tagList)")
        }
        lines.append("  # segment: {match: all, conditions: [{field: \(plain(exampleField)), op: blank_not}]}")
        lines.append("  # statuses: [subscribed]    # who may be addressed")
        return lines.joined(separator: "\n") + "\n"
    }

    /// The columns that must be explained, and those that look like numbers.
    private var columns: [String] {
        let numbers = survey.columns.filter(\.looksNumeric).map(\.header)
        let mapped = survey.columnMap.map { column in
            let header = "    \(quoted(column.header)): "
            if column.role == .ignored { return header + "{role: ignored}    # several have this name: rename them" }
            let tag = plain(column.tag)
            return header + (numbers.contains(column.header) ? "{tag: \(tag), type: number}" : tag)
        }
        let known = Set(survey.columnMap.map(\.header))
        return mapped
            + survey.columns.filter { $0.looksNumeric && !known.contains($0.header) }.map { column in
                "    \(quoted(column.header)): {tag: \(plain(column.tag)), type: number}"
            }
    }

    private var seen: String {
        let rows = "\(survey.rows) row\(survey.rows == 1 ? "" : "s") looked at"
        let part = survey.isPart ? "the first \(rows)" : rows
        return survey.rejected > 0 ? "\(part), \(survey.rejected) of them not usable" : part
    }

    private var tagList: String { survey.tags.map(quoted).joined(separator: ", ") }

    private var exampleField: String { survey.columns.first?.tag ?? "EMAIL" }

    private var webhook: String {
        var lines = [
            "webhook:",
            "  url: https://example.com/webhook    # the receiver's; path and query may hold merge tags",
            "  # method: POST    # or PUT, PATCH, DELETE, GET",
            "  # auth: {bearer: {env: API_TOKEN}}    # or {username: me, password: {env: PASSWORD}}",
            "  # headers: {X-Campaign: \(quoted(name))}",
            "  # signing: {secret: {env: WEBHOOK_SECRET}}    # whsec_…; the receiver can tell that it is you",
            "  content_type: json    # or form, multipart, raw",
            "  data:    # what each request carries",
            "    email: \"*|EMAIL|*\"",
        ]
        for (key, column) in zip(keys, survey.columns) {
            let note = column.share < 1 ? "    # \(percent(column.share)) of the contacts have one" : ""
            lines.append("    \(key): \"*|\(column.tag)|*\"\(note)")
        }
        let partial = survey.columns.first { $0.share < 1 }?.tag ?? exampleField
        lines.append("  # require: [\(plain(partial))]    # contacts without it are skipped, and listed")
        return lines.joined(separator: "\n") + "\n"
    }

    /// Keys of the data: the tags in lower case, none of them twice.
    private var keys: [String] {
        var taken: Set<String> = ["email"]
        return survey.columns.map { column in
            var key = column.tag.lowercased()
            while !taken.insert(key).inserted { key += "_" }
            return quoted(key)
        }
    }

    private var schedule: String {
        """
        # schedule:
        #   at: \(nextMorning)
        #   time_zone: Europe/Paris

        """
    }

    /// Tomorrow at nine.
    private var nextMorning: String {
        let day = Date(timeIntervalSinceNow: 86_400).formatted(.iso8601.year().month().day())
        return "\(day) 09:00"
    }

    private var delivery: String {
        """
        # delivery:    # what it is unless set
        #   max_in_flight: 2000      # requests under way at a time, at most
        #   concurrency: adaptive    # finds what the receiver can take; or fixed
        #   rate: 50/s               # no limit unless set; a good idea at first
        #   timeout: 10s             # of one request
        #   deadline: 1h             # of one delivery, with all its retries
        #   retries: [5s, 30s, 2m, 10m]
        #   when_uncertain: resend   # or hold: never send what may have arrived
        #   canary: {contacts: 100, proceed_at: 99%}    # the first ones alone; none unless set

        """
    }

    /// A tag, in quotes where YAML would read a number, a truth value or nothing.
    private func plain(_ tag: String) -> String {
        let isText = tag.first.map { !$0.isNumber } ?? false
        return isText && !["TRUE", "FALSE", "NULL"].contains(tag) ? tag : quoted(tag)
    }

    /// A text as YAML and JSON write it, whatever it holds.
    private func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _
            where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                || (0x2028...0x2029).contains(scalar.value) || scalar.value == 0xFEFF:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    private func percent(_ share: Double) -> String { "\(Int((share * 100).rounded(.down))) %" }
}
