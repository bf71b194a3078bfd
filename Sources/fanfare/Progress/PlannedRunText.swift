import Fanfare
import Foundation

/// What a job that is planned would do, for a person.
enum PlannedRunText {
    /// - Parameters:
    ///   - planned: What it would do.
    ///   - heading: The first line.
    ///   - now: Until its start is counted from here.
    static func lines(_ planned: PlannedRun, heading: String, now: Date = .now) -> [String] {
        let left = Duration.seconds(max(0, planned.startsAt - Int64(now.timeIntervalSince1970)))
        var lines = [heading, "  starts      \(planned.start), in \(HumanText.duration(left))"]
        if let rule = planned.repeats { lines.append("  repeats     \(rule)") }
        lines.append("  requests    \(HumanText.count(planned.requests)), if it started now")
        for (reason, count) in planned.skipped.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            lines.append("  left out    \(HumanText.count(count)): \(reason)")
        }
        if let seconds = planned.secondsByRate {
            lines.append("  takes       about \(HumanText.duration(.seconds(seconds)))")
        }
        if !planned.variables.isEmpty {
            lines.append("  variables   \(planned.variables.joined(separator: ", ")), as fanfare serve has them")
        }
        return lines + planned.warnings.map { "  warning     \($0)" }
    }
}
