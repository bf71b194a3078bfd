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
    func tell(_ notice: any Announcement, isGivenUp: () -> Bool) {
        let problem: String?
        do {
            problem = try run(notice, isGivenUp)
        } catch {
            problem = String(describing: error)
        }
        guard let problem else { return }
        logger.warning(
            "a notification's command failed",
            metadata: notice.subject.merging(["event": "\(notice.word)", "reason": "\(problem)"]) { $1 }
        )
    }

    /// - Returns: How it failed; nil: it did not.
    private func run(_ notice: any Announcement, _ isGivenUp: () -> Bool) throws -> String? {
        let process: SpawnedProcess
        do {
            process = try SpawnedProcess(words, input: try notice.json, variables: notice.variables)
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
