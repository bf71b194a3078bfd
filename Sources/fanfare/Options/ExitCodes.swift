import ArgumentParser
import Fanfare

/// What the exit status says; listed in `fanfare --help` and the README.
extension ExitCode {
    /// The agent failed.
    static let agentError = ExitCode(1)
    /// Wrong usage, a job that is not valid, or one about which the operator must decide (`JobRunError`).
    static let invalid = ExitCode(2)
    /// Finished, with dead or held uncertain deliveries.
    static let finishedWithFailures = ExitCode(3)
    /// Stopped by canary, first answers or `stop_after`.
    static let stopped = ExitCode(4)
    /// Interrupted; state kept, resumable.
    static let interrupted = ExitCode(130)

    /// What a run that ended so exits with.
    static func code(for end: FanOutEnd) -> ExitCode {
        switch end.cause {
        case .failed: .agentError
        case .interrupted: .interrupted
        case .stopped: .stopped
        case .complete:
            end.progress.counts[.dead] + end.progress.counts[.uncertain] > 0 ? .finishedWithFailures : .success
        }
    }
}
