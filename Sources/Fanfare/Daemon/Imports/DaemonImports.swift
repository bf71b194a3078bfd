import CAllocator
import FanfareAudience
import FanfareCampaigns
import FanfareControl
import FanfareStore
import GRDB
import Logging
import NIOConcurrencyHelpers

/// The contact files that a daemon reads for other processes. Any thread.
///
/// One at a time, in the order in which they came, as each needs memory by the size of its audience. It writes over the
/// connection over which all others write its audience, and they have their turns between its chunks. Nothing is kept of
/// an order: after a death whoever gave it gives it again, and what was imported twice is the same.
final class DaemonImports: Sendable {
    /// Imports that wait for their turn; further ones are refused.
    private static let waiting = 16
    /// Imports that are over and still told of: whoever handed one over asks again within moments.
    private static let remembered = 16
    /// Between two looks at whose turn it is.
    private static let step: Duration = .milliseconds(100)

    private struct State {
        var imports: [DaemonImport] = []
        var tasks: [String: Task<Void, Never>] = [:]
        var isEnding = false
    }

    private let installation: Installation
    private let webhooks: AudienceWebhooks
    private let logger: Logger
    private let state = NIOLockedValueBox(State())

    /// - Parameters:
    ///   - installation: Owned by this process.
    ///   - webhooks: Of the same; they have the audiences at work.
    ///   - logger: Told how it fares.
    init(_ installation: Installation, _ webhooks: AudienceWebhooks, logger: Logger) {
        (self.installation, self.webhooks, self.logger) = (installation, webhooks, logger)
    }

    // MARK: Orders

    /// Begins one, or has it wait for its turn.
    func take(_ order: ImportOrder?) -> ControlAnswer {
        guard let order, order.file.hasPrefix("/"), order.rejects?.hasPrefix("/") ?? true else {
            return ControlAnswer("import needs a contact file, as a whole path", refusal: .malformed)
        }
        let taken = DaemonImport(order, ticket: Hexadecimal.random(digits: 32))
        let obstacle = state.withLockedValue { state -> ControlAnswer? in
            if state.isEnding { return ControlAnswer("fanfare serve is ending", refusal: .ending) }
            let over = state.imports.filter(\.isOver)
            if state.imports.count - over.count > Self.waiting {
                return ControlAnswer("\(Self.waiting) imports wait already; try again later", refusal: .failed)
            }
            for old in over.dropLast(Self.remembered) { state.imports.removeAll { $0 === old } }
            state.imports.append(taken)
            state.tasks[taken.ticket] = Task {
                await self.run(taken)
                self.state.withLockedValue { $0.tasks[taken.ticket] = nil }
            }
            return nil
        }
        return obstacle ?? ControlAnswer("", importing: taken.status)
    }

    /// Tells how one stands.
    func status(of ticket: String?) -> ControlAnswer {
        guard let found = find(ticket) else { return ControlAnswer("no import has that ticket", refusal: .unknown) }
        return ControlAnswer("", importing: found.status)
    }

    /// Ends one with the chunk that it is at.
    func stop(_ ticket: String?) -> ControlAnswer {
        guard let found = find(ticket) else { return ControlAnswer("no import has that ticket", refusal: .unknown) }
        found.stop()
        return ControlAnswer("the import is stopped", importing: found.status)
    }

    private func find(_ ticket: String?) -> DaemonImport? {
        state.withLockedValue { state in state.imports.first { $0.ticket == ticket } }
    }

    /// Ends all with the chunks that they are at, and takes no more. Returns when they have ended.
    func stop() async {
        let (imports, tasks) = state.withLockedValue { state in
            state.isEnding = true
            return (state.imports, Array(state.tasks.values))
        }
        for unwanted in imports { unwanted.interrupt() }
        for task in tasks { await task.value }
    }

    // MARK: One of them

    private func run(_ order: DaemonImport) async {
        let end: HandedImport.End
        do {
            try await takeTurn(order)
            end = .complete(try await OwnThread.run { _ in try self.importContacts(order) })
        } catch {
            end = Self.end(order, of: error)
        }
        tell(end)
        order.ended(end)
    }

    private func takeTurn(_ order: DaemonImport) async throws {
        while !order.mustEnd {
            let isMine = state.withLockedValue { state in state.imports.first { !$0.isOver } === order }
            if isMine { return order.waits(nil) }
            order.waits("another import is under way")
            try await Task.sleep(for: Self.step)
        }
        throw CancellationError()
    }

    private func importContacts(_ order: DaemonImport) throws -> ImportSummary {
        let wanted = order.order
        let id = try audience(named: wanted.audience)
        var options = ImportOptions(
            columns: wanted.columns,
            maxRejects: wanted.maxRejects,
            rejectsPath: wanted.rejects,
            resubscribe: wanted.resubscribes
        )
        (options.fileName, options.notesChanges) = (wanted.fileName, wanted.firesWebhooks)
        // What it leaves free lies in pieces that others cannot use.
        defer { malloc_trim(0) }
        // Also of an import that came to no good end: what it has committed stays.
        defer { if wanted.firesWebhooks { pull(id) } }
        do {
            return try webhooks.writing(id).importContacts(from: wanted.file, options: options) { progress in
                order.reads(progress)
                return !order.mustEnd
            }
        } catch {
            throw webhooks.missing(id) ?? error
        }
    }

    /// The audience's id; noted, and its file made, when there is none.
    private func audience(named name: String) throws -> String {
        let entry = try installation.audiences.findOrAdd(named: name)
        let path = installation.directory.audiencePath(entry.id)
        if !Durability.fileExists(path) {
            let made = try Audience(path: path, id: entry.id, mode: .create, suppression: installation.suppression)
            try made.database.close()
        }
        return entry.id
    }

    private func pull(_ audience: String) {
        do {
            try webhooks.pull(audience)
        } catch {
            // It stands in the log, and is told with the next change.
            logger.error("what was imported is not told yet", metadata: ["error": "\(error)"])
        }
    }

    private static func end(_ order: DaemonImport, of error: any Error) -> HandedImport.End {
        switch error {
        case is CancellationError: order.endAsOrdered
        case let error as AudienceError where error.code == .cancelled: order.endAsOrdered
        case let error as AudienceError where error.code != .storage: .refused("\(error)")
        default: .failed("\(error)")
        }
    }

    private func tell(_ end: HandedImport.End) {
        switch end {
        case .complete(let summary):
            logger.info(
                "contacts imported",
                metadata: [
                    "rows": "\(summary.rows)", "created": "\(summary.created)", "updated": "\(summary.updated)",
                    "rejected": "\(summary.rejected)",
                ]
            )
        case .stopped, .interrupted: logger.info("import left")
        // What is wrong may repeat what a file says of a contact.
        case .refused: logger.error("import refused")
        case .failed(let message): logger.error("import failed", metadata: ["error": "\(message)"])
        }
    }
}
