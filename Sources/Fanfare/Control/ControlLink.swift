public import FanfareControl
import FanfareDelivery
import FanfareStore
import Foundation

/// Brings an order to whoever owns a data directory; when nobody does, takes the lock for a moment and follows it.
public struct ControlLink: Sendable {
    /// How long it is tried while an owner begins or ends, and how often.
    private static let patience: Duration = .seconds(10)
    private static let step: Duration = .milliseconds(50)

    let path: String

    /// - Parameter dataDirectory: The data directory's path.
    public init(dataDirectory: String) { path = dataDirectory }

    /// Gives an order and waits for the answer.
    ///
    /// - Throws: `StoreError`: `notFound` without a data directory, `inUse` when its owner takes no orders;
    ///   `ControlError` when it is not known what became of the order.
    public func ask(_ request: ControlRequest) async throws -> ControlAnswer {
        try await patiently { try askOnce(request) }
    }

    /// Asks until an owner that begins or ends has done so.
    func patiently(_ once: () async throws -> ControlAnswer) async throws -> ControlAnswer {
        let end = ContinuousClock.now + Self.patience
        while true {
            let isLast = ContinuousClock.now >= end
            do {
                let answer = try await once()
                if answer.refusal != .ending || isLast { return answer }
            } catch let error as StoreError where error.code == .inUse {
                if isLast { throw error }
            } catch let error as ControlError where error.code == .nobody {
                if isLast { throw error }
            }
            try await Task.sleep(for: Self.step)
        }
    }

    /// Asks the owner alone: nobody else can do what is asked for.
    ///
    /// - Returns: Nil when nobody owns the directory, or the owner takes no orders now.
    /// - Throws: `StoreError`, `ControlError`.
    public func askOwner(_ request: ControlRequest) throws -> ControlAnswer? {
        let directory = try DataDirectory(path: path, access: .read)
        guard let socket = try directory.owner()?.controlSocket else { return nil }
        do {
            return try ControlClient.ask(request, of: directory, at: socket)
        } catch let error as ControlError where error.code == .nobody {
            return nil
        }
    }

    /// How what an owner runs stands: its fan-outs, and whether webhooks are paused.
    ///
    /// - Returns: Nil without an owner that listens.
    /// - Throws: `StoreError`, `ControlError`.
    public func liveStatus() throws -> ControlAnswer? {
        let directory = try DataDirectory(path: path, access: .read)
        guard let socket = try directory.owner()?.controlSocket else { return nil }
        return try ControlClient.ask(ControlRequest(.status), of: directory, at: socket)
    }

    private func askOnce(_ request: ControlRequest) throws -> ControlAnswer {
        if let answer = try askPresentOwner(request) { return answer }
        let installation = try Installation.own(path)
        let answer = try ControlDesk(installation).answer(request)
        try installation.note(AuditEntry(of: request, answer))
        return answer
    }

    /// - Returns: Nil when nobody owns the directory.
    /// - Throws: `StoreError`: `notFound` without a data directory, `inUse` when its owner takes no orders;
    ///   `ControlError`.
    func askPresentOwner(_ request: ControlRequest) throws -> ControlAnswer? {
        let directory = try DataDirectory(path: path, access: .read)
        guard let owner = try directory.owner() else { return nil }
        guard let socket = owner.controlSocket else {
            let process = owner.pid.map { "process \($0)" } ?? "another process"
            throw StoreError(
                .inUse,
                "the data directory \(path) is owned by \(process), which takes no orders now; try again when it has "
                    + "ended"
            )
        }
        return try ControlClient.ask(request, of: directory, at: socket)
    }
}
