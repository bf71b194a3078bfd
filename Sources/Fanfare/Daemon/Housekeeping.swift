import FanfareStore
import Logging
import NIOConcurrencyHelpers

/// What a daemon does beside its work, now and then: goes on with erasures of which something was under way, and forgets
/// what is older than the operator wants to keep.
///
/// Any thread. What fails is logged, and tried again the next time.
final class Housekeeping: Sendable {
    /// How often erasures are gone on with.
    private static let step: Duration = .seconds(5)
    /// How many steps there are between two looks at what is old.
    private static let stepsOfRetention = 120

    private let logger: Logger
    private let task = NIOLockedValueBox<Task<Void, Never>?>(nil)

    init(logger: Logger) { self.logger = logger }

    /// Begins; it ends with ``close()``, or when nobody holds the daemon any more.
    func begin(for daemon: Daemon) {
        let work = Task { [weak daemon, self] in
            var steps = 0
            while !Task.isCancelled {
                do {
                    guard let daemon else { return }
                    await finishErasures(daemon)
                    if steps % Self.stepsOfRetention == 0 { await forgetOld(daemon) }
                }
                steps += 1
                do { try await Task.sleep(for: Self.step) } catch { return }
            }
        }
        task.withLockedValue { $0 = work }
    }

    /// Ends it; what it is doing is waited for.
    func close() async {
        let work = task.withLockedValue { $0 }
        work?.cancel()
        await work?.value
    }

    private func finishErasures(_ daemon: Daemon) async {
        do {
            for entry in try daemon.installation.openErasures() where !Task.isCancelled {
                _ = try await daemon.finish(entry)
            }
        } catch {
            logger.error("an erasure is not done yet: trying again", metadata: ["error": "\(error)"])
        }
    }

    private func forgetOld(_ daemon: Daemon) async {
        do {
            let pruning = try await daemon.applyRetention()
            guard !pruning.isEmpty else { return }
            logger.info(
                "what is older than is to be kept was forgotten",
                metadata: ["fan_outs": "\(pruning.fanOuts)", "events": "\(pruning.events)"]
            )
        } catch {
            logger.error("what is old is not forgotten yet: trying again", metadata: ["error": "\(error)"])
        }
    }
}
