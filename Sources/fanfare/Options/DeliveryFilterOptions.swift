import ArgumentParser
import Fanfare
import Foundation

/// Which deliveries are meant, apart from their state: what `deliveries` and `retry` share.
struct DeliveryFilterOptions: ParsableArguments {
    @Option(
        name: .customLong("status"),
        help: ArgumentHelp(
            "Only where the last answer had this status: 500, 5xx, 500-504, several with commas; can be given again.",
            valueName: "statuses"
        ),
        transform: StatusChoice.ranges
    )
    var statuses: [[ClosedRange<Int>]] = []
    @Option(
        name: .customLong("reason"),
        help: ArgumentHelp(
            "Only where this is the reason, or why the last attempt failed: a name such as timeout, or words of its "
                + "text; can be given again.",
            valueName: "reason"
        ),
        transform: ReasonChoice.reasons
    )
    var reasons: [Set<Reason>] = []
    @Option(help: ArgumentHelp("Only the delivery to this address.", valueName: "email"))
    var contact: String?
    @Option(
        help: ArgumentHelp(
            "Only what changed since then: 2026-11-27T09:00:00Z, \"2026-11-27 09:00\" (local), or 2h (ago).",
            valueName: "time"
        ),
        transform: { try PointInTime.read($0) }
    )
    var since: Int64?
    @Option(
        help: ArgumentHelp("Only what changed before then; as --since.", valueName: "time"),
        transform: { try PointInTime.read($0) }
    )
    var until: Int64?
    @Option(help: ArgumentHelp("Only with at least so many attempts.", valueName: "count"))
    var attempts: Int?

    func validate() throws {
        if let attempts, attempts < 1 { throw ValidationError("--attempts: \(attempts) is less than 1") }
        if let since, let until, since >= until {
            throw ValidationError("--since and --until: nothing lies between them")
        }
    }

    /// The filter that these make.
    ///
    /// - Throws: `AudienceError` for an address that there is not.
    func filter(
        _ states: Set<DeliveryState>,
        _ record: FanOutRecord,
        _ installation: Installation
    ) throws -> DeliveryFilter {
        var filter = filter(states)
        if let contact { filter.contact = try installation.contactKey(of: contact, in: record) }
        return filter
    }

    /// The same but for the contact.
    func filter(_ states: Set<DeliveryState>) -> DeliveryFilter {
        var filter = DeliveryFilter(states: states)
        filter.statuses = statuses.flatMap { $0 }
        filter.reasons = reasons.reduce(into: []) { $0.formUnion($1) }
        filter.since = since
        filter.until = until
        filter.minAttempts = attempts ?? 0
        return filter
    }
}

/// `--status 500,5xx,502-504`.
enum StatusChoice {
    static func ranges(_ text: String) throws -> [ClosedRange<Int>] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            let word = part.trimmingCharacters(in: .whitespaces).lowercased()
            guard let range = range(word) else {
                throw ValidationError("\"\(word)\" is no HTTP status; write 500, 5xx, 500-504, or 500,503")
            }
            return range
        }
    }

    private static func range(_ word: String) -> ClosedRange<Int>? {
        if word.count == 3, word.hasSuffix("xx"), let hundreds = word.first?.wholeNumberValue, 1...5 ~= hundreds {
            return (hundreds * 100)...(hundreds * 100 + 99)
        }
        let ends = word.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard let first = ends.first.flatMap({ $0 }), let last = ends.last.flatMap({ $0 }), ends.count <= 2,
            first <= last, 100...599 ~= first, 100...599 ~= last
        else { return nil }
        return first...last
    }
}

/// `--reason timeout` or `--reason "time-out"`.
enum ReasonChoice {
    static func reasons(_ text: String) throws -> Set<Reason> {
        if let reason = Reason(name: text.lowercased().replacing("-", with: "_")) { return [reason] }
        if Int(text) != nil { throw ValidationError("\(text) is a status: --status \(text)") }
        let found = Reason.allCases.filter { $0.text.lowercased().contains(text.lowercased()) }
        guard !text.isEmpty, !found.isEmpty else {
            let names = Reason.allCases.map(\.name)
            let hint = nearestName(to: text, among: names).map { "did you mean \($0)? " } ?? ""
            throw ValidationError("\"\(text)\" is no reason; \(hint)There are \(names.joined(separator: ", "))")
        }
        return Set(found)
    }
}

/// A time as an operator writes it: ISO 8601, local, or how long ago.
enum PointInTime {
    private static let formats = ["yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd"]

    /// In Unix seconds.
    static func read(_ text: String, now: Date = .now, zone: TimeZone = .current) throws -> Int64 {
        if let ago = DurationText.read(text) {
            return Int64(now.timeIntervalSince1970 - ago / .seconds(1))
        }
        if let date = try? Date(text, strategy: .iso8601) { return Int64(date.timeIntervalSince1970) }
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = zone
        formatter.isLenient = false
        for format in formats {
            formatter.dateFormat = format
            if let date = formatter.date(from: text) { return Int64(date.timeIntervalSince1970) }
        }
        throw ValidationError(
            "\"\(text)\" is no time; write 2026-11-27T09:00:00Z, \"2026-11-27 09:00\" (local), 2026-11-27, or 2h (ago)"
        )
    }
}
