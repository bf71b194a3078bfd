import FanfareControl
import FanfareStore
import FanfareTransport
import NIOConcurrencyHelpers

/// Makes backups that other processes ask for, one at a time on a thread of its own: whoever asks is answered at once,
/// and asks again how far it is.
///
/// Any thread.
final class BackupDesk: Sendable {
    private struct Job {
        let folder: String
        var progress = BackupProgress(files: 0)
        var end: Result<BackupSummary, BackupError>?
        var thread: LoopThread?
    }

    private struct State {
        var job: Job?
        var mustEnd = false
    }

    private let directory: DataDirectory
    private let state = NIOLockedValueBox(State())

    /// - Parameter directory: Owned by this process.
    init(_ directory: DataDirectory) { self.directory = directory }

    /// Begins one.
    func begin(_ order: BackupOrder?) -> ControlAnswer {
        guard let order, order.folder.hasPrefix("/") else {
            return ControlAnswer("backup needs a folder, as a whole path", refusal: .malformed)
        }
        let obstacle = state.withLockedValue { state -> ControlAnswer? in
            if state.mustEnd { return ControlAnswer("the process is just ending", refusal: .ending) }
            if let job = state.job, job.end == nil {
                return ControlAnswer("a backup is under way already, into \(job.folder)", refusal: .invalid)
            }
            state.job = Job(folder: order.folder)
            return nil
        }
        if let obstacle { return obstacle }
        do {
            let thread = try LoopThread(name: "fanfare-backup") { [self] in work(order) }
            state.withLockedValue { $0.job?.thread = thread }
            return ControlAnswer("", backup: BackupProgress(files: 0))
        } catch {
            end(.failure(BackupError(.failed, "\(error)")))
            return ControlAnswer("the backup has not begun: \(error)", refusal: .failed)
        }
    }

    /// How far the one into that folder is, or what came of it.
    func status(_ order: BackupOrder?) -> ControlAnswer {
        guard let job = state.withLockedValue({ $0.job }), job.folder == order?.folder else {
            return ControlAnswer("no such backup is under way", refusal: .unknown)
        }
        switch job.end {
        case nil: return ControlAnswer("", backup: job.progress)
        case .success(let summary):
            return ControlAnswer("", backup: job.progress, backedUp: summary)
        case .failure(let error):
            return ControlAnswer(error.message, refusal: error.code == .refused ? .invalid : .failed)
        }
    }

    /// Begins none any more, and ends the one under way: nothing of it is left. Waits for that.
    func close() {
        let thread = state.withLockedValue { state in
            state.mustEnd = true
            return state.job?.thread
        }
        thread?.join()
    }

    private func work(_ order: BackupOrder) {
        do {
            let summary = try Backup.make(of: directory, order) { progress in
                let mustEnd = state.withLockedValue { state in
                    state.job?.progress = progress
                    return state.mustEnd
                }
                if mustEnd { throw BackupError(.failed, "the process that made the backup was ended; nothing is left") }
            }
            end(.success(summary))
        } catch let error as BackupError {
            end(.failure(error))
        } catch {
            end(.failure(BackupError(.failed, "no backup was made: \(error)")))
        }
    }

    private func end(_ result: Result<BackupSummary, BackupError>) {
        state.withLockedValue { state in
            state.job?.end = result
            state.job?.progress.isOver = true
        }
    }
}
