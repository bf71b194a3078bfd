import DequeModule
public import GRDB
import NIOConcurrencyHelpers

/// Lets many callers write at once and share one commit, and so one synchronisation of the disk.
///
/// A commit takes what has gathered while the one before it was under way, at once, however little it is: a single
/// caller waits for one commit, a hundred wait for one as well. Each body that is not alone runs in a savepoint, so that
/// one that throws takes back its own changes alone; where all of them may be run again, they do without, for SQLite then
/// need not keep what each page was before, and each runs by itself after one has thrown.
///
/// Any thread. Bodies run on the connection's own queue, in the order in which they came, and must not wait for anything
/// else.
public final class GroupCommit: Sendable {
    /// One caller's part of a commit.
    private struct Job: Sendable {
        let isRepeatable: Bool
        let run: @Sendable (Database) throws -> Void
        let finish: @Sendable ((any Error)?) -> Void
    }

    private struct State {
        var waiting = Deque<Job>()
        var isRunning = false
        /// Bodies of the commit under way.
        var together = 0
    }

    /// Bodies that share a commit at most, so that the first does not wait long for the last.
    private static let largest = 256

    /// The connection. Others may use it too; they take turns with the commits.
    public let database: DatabaseQueue
    private let state = NIOLockedValueBox(State())

    /// - Parameter database: Opened for writing.
    public init(_ database: DatabaseQueue) { self.database = database }

    /// Whether others wait for the commit under way, or for the one after it: who could go on for longer lets them have
    /// their turn. To be asked by a body.
    public var isAwaited: Bool { state.withLockedValue { $0.together > 1 || !$0.waiting.isEmpty } }

    /// Runs a body in a transaction that others may share.
    ///
    /// - Parameters:
    ///   - isRepeatable: The body changes nothing but the file, or what it changes the same way when it is run again.
    ///   - body: Its changes stand or fall with the commit.
    ///   - finish: Told once, on the connection's queue: nil when all of it is on disk, else what kept it from that.
    public func submit(
        isRepeatable: Bool = false,
        _ body: @escaping @Sendable (Database) throws -> Void,
        finish: @escaping @Sendable ((any Error)?) -> Void
    ) {
        let mustStart = state.withLockedValue { state in
            state.waiting.append(Job(isRepeatable: isRepeatable, run: body, finish: finish))
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if mustStart { commitNext() }
    }

    /// One commit a turn of the connection's queue, so that others that use it have theirs.
    private func commitNext() {
        database.asyncWriteWithoutTransaction { [self] db in
            let jobs = state.withLockedValue { state -> [Job] in
                let jobs = Array(state.waiting.prefix(Self.largest))
                state.waiting.removeFirst(jobs.count)
                state.together = jobs.count
                return jobs
            }
            commit(jobs, db)
            let goesOn = state.withLockedValue { state in
                state.isRunning = !state.waiting.isEmpty
                return state.isRunning
            }
            if goesOn { commitNext() }
        }
    }

    /// Runs a body in a transaction that others may share, and waits until it is on disk.
    ///
    /// - Parameters: as of ``submit(isRepeatable:_:finish:)``.
    /// - Throws: What the body throws, or what the commit failed by.
    public func write<Value: Sendable>(
        isRepeatable: Bool = false,
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        let result = NIOLockedValueBox<Value?>(nil)
        return try await withCheckedThrowingContinuation { continuation in
            submit(isRepeatable: isRepeatable) { db in
                let value = try body(db)
                result.withLockedValue { $0 = value }
            } finish: { error in
                if let error { return continuation.resume(throwing: error) }
                guard let value = result.withLockedValue({ $0 }) else {
                    return continuation.resume(throwing: StoreError(.misuse, "a write has ended without having run"))
                }
                continuation.resume(returning: value)
            }
        }
    }

    private func commit(_ jobs: [Job], _ db: Database) {
        guard jobs.count > 1, jobs.allSatisfy(\.isRepeatable) else { return commitApart(jobs, db) }
        do {
            try db.inWrite {
                for job in jobs { try job.run(db) }
            }
        } catch {
            // All of it is taken back. Each by itself shows whose it was.
            for job in jobs { commitApart([job], db) }
            return
        }
        for job in jobs { job.finish(nil) }
    }

    /// One that throws takes nothing of the others back.
    private func commitApart(_ jobs: [Job], _ db: Database) {
        var failures: [(any Error)?] = Array(repeating: nil, count: jobs.count)
        do {
            try db.inWrite {
                for (index, job) in jobs.enumerated() {
                    do {
                        // One that is alone has the transaction to take back.
                        if jobs.count == 1 { try job.run(db) } else { try db.inPart { try job.run(db) } }
                    } catch {
                        failures[index] = error
                        // A full disk ends the whole transaction, and with it what the others have written.
                        if jobs.count == 1 || !db.isInsideTransaction { throw error }
                    }
                }
            }
        } catch {
            for index in jobs.indices where failures[index] == nil { failures[index] = error }
        }
        for (job, failure) in zip(jobs, failures) { job.finish(failure) }
    }
}
