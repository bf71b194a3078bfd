import Foundation
import Logging

/// Starts the operator's own program for a notice: without a shell, with the notice on its standard input.
///
/// It has 30 seconds, and is then killed with all that it started and did not move elsewhere. Its output is read and
/// dropped but for its end, which stands in the warning when it fails.
struct NoticeCommand: Sendable {
    static let limit: Duration = .seconds(30)

    /// Program and arguments.
    let words: [String]
    let logger: Logger
    var limit = Self.limit

    /// Runs it for one notice; what goes wrong is a warning.
    func tell(_ notice: Notice, isGivenUp: () -> Bool) {
        let problem: String?
        do {
            problem = try run(notice, isGivenUp)
        } catch {
            problem = String(describing: error)
        }
        guard let problem else { return }
        logger.warning(
            "a notification's command failed",
            metadata: ["fanout": "\(notice.name)", "event": "\(notice.event.rawValue)", "reason": "\(problem)"]
        )
    }

    /// What it finds in its environment beside what this process has.
    private func variables(_ notice: Notice) -> [String: String] {
        [
            "FANFARE_EVENT": notice.event.rawValue, "FANFARE_FANOUT": notice.name, "FANFARE_RUN": String(notice.run),
            "FANFARE_STATE": notice.state, "FANFARE_REASON": notice.reason ?? "",
        ]
    }

    /// - Returns: How it failed; nil: it did not.
    private func run(_ notice: Notice, _ isGivenUp: () -> Bool) throws -> String? {
        let process: SpawnedProcess
        do {
            process = try SpawnedProcess(words, input: try notice.json, variables: variables(notice))
        } catch let error as SystemCallFailed {
            return "\(words[0]) cannot be started: \(error)"
        }
        let end = ContinuousClock.now + limit
        while true {
            if let status = process.poll() {
                if status == .exited(0) { return nil }
                let said = process.lastOutput
                return "\(status)" + (said.isEmpty ? "" : ": \(said)")
            }
            if ContinuousClock.now >= end || isGivenUp() {
                process.kill()
                return "it was killed, as it had not ended \(isGivenUp() ? "in time" : "within \(limit)")"
            }
        }
    }
}
