import ArgumentParser
import Fanfare
import Logging

extension ControlLink {
    /// How long an owner that begins or ends is waited for.
    private static let handOverPatience: Duration = .seconds(3)

    /// Asks the daemon that owns the data directory to take work over.
    ///
    /// - Parameters:
    ///   - request: What it is asked.
    ///   - interruption: Ends the wait for an owner that begins or ends.
    ///   - console: Where a refusal is said.
    ///   - taken: How the work stands, in an answer that takes it; nil: the answer does not.
    /// - Returns: How it stands, with the answer's message; nil: whoever owns the directory does no such work for others.
    /// - Throws: `ExitCode` when the daemon refuses it, which has been said.
    func handOver<Handed>(
        _ request: ControlRequest,
        _ interruption: Interruption,
        _ console: RunConsole,
        taken: (ControlAnswer) -> Handed?
    ) async throws -> (handed: Handed, message: String)? {
        let end = ContinuousClock.now + Self.handOverPatience
        while true {
            if let answer = try askOwner(request) {
                if let handed = taken(answer) { return (handed, answer.message) }
                switch answer.refusal {
                case .invalid?, .failed?:
                    console.screen.say(.error, answer.message, prefix: "fanfare: ")
                    throw answer.refusal == .invalid ? ExitCode.invalid : ExitCode.agentError
                // The daemon ends, or begins.
                case .ending?: break
                default: return nil
                }
            }
            guard ContinuousClock.now < end, !interruption.isRequested else { return nil }
            await interruption.wait(.milliseconds(100))
        }
    }
}
