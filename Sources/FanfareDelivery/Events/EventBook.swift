public import FanfareStore
public import GRDB
import NIOConcurrencyHelpers

/// Where events come from: what a change log says, made into requests.
///
/// The book's queue calls it, one call at a time.
public protocol EventSource: Sendable {
    /// What comes after what was last taken over.
    ///
    /// - Parameters:
    ///   - change: The number of the last change of which all events stand in the book.
    ///   - limit: Changes at most.
    func events(after change: Int64, limit: Int) throws -> EventSupply
    /// Everything up to a change stands in the book.
    func isTakenOver(upTo change: Int64)
}

/// Events made of a piece of a change log.
public struct EventSupply: Sendable {
    /// In the order of their changes.
    public var events: [NewEvent]
    /// The last change of the piece, whether or not it made events.
    public var change: Int64
    /// There is more to be read.
    public var hasMore: Bool

    /// - Parameters: see the properties of the same names.
    public init(events: [NewEvent], change: Int64, hasMore: Bool) {
        self.events = events
        self.change = change
        self.hasMore = hasMore
    }
}

/// The ledger of one audience's event webhooks, in use: takes events over from their source, and writes down what
/// becomes of them.
///
/// Any thread. Commits as soon as there is something to commit. A disk that is full loses nothing: what could not be
/// written is tried again every second.
public final class EventBook: Sendable {
    private struct State {
        var outcomes: [EventOutcome] = []
        var isSettling = false
        var isPulling = false
        var mustPullAgain = false
        var isClosed = false
        var stall: StoreError?
    }

    /// Changes that are taken over in one commit.
    private static let piece = 256
    /// Outcomes not yet committed at which sending waits.
    static let capacity = 4096

    let path: String
    private let commits: GroupCommit
    private let source: any EventSource
    private let sourceName: String
    private let state = NIOLockedValueBox(State())
    private let listener = NIOLockedValueBox<(@Sendable (BookNews) -> Void)?>(nil)

    /// What has changed on disk.
    struct BookNews: Sendable {
        /// Endpoints that have events to be sent.
        var endpoints: Set<String> = []
        /// The events whose outcomes stand in the file.
        var settled: [(endpoint: String, number: Int64)] = []
    }

    /// - Parameters:
    ///   - path: The file; made when it is missing.
    ///   - source: Where events come from.
    ///   - sourceName: Under which the file knows how far the source has been read.
    ///   - start: How far a source that the file does not know counts as read.
    /// - Throws: `StoreError`.
    public init(path: String, source: any EventSource, sourceName: String, start: Int64) throws {
        self.path = path
        self.source = source
        self.sourceName = sourceName
        let database = try DatabaseFile.open(path, mode: .create, settings: .init(label: "events"))
        try EventLedgerSchema.schema.migrate(database)
        try database.write { db in
            try db.execute(
                sql: "INSERT OR IGNORE INTO event_cursor (source, change) VALUES (?, ?)",
                arguments: [sourceName, start]
            )
        }
        commits = GroupCommit(database)
    }

    /// Another connection to the file, for reading beside its writer.
    func openForReading() throws -> DatabaseQueue {
        try DatabaseFile.open(path, mode: .readOnly, settings: .init(label: "events-reader"))
    }

    /// Told, on the book's queue, what has changed on disk.
    func listen(_ body: @escaping @Sendable (BookNews) -> Void) { listener.withLockedValue { $0 = body } }

    /// What keeps the file from being written; nil: nothing does.
    public var stall: StoreError? { state.withLockedValue { $0.stall } }

    /// Outcomes not yet committed.
    var backlog: Int { state.withLockedValue { $0.outcomes.count } }

    // MARK: Taking over

    /// Takes over what the source has; to be called when it has something new, and once at first.
    public func pull() {
        let mustStart = state.withLockedValue { state in
            if state.isPulling { state.mustPullAgain = true }
            defer { state.isPulling = true }
            return !state.isPulling && !state.isClosed
        }
        if mustStart { pullPiece() }
    }

    private func pullPiece() {
        let supply = NIOLockedValueBox<EventSupply?>(nil)
        commits.submit { [source, sourceName] db in
            let cursor = try Int64.fetchOne(
                db,
                sql: "SELECT change FROM event_cursor WHERE source = ?",
                arguments: [sourceName]
            )
            let piece = try source.events(after: cursor ?? 0, limit: Self.piece)
            for event in piece.events { try EventRows.insert(event, db) }
            if piece.change != cursor {
                try db.execute(
                    sql: "UPDATE event_cursor SET change = ? WHERE source = ?",
                    arguments: [piece.change, sourceName]
                )
            }
            supply.withLockedValue { $0 = piece }
        } finish: { [self] error in
            note(error)
            if error != nil { return later { [self] in pullPiece() } }
            guard let piece = supply.withLockedValue({ $0 }) else { return }
            source.isTakenOver(upTo: piece.change)
            if !piece.events.isEmpty { tell(BookNews(endpoints: Set(piece.events.map(\.endpoint)))) }
            let goesOn = state.withLockedValue { state in
                defer { state.mustPullAgain = false }
                state.isPulling = (piece.hasMore || state.mustPullAgain) && !state.isClosed
                return state.isPulling
            }
            if goesOn { pullPiece() }
        }
    }

    // MARK: Settling

    /// Has outcomes written down.
    func settle(_ outcomes: [EventOutcome]) {
        if outcomes.isEmpty { return }
        let mustStart = state.withLockedValue { state in
            state.outcomes += outcomes
            defer { state.isSettling = true }
            return !state.isSettling
        }
        if mustStart { writeOutcomes() }
    }

    private func writeOutcomes() {
        // Those that come while these are written wait for the next commit.
        let batch = NIOLockedValueBox<[EventOutcome]>([])
        let news = NIOLockedValueBox(BookNews())
        commits.submit { [state] db in
            let outcomes = state.withLockedValue { $0.outcomes }
            batch.withLockedValue { $0 = outcomes }
            var written = BookNews()
            for outcome in outcomes {
                if try EventRows.settle(outcome, db) { written.endpoints.insert(outcome.endpoint) }
                written.settled.append((outcome.endpoint, outcome.number))
            }
            let result = written
            news.withLockedValue { $0 = result }
        } finish: { [self] error in
            note(error)
            if error != nil { return later { [self] in writeOutcomes() } }
            let count = batch.withLockedValue { $0.count }
            let goesOn = state.withLockedValue { state in
                state.outcomes.removeFirst(count)
                state.isSettling = !state.outcomes.isEmpty
                return state.isSettling
            }
            tell(news.withLockedValue { $0 })
            if goesOn { writeOutcomes() }
        }
    }

    // MARK: Orders

    /// Gives up what has not been delivered to an endpoint: it is cancelled, and can be sent again by hand.
    public func cancel(endpoint: String, _ reason: Reason, unixTime: Int64) async throws {
        try await commits.write { try EventRows.cancel(endpoint: endpoint, reason, unixTime: unixTime, $0) }
    }

    /// Forgets what stands in events of a contact: bodies and answers go, and what was not delivered is skipped.
    public func erase(contact: Int64, unixTime: Int64) async throws {
        try await commits.write { try EventRows.erase(contact: contact, unixTime: unixTime, $0) }
    }

    /// Sends final events again, with the same ids and bytes.
    ///
    /// - Returns: How many; those whose bodies were erased are left out.
    public func resend(_ numbers: [Int64]) async throws -> Int {
        let endpoints = try await commits.write { db in try EventRows.reopen(numbers, db) }
        tell(BookNews(endpoints: Set(endpoints)))
        return endpoints.count
    }

    /// Ends it when all outcomes are written, or cannot be: nothing may be settled any more.
    public func close() async {
        state.withLockedValue { $0.isClosed = true }
        while state.withLockedValue({ ($0.isSettling || $0.isPulling) && $0.stall == nil }) {
            await withCheckedContinuation { continuation in
                commits.submit { _ in
                } finish: { _ in
                    continuation.resume()
                }
            }
        }
    }

    // MARK: Inside

    private func tell(_ news: BookNews) { listener.withLockedValue { $0 }?(news) }

    private func note(_ error: (any Error)?) {
        let path = self.path
        state.withLockedValue { $0.stall = error.map { StoreError($0, path: path) } }
    }

    /// Again in a second, unless it is closed by then.
    private func later(_ body: @escaping @Sendable () -> Void) {
        Task.detached { [self] in
            do { try await Task.sleep(for: .seconds(1)) } catch { return }
            if !state.withLockedValue({ $0.isClosed }) { body() }
        }
    }
}
