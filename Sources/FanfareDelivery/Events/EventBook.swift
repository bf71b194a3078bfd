public import FanfareStore
public import GRDB
public import Logging
import NIOConcurrencyHelpers

/// Where events come from: what a change log says, made into requests.
///
/// The book's queue calls it, one call at a time.
public protocol EventSource: Sendable {
    /// What comes after what was last taken over.
    ///
    /// - Parameter change: The number of the last change of which all events stand in the book.
    /// - Returns: A piece that a commit can take: some thousands of events at most.
    func events(after change: Int64) throws -> EventSupply
    /// Everything up to a change stands in the book.
    func isTakenOver(upTo change: Int64)
    /// Those of some contacts of whom nobody is to be told any more.
    func suppressed(among contacts: Set<Int64>) throws -> Set<Int64>
}

extension EventSource {
    /// None.
    public func suppressed(among contacts: Set<Int64>) throws -> Set<Int64> { [] }
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
/// Any thread. Commits as soon as there is something to commit, outcomes that come one after the other 50 times a second.
/// A disk that is full loses nothing: what could not be
/// written is tried again every second.
public final class EventBook: Sendable {
    /// What has changed on disk.
    struct BookNews: Sendable {
        /// Endpoints that have events to be sent, wherever among the others.
        var endpoints: Set<String> = []
        /// Endpoints that have new events, behind all others.
        var appended: Set<String> = []
        /// The events whose outcomes stand in the file.
        var settled: [(endpoint: String, number: Int64)] = []
        /// Some have ended that somebody waits for.
        var hasEnds = false
        /// Contacts of whom nothing is to be sent any more to these endpoints.
        var erased: Set<Int64> = []
    }

    /// Who is told. A function that is read out of a box by itself comes back wrapped once more with each reading, until
    /// calling it takes more stack than there is; in a structure it does not.
    private struct Listener {
        var body: (@Sendable (BookNews) -> Void)?
    }

    /// Who is told that events have ended; in a structure for the same reason.
    private struct EndListener {
        var body: (@Sendable () -> Void)?
    }

    /// What the book does on its own.
    private enum Job: Sendable { case takingOver, settling }

    private enum Phase { case idle, running, waitingToTryAgain }

    private struct State {
        var phases: [Job: Phase] = [:]
        var stalls: [Job: StoreError] = [:]
        var outcomes: [EventOutcome] = []
        /// Outcomes that were handed over so far.
        var handedOver = 0
        var mustPullAgain = false
        var isClosed = false
        var commits = DurationCounts(.commits)

        /// Those of them that were written.
        var written: Int { handedOver - outcomes.count }

        func phase(_ job: Job) -> Phase { phases[job] ?? .idle }
    }

    /// Outcomes not yet committed at which sending waits.
    static let capacity = 4096
    private static let pause: Duration = .milliseconds(10)
    /// Between the beginnings of two commits of outcomes, in nanoseconds, where they come one after the other: what shares
    /// a commit shares its pages, and a death has few more sent again.
    private static let pace: UInt64 = 20_000_000
    /// A crowd of a journey goes through a ledger in the order of its contacts, whose earlier events stand apart.
    private static let cacheBytes = 16 << 20

    let path: String
    let commits: GroupCommit
    let source: any EventSource
    private let sourceName: String
    let logger: Logger
    private let state = NIOLockedValueBox(State())
    private let listener = NIOLockedValueBox(Listener())
    private let endListener = NIOLockedValueBox(EndListener())
    private let endsReader = NIOLockedValueBox<DatabaseQueue?>(nil)

    /// - Parameters:
    ///   - path: The file; made when it is missing.
    ///   - source: Where events come from.
    ///   - sourceName: Under which the file knows how far the source has been read.
    ///   - start: How far a source that the file does not know counts as read.
    ///   - logger: Told when the file cannot be written, and when it can again.
    /// - Throws: `StoreError`.
    public init(
        path: String,
        source: any EventSource,
        sourceName: String,
        start: Int64,
        logger: Logger = EventDeliverer.Configuration().logger
    ) throws {
        self.path = path
        self.source = source
        self.sourceName = sourceName
        self.logger = logger
        try DatabaseFile.makeWhole(path, EventLedgerSchema.schema)
        let settings = DatabaseFile.Settings(cacheBytes: Self.cacheBytes, label: "events")
        let database = try DatabaseFile.open(path, mode: .mustExist, settings: settings)
        try EventLedgerSchema.schema.migrate(database)
        try database.write { db in
            try db.execute(
                sql: "INSERT OR IGNORE INTO event_cursor (source, change) VALUES (?, ?)",
                arguments: [sourceName, start]
            )
        }
        commits = GroupCommit(database)
    }

    /// The connection over which ends are read; opened at first use.
    func reading() throws -> DatabaseQueue {
        try endsReader.withLockedValue { known in
            if let known { return known }
            let opened = try openForReading()
            known = opened
            return opened
        }
    }

    /// Another connection to the file, for reading beside its writer.
    func openForReading() throws -> DatabaseQueue {
        try DatabaseFile.open(path, mode: .readOnly, settings: .init(label: "events-reader"))
    }

    /// Told, on the book's queue, what has changed on disk.
    func listen(_ body: @escaping @Sendable (BookNews) -> Void) { listener.withLockedValue { $0.body = body } }

    /// Told, on the book's queue, that the ends of events stand in the file.
    package func listenToEnds(_ body: @escaping @Sendable () -> Void) {
        endListener.withLockedValue { $0.body = body }
    }

    /// What keeps the file from being written; nil: nothing does.
    public var stall: StoreError? { state.withLockedValue { $0.stalls.values.first } }

    /// How long outcomes of this process waited for their commit.
    public var commitTimes: DurationCounts { state.withLockedValue { $0.commits } }

    /// Outcomes not yet committed.
    var backlog: Int { state.withLockedValue { $0.outcomes.count } }

    /// The last change of which all events stand in the file.
    ///
    /// - Throws: `StoreError`.
    public func cursor() throws -> Int64 {
        do {
            return try commits.database.read { try Self.cursor(sourceName, $0) }
        } catch {
            throw StoreError(error, path: path)
        }
    }

    private static func cursor(_ source: String, _ db: Database) throws -> Int64 {
        let statement = try HotStatement(cachedIn: db, "SELECT change FROM event_cursor WHERE source = ?")
        statement.bind(1, source)
        return try statement.step() ? statement.columnInt64(0) : 0
    }

    private static func move(_ source: String, to change: Int64, _ db: Database) throws {
        let statement = try HotStatement(cachedIn: db, "UPDATE event_cursor SET change = ? WHERE source = ?")
        statement.bind(1, change)
        statement.bind(2, source)
        try statement.run()
    }

    // MARK: Taking over

    /// Takes over what the source has; to be called when it has something new, and once at first.
    public func pull() {
        let mustStart = state.withLockedValue { state in
            if state.isClosed { return false }
            if state.phase(.takingOver) != .idle {
                state.mustPullAgain = true
                return false
            }
            state.phases[.takingOver] = .running
            return true
        }
        if mustStart { takeOver() }
    }

    private func takeOver() {
        let supply = NIOLockedValueBox<EventSupply?>(nil)
        commits.submit(isRepeatable: true) { [source, sourceName] db in
            let cursor = try Self.cursor(sourceName, db)
            let piece = try source.events(after: cursor)
            try EventRows.insert(piece.events, db)
            if piece.change != cursor { try Self.move(sourceName, to: piece.change, db) }
            supply.withLockedValue { $0 = piece }
        } finish: { [self] error in
            guard succeeded(.takingOver, error), let piece = supply.withLockedValue({ $0 }) else { return }
            source.isTakenOver(upTo: piece.change)
            let hasEnds = piece.events.contains { $0.isSuppressed && $0.isAwaited }
            if !piece.events.isEmpty { tell(BookNews(appended: Set(piece.events.map(\.endpoint)), hasEnds: hasEnds)) }
            let goesOn = state.withLockedValue { state in
                let goesOn = (piece.hasMore || state.mustPullAgain) && !state.isClosed
                state.mustPullAgain = false
                state.phases[.takingOver] = goesOn ? .running : .idle
                return goesOn
            }
            if goesOn { takeOver() }
        }
    }

    // MARK: Settling

    /// Has outcomes written down.
    func settle(_ outcomes: [EventOutcome]) {
        if outcomes.isEmpty { return }
        let mustStart = state.withLockedValue { state in
            state.outcomes += outcomes
            state.handedOver += outcomes.count
            if state.phase(.settling) != .idle { return false }
            state.phases[.settling] = .running
            return true
        }
        if mustStart { writeOutcomes() }
    }

    /// What becomes of an endpoint's events and does not stand in the file yet: it is told of when it does.
    func unwritten(of endpoint: String) -> [EventOutcome] {
        state.withLockedValue { $0.outcomes.filter { $0.endpoint == endpoint } }
    }

    /// - Parameter first: Since when the first of them has waited, monotonic nanoseconds; nil: since now.
    private func writeOutcomes(since first: UInt64? = nil) {
        let written = NIOLockedValueBox((count: 0, news: BookNews()))
        let began = Clocks.monotonic()
        commits.submit(isRepeatable: true) { [state] db in
            // Those that come while these are written wait for the next commit.
            let outcomes = state.withLockedValue { $0.outcomes }
            let (released, hasEnds) = try EventRows.settle(outcomes, db)
            let news = BookNews(
                endpoints: released,
                settled: outcomes.map { ($0.endpoint, $0.number) },
                hasEnds: hasEnds
            )
            written.withLockedValue { $0 = (outcomes.count, news) }
        } finish: { [self] error in
            guard succeeded(.settling, error) else { return }
            let (count, news) = written.withLockedValue { $0 }
            let goesOn = state.withLockedValue { state in
                state.outcomes.removeFirst(count)
                state.commits.add(microseconds: Int64((Clocks.monotonic() - (first ?? began)) / 1000))
                state.phases[.settling] = state.outcomes.isEmpty ? .idle : .running
                return !state.outcomes.isEmpty
            }
            tell(news)
            if goesOn { writeMoreOutcomes(after: began) }
        }
    }

    /// Writes those that have come meanwhile, not at once where they come one after the other.
    private func writeMoreOutcomes(after began: UInt64) {
        let (next, now) = (began + Self.pace, Clocks.monotonic())
        if now >= next { return writeOutcomes() }
        later(.nanoseconds(Int64(next - now))) { [self] in writeOutcomes(since: now) }
    }

    /// Waits until all outcomes that were handed over are written, or cannot be for now.
    public func flush() async {
        let mark = state.withLockedValue { $0.handedOver }
        await wait { $0.written >= mark || $0.phase(.settling) != .running }
    }

    // MARK: The end

    /// Ends it when all outcomes are written, or cannot be: nothing may be settled any more.
    public func close() async {
        state.withLockedValue { $0.isClosed = true }
        await wait { $0.phase(.settling) != .running && $0.phase(.takingOver) != .running }
    }

    /// Closes the file, when ``close()`` has ended the book; blocks until whoever uses it now is done.
    ///
    /// - Throws: `StoreError`.
    public func closeFile() throws {
        do {
            try endsReader.withLockedValue { try $0?.close() }
            try commits.database.close()
        } catch {
            throw StoreError(error, path: path)
        }
    }

    // MARK: Inside

    func tell(_ news: BookNews) {
        listener.withLockedValue { $0.body }?(news)
        if !news.erased.isEmpty || news.hasEnds { endListener.withLockedValue { $0.body }?() }
    }

    private func wait(until isMet: (State) -> Bool) async {
        while !state.withLockedValue({ isMet($0) }) {
            // Who waits is waited for by nobody else; cancelled it does not wait.
            do { try await Task.sleep(for: Self.pause) } catch { return }
        }
    }

    /// Notes how a job ended; one that failed is tried again in a second.
    private func succeeded(_ job: Job, _ error: (any Error)?) -> Bool {
        let stall = error.map { StoreError($0, path: path) }
        let before = state.withLockedValue { state in
            defer { state.stalls[job] = stall }
            if stall != nil { state.phases[job] = .waitingToTryAgain }
            return state.stalls[job]
        }
        if let stall {
            if before == nil {
                logger.error("events' ledger cannot be kept: trying again", metadata: ["error": "\(stall)"])
            }
            tryAgain(job)
        } else if before != nil {
            logger.notice("events' ledger is kept again")
        }
        return stall == nil
    }

    private func tryAgain(_ job: Job) {
        later(.seconds(1)) { [self] in
            let goesOn = state.withLockedValue { state in
                state.phases[job] = state.isClosed ? .idle : .running
                return !state.isClosed
            }
            guard goesOn else { return }
            switch job {
            case .takingOver: takeOver()
            case .settling: writeOutcomes()
            }
        }
    }

    private func later(_ delay: Duration, _ body: @escaping @Sendable () -> Void) {
        Task.detached {
            // Nobody cancels it.
            do { try await Task.sleep(for: delay) } catch { return }
            body()
        }
    }
}
