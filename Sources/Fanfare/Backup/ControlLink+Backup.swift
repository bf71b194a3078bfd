public import FanfareControl
import FanfareStore
import Foundation

extension ControlLink {
    /// How often the owner is asked how far it is.
    private static let interval: Duration = .milliseconds(200)

    /// Has a backup made by whoever owns the data directory, and waits for it; makes it itself when nobody does.
    ///
    /// - Parameters:
    ///   - order: Where it is to stand, and what it holds.
    ///   - progress: Told now and then.
    /// - Returns: What it came to.
    /// - Throws: ``BackupError``, `StoreError`, `ControlError` when the owner is not to be reached.
    public func backUp(
        _ order: BackupOrder,
        progress: @escaping @Sendable (BackupProgress) -> Void
    ) async throws -> BackupSummary {
        let directory = try DataDirectory(path: path, access: .read)
        if try directory.owner() == nil {
            do {
                // Read first, so that nothing is made of a folder that is none.
                _ = try Installation.read(path)
                let installation = try Installation.own(path)
                return try await OwnThread.run { isCancelled in
                    try Backup.make(of: installation.directory, order) { state in
                        if isCancelled() { throw CancellationError() }
                        progress(state)
                    }
                }
            } catch let error as StoreError where error.code == .inUse {
                // Somebody took it in between, and is asked.
            }
        }
        let begun = try await ask(ControlRequest(.backup, backup: order))
        if let refusal = begun.refusal { throw Self.error(refusal, begun.message) }
        return try await follow(order, directory, progress)
    }

    private func follow(
        _ order: BackupOrder,
        _ directory: DataDirectory,
        _ progress: (BackupProgress) -> Void
    ) async throws -> BackupSummary {
        while true {
            guard let socket = try directory.owner()?.controlSocket else { throw Self.ended(order) }
            let answer: ControlAnswer
            do {
                answer = try ControlClient.ask(ControlRequest(.backupStatus, backup: order), of: directory, at: socket)
            } catch let error as ControlError where error.code == .nobody {
                throw Self.ended(order)
            }
            if answer.refusal == .unknown { throw Self.ended(order) }
            if let refusal = answer.refusal { throw Self.error(refusal, answer.message) }
            if let summary = answer.backedUp { return summary }
            if let state = answer.backup { progress(state) }
            try await Task.sleep(for: Self.interval)
        }
    }

    private static func error(_ refusal: ControlAnswer.Refusal, _ message: String) -> BackupError {
        BackupError(refusal == .invalid ? .refused : .failed, message)
    }

    private static func ended(_ order: BackupOrder) -> BackupError {
        BackupError(
            .failed,
            "the process that made the backup has ended first: what is in \(order.folder), if anything, is no backup"
        )
    }
}
