import ArgumentParser
import Fanfare

/// A run of which nothing was sent, to be told to those whom its job names.
struct UnsentRun {
    let notifier: Notifier
    let run: JobRun
    private let cause: FanOutEnd.Cause

    /// - Parameters:
    ///   - notifier: Who tells; nil: nobody wants to know, and there is nothing to make.
    ///   - run: The run, as it was left.
    ///   - error: What its command ends with.
    init?(_ notifier: Notifier?, _ run: JobRun, _ error: any Error) {
        guard let notifier else { return nil }
        (self.notifier, self.run) = (notifier, run)
        cause =
            switch error as? ExitCode {
            case .stopped: .stopped(.cancelled)
            case .interrupted: .interrupted
            default: .failed(error)
            }
    }

    /// Tells it, and waits until that is done.
    func tell() async { await notifier.finish(unsent: cause, run) }
}
